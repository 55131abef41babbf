"""Rng contract on the unix port: the operating system's generator, and nothing else."""

import os


class Rng:
    def fill(self, buf: bytearray) -> None:
        buf[:] = os.urandom(len(buf))
