"""Start of the handset: `-m handset.main` on sim, frozen `main` on a chip."""

import asyncio

from board import make_board

from handset.app import Application

asyncio.run(Application(make_board()).run())
