"""Stock SMP clients, unchanged, against the firmware's serial port."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from smp import header as smphdr
from smpclient import SMPClient
from smpclient.generics import success
from smpclient.requests.os_management import (
    DateTimeRead,
    DateTimeWrite,
    EchoWrite,
    MCUMgrParametersRead,
    OSApplicationInfoRead,
)
from smpclient.requests.statistics_management import GroupData, ListOfGroups
from smpclient.transport.serial import SMPSerialTransport

from handsetctl.bench.virtual_bench import VirtualBench

READY_TIMEOUT_S = 10.0
SMPMGR = Path(sys.executable).with_name("smpmgr")


def smpmgr(port: str, *arguments: str) -> str:
    """Run the smpmgr command line; returns what it printed."""
    run = subprocess.run(
        [str(SMPMGR), "--port", port, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def ask(port: str, request: Any) -> Any:
    """One request by smpclient."""

    async def work() -> Any:
        async with SMPClient(SMPSerialTransport(), port) as client:
            return await client.request(request)

    response = asyncio.run(work())
    assert success(response), response
    return response


def test_smpmgr_echo(bench: VirtualBench) -> None:
    assert "bonjour" in smpmgr(bench["A"].port, "os", "echo", "bonjour")


def test_smpmgr_reset(bench: VirtualBench) -> None:
    boots = bench["A"].boots
    since = bench.now_s()
    smpmgr(bench["A"].port, "os", "reset")
    bench["A"].wait_output("ready", "1", READY_TIMEOUT_S, since=since)
    assert bench["A"].boots == boots + 1


def test_smpclient_reads_the_statistics(bench: VirtualBench) -> None:
    groups = ask(bench["A"].port, ListOfGroups()).stat_list
    assert set(groups) == {"floor", "geo", "link", "store", "voice"}
    for group in groups:
        answer = ask(bench["A"].port, GroupData(name=group))
        assert answer.name == group
        assert answer.fields
    assert ask(bench["A"].port, GroupData(name="voice")).fields["frames"] > 0


def test_smpclient_parameters_are_used_to_the_full(bench: VirtualBench) -> None:
    parameters = ask(bench["A"].port, MCUMgrParametersRead())
    assert parameters.buf_size >= 1024
    assert parameters.buf_count >= 1

    async def echo_as_long_as_announced() -> None:
        async with SMPClient(SMPSerialTransport(), bench["A"].port) as client:
            room = client._transport.max_unencoded_size - smphdr.Header.SIZE - 16
            text = "x" * room
            response = await client.request(EchoWrite(d=text))
            assert success(response)
            assert response.r == text

    asyncio.run(echo_as_long_as_announced())


def test_smpclient_os_info(board_name: str, bench: VirtualBench) -> None:
    info = ask(bench["A"].port, OSApplicationInfoRead(format="sni"))
    assert info.output == f"MicroPython SIM-0001 {board_name}"


def test_smpclient_date_time(bench: VirtualBench) -> None:
    ask(bench["A"].port, DateTimeWrite(datetime="2031-05-06T07:08:09"))
    answer = ask(bench["A"].port, DateTimeRead())
    assert answer.datetime.startswith("2031-05-06T07:08")
