"""The one object through which the application reaches hardware."""

import sys

import hal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal import contracts


def parts() -> tuple:
    """Every part a handset must have, with its contract. What a handset can live without (display,
    haptic, motion) joins with a null object when it is needed."""
    from hal import contracts

    return (
        ("clock", contracts.Clock),
        ("console", contracts.Console),
        ("buttons", contracts.Buttons),
        ("indicator", contracts.Indicator),
        ("gnss", contracts.Gnss),
        ("audio", contracts.Audio),
        ("flash", contracts.Flash),
        ("rng", contracts.Rng),
        ("custody", contracts.Custody),
        ("power", contracts.Power),
        ("identity", contracts.Identity),
    )


def _check_radio(radio: "contracts.Radio") -> None:
    from hal import contracts

    check_part("radio", radio, contracts.Radio)
    check_part("radio.media", radio.media, contracts.Channel)
    check_part("radio.floor", radio.floor, contracts.Channel)


def _forget_contracts() -> None:
    """They have said all they have to say: a chip has better use for 3 kB of heap."""
    del hal.contracts
    del sys.modules["hal.contracts"]


class BoardError(Exception):
    """A board does not offer what its contract says: a mistake in its wiring."""


def methods_of(contract: type) -> list:
    """Names of the methods a contract asks for."""
    return [name for name in contract.__dict__ if name[0].islower()]


def check_part(name: str, driver: object, contract: type) -> None:
    """Raise BoardError unless `driver` has every method of `contract`."""
    for method in methods_of(contract):
        if not callable(getattr(driver, method, None)):
            raise BoardError(
                "board part '%s' (%s) lacks %s(); its contract is hal.contracts.%s"
                % (name, type(driver).__name__, method, contract.__name__)
            )


class Board:
    """Named, checked parts: `Board(facts, clock=..., console=..., ..., radios=(radio, ...))`.

    `facts` is the generated module `board_facts` (from board.toml); `radios` is a non-empty
    tuple in order of preference.
    """

    clock: "contracts.Clock"
    console: "contracts.Console"
    buttons: "contracts.Buttons"
    indicator: "contracts.Indicator"
    gnss: "contracts.Gnss"
    audio: "contracts.Audio"
    flash: "contracts.Flash"
    rng: "contracts.Rng"
    custody: "contracts.Custody"
    power: "contracts.Power"
    identity: "contracts.Identity"
    radios: "tuple[contracts.Radio, ...]"
    facts: "contracts.Facts"

    def __init__(self, facts: object, radios: tuple, **drivers: object) -> None:
        self.facts = facts
        for name, contract in parts():
            if name not in drivers:
                raise BoardError("board has no '%s': wire one in boards/<name>/board.py" % name)
            check_part(name, drivers[name], contract)
            setattr(self, name, drivers[name])
        if not radios:
            raise BoardError("board has no radio: wire at least one in boards/<name>/board.py")
        for radio in radios:
            _check_radio(radio)
        self.radios = radios
        _forget_contracts()
