"""What an opening of the store has found."""


class Report:
    """README.md, "What opening finds"."""

    def __init__(self) -> None:
        self.state = "blank"  # "open", "blank", "foreign", "wiping"
        self.damage: list[tuple[str, int, int]] = []  # what, sector, offset in it
        self.tail = "clean"
        self.n_records = 0

    def note(self, what: str, sector: int, offset: int = 0) -> None:
        self.damage.append((what, sector, offset))
