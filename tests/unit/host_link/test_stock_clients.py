"""Stock SMP clients from PyPI, unchanged, against the firmware's link on a pty."""

import asyncio
import os
import subprocess
import sys

import pytest
from smpclient import SMPClient
from smpclient.generics import success
from smpclient.requests.os_management import (
    DateTimeRead,
    DateTimeWrite,
    EchoWrite,
    MCUMgrParametersRead,
    OSApplicationInfoRead,
)
from smpclient.transport.serial import SMPSerialTransport

TIMEOUT_S = 10.0


def ask(port, *requests):
    """What smpclient makes of the answers to `requests`."""

    async def scenario():
        async with SMPClient(SMPSerialTransport(), port, TIMEOUT_S) as client:
            answers = [await client.request(request, TIMEOUT_S) for request in requests]
            echo = EchoWrite(d="z" * (client._transport.max_unencoded_size - 20))
            return answers, await client.request(echo, TIMEOUT_S), echo

    answers, largest, echo = asyncio.run(scenario())
    assert all(success(answer) for answer in answers), answers
    assert largest.r == echo.d
    return answers


def test_smpclient(handset):
    parameters, info, moment = ask(
        handset.port,
        MCUMgrParametersRead(),
        OSApplicationInfoRead(format="sri"),
        DateTimeRead(),
    )
    assert parameters.buf_size == 2048
    assert info.output == "MicroPython 1.26.1 child"
    assert moment.datetime.startswith("20")


def test_smpclient_sets_the_date(handset):
    _, moment, echo = ask(
        handset.port,
        DateTimeWrite(datetime="2031-02-03T04:05:06"),
        DateTimeRead(),
        EchoWrite(d="grüße"),
    )
    assert moment.datetime.startswith("2031-02-03T04:05:")
    assert echo.r == "grüße"


def smpmgr(port, *arguments):
    """Run the `smpmgr` command line; returns what it printed."""
    finished = subprocess.run(
        [sys.executable, "-m", "smpmgr", "--port", port, "--timeout", str(TIMEOUT_S), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ, COLUMNS="300", NO_COLOR="1"),
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_smpmgr_echo(handset):
    assert "r='hello handset'" in smpmgr(handset.port, "os", "echo", "hello handset")


def test_smpmgr_reset(handset):
    assert "ResetWriteResponse" in smpmgr(handset.port, "os", "reset")
    smpmgr(handset.port, "os", "echo", "back again")
    assert handset.boots == 2


@pytest.mark.parametrize("before", [b"half a line", b"\x06\x09half a frame", b"\x04\x14AA\n"])
def test_smpclient_after_what_an_earlier_client_left(handset, before):
    with open(handset.port, "wb", buffering=0) as port:
        port.write(before)
    ask(handset.port, EchoWrite(d="clean"))
