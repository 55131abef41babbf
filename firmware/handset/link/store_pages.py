"""Professional records, page by page: what `handsetctl store export` reads.

One walk through the store for all pages: nothing is looked for twice, and nothing is kept but the
one record that did not fit into the page before. It sees only the domain it names.
"""

from handset.link.server import EBADSTATE, HEADER_BYTES, CommandError
from handset.store.errors import Damaged
from handset.store.layout import PROFESSIONAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

VALUES = "values"

# All of a page's map but the records in it, the longest name of a journal included.
_FRAME_BYTES = 160
# Heads of a record's name, number and data, and its place among the lost.
_HEADS_BYTES = 3 + 5 + 3 + 3


class _Record:
    """`data` is None where the record is damaged; `at`: what is before it has left already."""

    def __init__(self, source: str, name: str, number: int, data: "bytes | None") -> None:
        self.source = source
        self.name = name
        self.number = number
        self.data = data
        self.at = 0


# In the place of one: enough was looked at for one page.
_NOTHING_YET = _Record(VALUES, "", 0, None)


class RecordPages:
    """`journals`: those of the store by name; `message_bytes_max` as the server's."""

    def __init__(self, store: "Any", journals: "dict[str, Any]", message_bytes_max: int) -> None:
        self._store = store
        self._journals = [n for n in sorted(journals) if journals[n].domain == PROFESSIONAL]
        self._room = message_bytes_max - HEADER_BYTES - _FRAME_BYTES
        self._walk = self._records()
        self._waiting: Any = _NOTHING_YET
        self._number = 0

    def page(self, number: int) -> dict:
        """Page 0, or the one behind the last. CommandError for another, StoreError as the store."""
        if number != self._number:
            raise CommandError(EBADSTATE, "page %d is not the next: begin with page 0" % number)
        if self._waiting is _NOTHING_YET:
            self._advance()
        page = self._fill()
        self._number += 1
        page["more"] = self._waiting is not None
        return page

    def _records(self) -> "Iterator[_Record]":
        for record in self._values():
            yield record
        for journal in self._journals:
            for record in self._entries(journal):
                yield record

    def _values(self) -> "Iterator[_Record]":
        for name in self._store.names(PROFESSIONAL):
            if name is False:
                yield _NOTHING_YET
                continue
            # A name that fills a page leaves no room for its value: the export would not end.
            if name is None or len(name.encode()) >= self._room - _HEADS_BYTES:
                yield _Record(VALUES, "", 0, None)  # the name is lost, and the way to its value
            else:
                yield _Record(VALUES, name, 0, self._value(name))

    def _entries(self, journal: str) -> "Iterator[_Record]":
        number, end = self._store.span(journal)
        try:
            for found, data in self._store.entries(journal, number):
                for lost in self._lost(journal, number, found):
                    yield lost
                yield _Record(journal, "", found, data)
                number = found + 1
        except Damaged:
            pass  # said behind the last one
        for lost in self._lost(journal, number, end):
            yield lost

    def _lost(self, journal: str, number: int, end: int) -> "Iterator[_Record]":
        """A number that is left out is lost, but for those that were trimmed meanwhile."""
        while number < end:
            number = max(number, self._store.span(journal)[0])
            if number < end:
                yield _Record(journal, "", number, None)
            number += 1

    def _value(self, name: str) -> "bytes | None":
        try:
            data = self._store.get(name, PROFESSIONAL)
        except Damaged:
            return None
        return b"" if data is None else data

    def _advance(self) -> None:
        for record in self._walk:
            self._waiting = record
            return
        self._waiting = None

    def _fill(self) -> dict:
        """A page: as many records of one source as fit, or as were found without looking for long;
        one that fits nowhere is cut."""
        source = VALUES if self._waiting is None else self._waiting.source
        page = {
            "source": source,
            "names": [],
            "numbers": [],
            "data": [],
            "lost": [],
            "cut": False,
        }
        room = self._room
        while self._waiting is not None and self._waiting.source == source and not page["cut"]:
            record = self._waiting
            if record is _NOTHING_YET:
                break
            left = room - _HEADS_BYTES - len(record.name.encode())
            n_bytes = 0 if record.data is None else len(record.data) - record.at
            if n_bytes > left and page["data"]:
                break
            _add(page, record, min(n_bytes, left))
            room = left - n_bytes
            if not page["cut"]:
                self._advance()
        return page


def _add(page: dict, record: _Record, n_bytes: int) -> None:
    if record.data is None:
        page["lost"].append(len(page["data"]))
        page["data"].append(b"")
    else:
        end = record.at + n_bytes
        page["data"].append(record.data[record.at : end])
        record.at = end
        page["cut"] = end < len(record.data)
    if record.source == VALUES:
        page["names"].append(record.name)
    else:
        page["numbers"].append(record.number)
