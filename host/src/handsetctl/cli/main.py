"""Entry point of `handsetctl`: the tree of commands, and what errors look like."""

from __future__ import annotations

import os
import sys

import typer
from rich.text import Text

from handsetctl.bench.faults import PathUnusable
from handsetctl.cli import air, board, demo, dev, geo, info, monitor, ptt, sim, stats, store, voice
from handsetctl.cli.output import err_console, usable_output, words
from handsetctl.errors import HandsetError

EXIT_CODES = """
Exit codes: 0 done; 1 the thing was done and failed its own test (demo figures, damage in a store),
or nobody read the output; 2 wrong usage, or a file that cannot be read or written; 3 no such
handset or port; 4 the handset did not answer in time; 5 the handset answered nonsense; 6 the
handset refused; 7 the bench failed; 8 a build is missing or failed; 9 a store was rolled back; 130
interrupted (Ctrl-C).
"""

_NOBODY_READS = 1
"""As rich and click have it."""
_INTERRUPTED = 130

app = typer.Typer(
    name="handsetctl",
    help="Find, read, drive and test push-to-talk handsets over their serial console.\n\n"
    "Start here: 'handsetctl sim start', then 'handsetctl info A'.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(sim.app, name="sim")
app.command("info")(info.info)
app.command("stats")(stats.stats)
app.command("monitor")(monitor.monitor)
app.add_typer(ptt.app, name="ptt")
app.add_typer(geo.app, name="geo")
app.add_typer(voice.app, name="voice")
app.add_typer(air.app, name="air")
app.add_typer(store.app, name="store")
app.add_typer(board.app, name="board")
app.add_typer(dev.app, name="dev")
app.command("demo")(demo.demo)


def main() -> None:
    """Run the command line; known errors are one paragraph and an exit code, never a traceback."""
    try:
        app()
    except HandsetError as error:
        _say(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        _flush()


def _say(error: HandsetError) -> None:
    text = Text.assemble(("error:", "bold red"), " ", words(str(error)))
    err_console.print(text, highlight=False, soft_wrap=True)


def _flush() -> None:
    """Write what print() still holds; the interpreter would complain later about a closed pipe."""
    try:
        with usable_output():
            sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        sys.exit(_NOBODY_READS)
    except PathUnusable as error:
        _forget_output()
        _say(error)
        sys.exit(error.exit_code)


def _forget_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
