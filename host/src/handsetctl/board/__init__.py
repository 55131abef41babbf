"""Boards as their `board.toml` describes them: facts, checks, pictures."""
