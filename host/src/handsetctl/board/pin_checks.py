"""Is every pin there, free, and fit for what it does? Judged by the tables of boards/chips."""

from __future__ import annotations

from collections.abc import Iterator

from handsetctl.board.chips import Chip
from handsetctl.board.facts import Board, Pin
from handsetctl.board.schema import Problem

Problems = Iterator[Problem]


def pins(board: Board, chip: Chip) -> Problems:
    """Each pin exists, comes out of the module, is free, and can do what it is for."""
    if board.architecture != chip.architecture:
        yield Problem(
            "board.toml",
            f"architecture is {board.architecture}",
            f"{chip.title} is {chip.architecture}",
        )
    if board.memory.total_bytes != chip.sram_bytes:
        yield Problem(
            "[ram]",
            f"total_bytes is {board.memory.total_bytes}",
            f"{chip.title} has {chip.sram_bytes}",
        )
    for pin in board.pins:
        yield from _exists(pin, chip, board.module)
        yield from _cautions(pin, chip)
        yield from _fit_for_use(pin, chip)
        yield from _console(pin, chip, board.console)
    if all(module.name != board.module for module in chip.modules):
        known = ", ".join(module.name for module in chip.modules)
        yield Problem("board.toml", f"module is {board.module!r}", f"choose from {known}")
    yield from _double_use(board)


def _at(pin: Pin) -> str:
    return f"[[pin]] {pin.name}"


def _exists(pin: Pin, chip: Chip, module_name: str) -> Problems:
    if pin.gpio not in chip.gpios:
        yield Problem(_at(pin), f"{chip.title} has no GPIO{pin.gpio}", "choose another")
        return
    for module in chip.modules:
        if module.name != module_name:
            continue
        if pin.gpio in module.taken:
            what = f"GPIO{pin.gpio} belongs to the flash or PSRAM in {module.name}"
            yield Problem(_at(pin), what, "choose another")
        elif pin.gpio not in module.gpios:
            yield Problem(
                _at(pin), f"{module.name} does not bring out GPIO{pin.gpio}", "choose another"
            )


def _cautions(pin: Pin, chip: Chip) -> Problems:
    kinds = {caution.kind: caution for caution in chip.cautions if pin.gpio in caution.gpios}
    for kind, caution in kinds.items():
        if not pin.permits.get(kind):
            yield Problem(
                _at(pin),
                f"GPIO{pin.gpio} needs care ({kind}): {caution.why}",
                f'choose another, or say why it may be with {kind}_ok = "..."',
            )
    for kind in pin.permits:
        if kind not in kinds:
            yield Problem(_at(pin), f"GPIO{pin.gpio} is no {kind} pin", f"remove {kind}_ok")


def _fit_for_use(pin: Pin, chip: Chip) -> Problems:
    if pin.gpio in chip.input_only:
        if pin.direction != "in":
            yield Problem(_at(pin), f"GPIO{pin.gpio} is an input only", "choose one with a driver")
        if pin.pull:
            what = f"GPIO{pin.gpio} has no pull resistor inside"
            yield Problem(_at(pin), what, 'solder one and write outer_pull = "..."')
    if pin.name == "gnss_power" and pin.gpio not in chip.high_impedance_at_reset:
        what = f"GPIO{pin.gpio} is pulled or driven at reset: the receiver could be on"
        yield Problem(_at(pin), what, "choose one of the chip's high_impedance_at_reset")
    if pin.name.endswith("_adc") and pin.gpio not in chip.adc1:
        what = "can not be read while Wi-Fi is on" if pin.gpio in chip.adc2 else "is no ADC input"
        yield Problem(_at(pin), f"GPIO{pin.gpio} {what}", "choose one of the chip's adc1")


def _console(pin: Pin, chip: Chip, console: str) -> Problems:
    expected = dict(zip(("console_tx", "console_rx"), chip.uart0, strict=True))
    if pin.name in expected:
        if pin.gpio != expected[pin.name]:
            what = f"is GPIO{pin.gpio}, the boot loader speaks on GPIO{expected[pin.name]}"
            yield Problem(_at(pin), what, "wire it there")
    elif console == "uart0" and pin.gpio in chip.uart0:
        yield Problem(_at(pin), f"GPIO{pin.gpio} is the console's", "choose another")


def _double_use(board: Board) -> Problems:
    owners: dict[int, Pin] = {}
    for pin in board.pins:
        first = owners.setdefault(pin.gpio, pin)
        if first is pin:
            if pin.shares:
                yield Problem(_at(pin), f"shares {pin.shares}, which is elsewhere", "remove shares")
        elif pin.shares != first.name:
            what = f"GPIO{pin.gpio} is {first.name} already"
            yield Problem(_at(pin), what, f'choose another, or write shares = "{first.name}"')
        elif not board.audio.get("half_duplex"):
            what = f"shares GPIO{pin.gpio} with {first.name} while both directions run"
            yield Problem(_at(pin), what, "choose another, or set half_duplex = true in [audio]")
