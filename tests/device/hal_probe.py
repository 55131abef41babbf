"""Runs on the handset in place of the application: exposes the board's parts over the console.

The contract tests (test_hal_contract.py) drive it, one JSON object a line in each direction, so
the same suite can judge every port. Request: {"part": "flash", "call": "read", "args": [0,
{"buf": 4}]}; a buffer argument is {"buf": n} (zeros) or {"hex": "00ff"}. Answer, after "=":
{"result": ..., "buffers": ["hex", ...]} or {"error": "OSError", "text": "..."}.
"""

import asyncio
import binascii
import json

from board import make_board

board = make_board()


def argument(spec, buffers):
    if not isinstance(spec, dict):
        return spec
    buf = bytearray(spec["buf"]) if "buf" in spec else bytearray(binascii.unhexlify(spec["hex"]))
    buffers.append(buf)
    return buf


def part(path):
    found = board.radios[0] if path.startswith("radio") else board
    for name in path.split("."):
        if name != "radio":
            found = getattr(found, name)
    return found


async def answer(request):
    buffers = []
    try:
        args = [argument(spec, buffers) for spec in request["args"]]
        result = getattr(part(request["part"]), request["call"])(*args)
        if hasattr(result, "send"):
            result = await result
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"result": result, "buffers": [binascii.hexlify(buf).decode() for buf in buffers]}


async def send(text):
    data = text.encode()
    offset = 0
    while offset < len(data):
        offset += board.console.write(data, offset, len(data) - offset)
        if offset < len(data):
            await board.console.writable()


async def main():
    board.indicator.ready()
    await send("=ready\n")
    chunk = bytearray(64)
    line = b""
    while True:
        n_bytes = await board.console.read(chunk)
        line += chunk[:n_bytes]
        while b"\n" in line:
            request, _, line = line.partition(b"\n")
            await send("=" + json.dumps(await answer(json.loads(request))) + "\n")


asyncio.run(main())
