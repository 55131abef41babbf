"""Does every part have its wires, every button its pin?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from handsetctl.board.facts import Board
from handsetctl.board.schema import Problem

Problems = Iterator[Problem]
RAILS = ("3V3", "5V", "GND")

_OF_MICROPHONES = {
    "i2s": ("mic_bclk", "mic_ws", "mic_din"),
    "pdm": ("mic_clk", "mic_din"),
    "es7210": ("mic_mclk", "mic_bclk", "mic_ws", "mic_din", "i2c_sda", "i2c_scl"),
}
_OF_PARTS = {
    "amplifier": ("amp_bclk", "amp_ws", "amp_dout"),
    "gnss": ("gnss_rx", "gnss_tx"),
    "gnss_switch": ("gnss_power",),
    "display": (),
    "usb_bridge": ("console_tx", "console_rx"),
}
_OF_CAPABILITIES = {"voice": ("microphone", "amplifier"), "geo": ("gnss",)}


def parts(board: Board) -> Problems:
    """Every part has its pins, every wire ends somewhere, capabilities have their parts."""
    if board.port != "esp32":
        return
    known = {part.name for part in board.parts}
    yield from _ends(board, known)
    needed = {name: _OF_PARTS[name] for name in sorted(known & set(_OF_PARTS))}
    if "microphone" in known:
        needed["microphone"] = _OF_MICROPHONES[board.audio["microphone"]]
    for part, names in needed.items():
        for name in names:
            if board.pin(name) is None:
                yield Problem(f"[[part]] {part}", f"lacks its pin {name}", "add a [[pin]] for it")
    for capability in board.capabilities:
        for part in _OF_CAPABILITIES.get(capability, ()):
            if part not in known:
                yield Problem("board.toml", f"{capability} without a part {part}", "add a [[part]]")
    yield from _off_at_reset(board, known)


def _ends(board: Board, known: set[str]) -> Problems:
    used = {(pin.part, pin.signal) for pin in board.pins}
    used |= {(wire.part, wire.signal) for wire in board.wires}
    ends = {*RAILS, *(pin.name for pin in board.pins), *(f"{p}.{s}" for p, s in used)}
    # What a part gives to another part is named there first, as gnss_switch.VOUT.
    for part in sorted({name for name, _ in used} - known):
        yield Problem(f"wires of {part}", "end at a part nobody lists", f"add a [[part]] {part}")
    for part in sorted(known - {name for name, _ in used} - {"board"}):
        yield Problem(
            f"[[part]] {part}", "has no wire", "add its [[pin]] or [[wire]], or remove it"
        )
    for wire in board.wires:
        if wire.to not in ends and wire.to.split(".")[0] not in known:
            what = f"{wire.signal} goes to {wire.to}, which is nowhere"
            yield Problem(f"[[wire]] {wire.part}", what, "name a rail, a pin, or part.signal")
    signals = Counter((pin.part, pin.signal) for pin in board.pins)
    for (part, signal), count in signals.items():
        if count > 1:
            yield Problem(f"wires of {part}", f"{signal} has {count} pins", "one signal, one pin")


def _off_at_reset(board: Board, known: set[str]) -> Problems:
    """A switch that cuts the receiver's supply must be off while nobody drives it."""
    if "gnss_switch" not in known:
        return
    down = [w for w in board.wires if (w.part, w.signal, w.to) == ("gnss_switch", "ON", "GND")]
    if not any(wire.via for wire in down):
        what = "ON floats while the chip is in reset"
        yield Problem("[[part]] gnss_switch", what, "add a [[wire]] from ON to GND via a resistor")
    if not any(w.part == "gnss" and w.to == "gnss_switch.VOUT" for w in board.wires):
        what = "is not fed by gnss_switch.VOUT: off would not be off"
        yield Problem("[[part]] gnss", what, "add a [[wire]] from its supply to gnss_switch.VOUT")


def buttons(board: Board) -> Problems:
    """Every button has a pin or a key, and every pin of a button its button."""
    if board.port != "esp32":
        return
    if "ptt" in board.capabilities and "ptt" not in board.buttons:
        yield Problem("board.toml", "ptt without a button ptt", "add it to buttons")
    for name in board.buttons:
        pin = board.pin(f"button_{name}") or board.pin(f"key_{name}")
        if pin is None:
            if name not in board.keyboard:
                what = f"button {name} has neither pin nor key"
                yield Problem(
                    "board.toml", what, f"add a [[pin]] button_{name}, or a line in [keyboard]"
                )
        elif pin.direction != "in":
            yield Problem(f"[[pin]] {pin.name}", f"is {pin.direction}", "a button is an input")
        elif not (pin.pull or pin.outer_pull):
            yield Problem(
                f"[[pin]] {pin.name}",
                "floats when nobody presses it",
                "give it a pull or outer_pull",
            )
    for pin in board.pins:
        kind, _, name = pin.name.partition("_")
        if kind in ("button", "key") and name not in board.buttons:
            yield Problem(
                f"[[pin]] {pin.name}",
                f"belongs to no button {name}",
                "add it to buttons, or rename it",
            )
    for name in board.keyboard:
        if name not in board.buttons:
            yield Problem("[keyboard]", f"{name} is no button", "add it to buttons, or remove it")
