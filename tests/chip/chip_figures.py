"""What the C parts take of a chip: instructions, stack and memory, the voice loop's on real speech.

`python tests/chip/chip_figures.py` prints the figures and writes build/bench/chip.json. Names:

    rv32.<codec>.<bit rate>.tx_kinstr_per_frame      thousand instructions for 20 ms, microphone
    rv32.<codec>.<bit rate>.tx_kinstr_per_frame_max  to packet: mean and worst; rx: packet to
                                                     loudspeaker, losses and all
    rv32_released.<codec>...                         the same with the codec libraries as released,
                                                     for codecs of which parts are ours
    <chip>.<codec>.{tx,rx}_stack_bytes               deepest stack beneath the caller of a frame
    <chip>.<codec>.{encoder,decoder}_bytes           state, part of the engine
    rv32.vault.<call>_kinstr                         thousand instructions of one call of the vault:
                                                     seal_35 is a packet of AMR-WB, seal_60 of Opus
    rv32.srtp.<call>_kinstr                          the same for SRTP, by bytes of payload
    rv32.srtp.<what>_bytes                           memory of sender and receiver
    <chip>.engine_bytes                              static memory, states and packet rings included

Chips: rv32 (rv32imac: ESP32-C3 and C6) and xtensa (windowed: ESP32 and S3), whose instructions
nobody counts here. Instructions are exact and the same on every run.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import srtp_machines
from replay_cases import MODES, Mode, Scripts, make_scripts, speech_of
from replay_machines import FAST, NATIVE, RELEASED_RV32, ROOT, RV32, XTENSA, Figures, Replay, build
from vault_machines import ask, questions

RESULTS = ROOT / "build" / "bench" / "chip.json"


def measure() -> dict[str, int | float]:
    """The figures by name; takes about a minute. Raises ReplayError."""
    native = build(NATIVE)
    chips = {"rv32": build(RV32), "xtensa": build(XTENSA)}
    released = build(RELEASED_RV32)
    figures: dict[str, int | float] = {}
    for mode in MODES:
        scripts = make_scripts(native, mode, speech_of(mode))
        for chip, replay in chips.items():
            if chip == "rv32" or mode.is_default:
                _add(figures, chip, mode, _run(replay, mode, scripts))
        if (FAST / mode.codec).is_dir():
            _add(figures, "rv32_released", mode, _run(released, mode, scripts))
    _, of_vault = ask(RV32, questions().script)
    for name, instructions in asdict(of_vault).items():
        figures[f"rv32.vault.{name}_kinstr"] = round(instructions / 1000, 1)
    for name, value in asdict(srtp_machines.run(RV32)[1]).items():
        if name.endswith("_bytes"):
            figures[f"rv32.srtp.{name}"] = value
        else:
            figures[f"rv32.srtp.{name}_kinstr"] = round(value / 1000, 1)
    return dict(sorted(figures.items()))


def _run(replay: Replay, mode: Mode, scripts: Scripts) -> dict[str, Figures]:
    return {
        "tx": replay.run(f"{mode}-send", scripts.send)[1],
        "rx": replay.run(f"{mode}-receive", scripts.receive)[1],
    }


def _add(
    figures: dict[str, int | float], chip: str, mode: Mode, measured: dict[str, Figures]
) -> None:
    codec = f"{chip}.{mode.codec}"
    for way, of in measured.items():
        stack = f"{codec}.{way}_stack_bytes"
        figures[stack] = max(of.stack_bytes, figures.get(stack, 0))
        if of.instructions_total:
            kinstr = f"{codec}.{mode.bitrate_bps}.{way}_kinstr_per_frame"
            figures[kinstr] = round(of.instructions_total / of.n_frames / 1000, 1)
            figures[f"{kinstr}_max"] = round(of.instructions_max / 1000, 1)
    figures[f"{codec}.encoder_bytes"] = measured["tx"].encoder_bytes
    figures[f"{codec}.decoder_bytes"] = measured["tx"].decoder_bytes
    figures[f"{chip}.engine_bytes"] = measured["tx"].engine_bytes


def main() -> None:
    """Measure, print, write."""
    figures = measure()
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n")
    for name, value in figures.items():
        print(f"{name:<44} {value:>12,}")


if __name__ == "__main__":
    main()
