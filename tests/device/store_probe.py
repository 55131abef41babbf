"""Runs on the handset in place of its start: the whole application, whose keeper obeys the console.

Request: {"call": "unlock", "args": ["271828", true]}, one JSON object a line. Answer, after "=":
{"result": ...} or {"error": "Refused", "text": "..."}. Without "args" it reads an attribute; "use"
writes and reads a value in a domain, "provision" writes the keeper's settings.
"""

import asyncio
import json

from board import make_board

from handset.app import Application
from handset.link import cbor
from handset.store.keeper import SETTINGS_NAME
from handset.store.layout import SERVICE

app = Application(make_board())
keeper = app.records.keeper


async def answer(request):
    try:
        result = OWN.get(request["call"]) or getattr(keeper, request["call"])
        if "args" in request:
            result = result(*request["args"])
            if hasattr(result, "send"):
                result = await result
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"result": result}


def use(domain):
    app.records.store.put("form", b"what was seen", domain)
    return app.records.store.get("form", domain) == b"what was seen"


def provision(settings):
    app.records.store.put(SETTINGS_NAME, cbor.dumps(settings), SERVICE)


def unlock(pin, at_handset):
    return keeper.unlock(bytearray(pin.encode()), at_handset)


def change_pin(old, new, at_handset):
    return keeper.change_pin(bytearray(old.encode()), bytearray(new.encode()), at_handset)


OWN = {"use": use, "provision": provision, "unlock": unlock, "change_pin": change_pin}


async def send(text):
    data = text.encode()
    offset = 0
    while offset < len(data):
        offset += app.board.console.write(data, offset, len(data) - offset)
        if offset < len(data):
            await app.board.console.writable()


async def main():
    app.records.start()
    app.board.indicator.ready()
    await send("=ready\n")
    chunk = bytearray(64)
    line = b""
    while True:
        n_bytes = await app.board.console.read(chunk)
        line += chunk[:n_bytes]
        while b"\n" in line:
            request, _, line = line.partition(b"\n")
            await send("=" + json.dumps(await answer(json.loads(request))) + "\n")


asyncio.run(main())
