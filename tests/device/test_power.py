"""Resets and power cuts: the handset comes back on the same port, whatever was going on."""

from __future__ import annotations

from handsetctl.bench.virtual_bench import VirtualBench
from handsetctl.device import Device

READY_TIMEOUT_S = 10.0
N_CUTS = 10


def test_reset_by_management_answers_first_and_comes_back(
    bench: VirtualBench, device_a: Device
) -> None:
    boots = bench["A"].boots
    device_a.reset()
    bench.wait_ready(READY_TIMEOUT_S)
    assert bench["A"].boots == boots + 1
    assert device_a.echo("still here") == "still here"


def test_power_cuts_in_the_middle_of_talking(bench: VirtualBench, device_a: Device) -> None:
    for _ in range(N_CUTS):
        pressed_s = bench["A"].press("ptt")
        bench["A"].wait_output("led", "talk", READY_TIMEOUT_S, since=pressed_s)
        bench["A"].power_off()
        bench["A"].release("ptt")
        bench["A"].power_on()
        bench.wait_ready(READY_TIMEOUT_S)
    assert device_a.echo("alive") == "alive"


def test_boots_with_the_key_held_down_without_talking_by_itself(bench: VirtualBench) -> None:
    bench["A"].power_off()
    held_s = bench["A"].press("ptt")
    bench["A"].power_on()
    bench.wait_ready(READY_TIMEOUT_S)
    bench["A"].release("ptt")
    since = bench.now_s()
    lights = {edge.value for edge in bench["A"].history("led", since=held_s)}
    assert not lights & {"pending", "talk"}
    pressed_s = bench["A"].press("ptt")
    bench["A"].wait_output("led", "talk", READY_TIMEOUT_S, since=pressed_s)
    bench["A"].release("ptt")
    bench["A"].wait_output("led", "idle", READY_TIMEOUT_S, since=since)
