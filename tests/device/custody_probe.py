"""Runs on a handset: keys drawn, wrapped, lost and opened again. Says what an onlooker may judge.

Begins when it is sent a line; stays until it is sent another.
"""

import asyncio

import vault
from board import make_board

board = make_board()

custody = vault.custody
AAD = bytes(range(12))
PIN_SALT = bytes(range(16))


def say(name, value):
    print("custody", name, value.hex() if isinstance(value, (bytes, bytearray)) else value)


def enter(pin):
    custody.pin_begin(pin, PIN_SALT, 50)
    while not custody.pin_step(20):
        pass


def run():
    say("secret", custody.device_secret())
    say("protected", custody.is_flash_protected())
    custody.begin(b"storsalt")
    mac = bytearray(8)
    custody.mac(mac, b"sector", b"a", b"b", b"c")
    say("mac", mac)
    say("name", custody.name_id(2, b"contact"))
    custody.create()
    enter(b"4711")
    body = custody.wrap(1)
    say("body", body)
    custody.lock()
    record = bytearray(34 + 18 + 16)
    record[34:52] = b"while it is locked"
    salt = bytearray(8)
    custody.seal_box(3, AAD, 7, record, 34, 18, salt)
    say("box", record)
    say("salt", salt)
    custody.forget()
    custody.begin(b"storsalt")
    custody.load(body)
    enter(b"4712")
    say("wrong", custody.unlock(body, True))
    enter(b"4711")
    say("right", custody.unlock(body, True))
    say("opened", custody.open_box(3, AAD, 7, salt, record, 34, 18))
    say("text", record[34:52])
    print("custody done")


async def main():
    board.indicator.ready()
    line = bytearray(64)
    await board.console.read(line)
    run()
    await board.console.read(line)


asyncio.run(main())
