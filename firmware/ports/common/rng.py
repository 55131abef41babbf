"""Rng contract: the C module `vault`, which asks the port's source and watches what comes."""

import vault


class Rng:
    fill = staticmethod(vault.random)
