"""What the virtual air does to datagrams: loss, delay, jitter, reordering, cut members.

Pure logic with an explicit clock: no sockets, no time of its own. Every ordered pair of members is
a link with its own settings and, for each kind of datagram, its own random sequence, so that one
link's fate does not depend on the traffic of another and a seed tells the whole story.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import asdict, dataclass, field, fields, replace

KINDS = ("media", "floor")


@dataclass(frozen=True)
class LinkSettings:
    """How one link behaves. The default is perfect."""

    loss: float = 0.0
    """Probability that a datagram is lost, 0..1."""
    delay_ms: float = 0.0
    """Delay of every datagram."""
    jitter_ms: float = 0.0
    """Further delay, uniform in 0..jitter_ms; the order on the link is kept."""
    reorder: float = 0.0
    """Probability that a datagram is held back so that later ones overtake it, 0..1."""
    reorder_ms: float = 30.0
    """How long a held back datagram is held."""

    def __post_init__(self) -> None:
        for name in ("loss", "reorder"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is a probability, 0 to 1, not {getattr(self, name)}")
        for name in ("delay_ms", "jitter_ms", "reorder_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} cannot be negative")

    def changed(self, changes: dict[str, float]) -> LinkSettings:
        """A copy with some settings changed; ValueError names an unknown one."""
        known = [setting.name for setting in fields(self)]
        unknown = set(changes) - set(known)
        if unknown:
            raise ValueError(f"unknown setting {min(unknown)}; known: {', '.join(known)}")
        return replace(self, **changes)


@dataclass(frozen=True)
class Delivery:
    """A datagram to hand to a member now."""

    member: str
    kind: str
    datagram: bytes


@dataclass
class LinkCount:
    """What became of the datagrams of one link."""

    offered: int = 0
    delivered: int = 0
    lost: int = 0
    cut: int = 0
    held_back: int = 0


@dataclass
class MemberCount:
    """What one member put on the air."""

    media_datagrams: int = 0
    media_bytes: int = 0
    floor_datagrams: int = 0
    floor_bytes: int = 0


@dataclass
class _Link:
    settings: LinkSettings
    random: dict[str, random.Random]
    in_order_until_s: dict[str, float]
    count: LinkCount = field(default_factory=LinkCount)


class AirModel:
    """The members on the air and the datagrams on their way. Instants in seconds, any epoch."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._members: dict[str, MemberCount] = {}
        self._cut: set[str] = set()
        self._links: dict[tuple[str, str], _Link] = {}
        self._default = LinkSettings()
        self._queue: list[tuple[float, int, str, Delivery]] = []
        self._order = itertools.count()

    @property
    def members(self) -> list[str]:
        """Names, in the order they joined."""
        return list(self._members)

    def join(self, member: str) -> None:
        """Add a member; nothing happens if it is there."""
        if member in self._members:
            return
        for other in self._members:
            for link in ((member, other), (other, member)):
                self._links[link] = self._new_link(*link)
        self._members[member] = MemberCount()

    def leave(self, member: str) -> None:
        """Remove a member and what is on its way to or from it; ValueError if unknown."""
        self._check_member(member)
        del self._members[member]
        self._cut.discard(member)
        self._links = {link: state for link, state in self._links.items() if member not in link}
        self._queue = [entry for entry in self._queue if member not in (entry[2], entry[3].member)]
        heapq.heapify(self._queue)

    def set_links(
        self, changes: dict[str, float], source: str | None = None, target: str | None = None
    ) -> None:
        """Change settings of the links from ``source`` (None: any) to ``target`` (None: any)."""
        for member in (source, target):
            self._check_member(member)
        if source is None and target is None:
            self._default = self._default.changed(changes)
        for (one, other), link in self._links.items():
            if source in (None, one) and target in (None, other):
                link.settings = link.settings.changed(changes)

    def cut(self, member: str, on: bool) -> None:
        """Cut a member off the air both ways, or let it back."""
        self._check_member(member)
        (self._cut.add if on else self._cut.discard)(member)

    def offer(self, source: str, kind: str, datagram: bytes, now_s: float) -> None:
        """A member sends: decide, for every other member, whether and when the datagram arrives."""
        count = self._members[source]
        if kind == "media":
            count.media_datagrams += 1
            count.media_bytes += len(datagram)
        else:
            count.floor_datagrams += 1
            count.floor_bytes += len(datagram)
        for target in self._members:
            if target != source:
                self._offer_link(source, target, kind, datagram, now_s)

    def take_due(self, now_s: float) -> list[Delivery]:
        """Datagrams that arrive by now, in order of arrival; each is handed out once."""
        due = []
        while self._queue and self._queue[0][0] <= now_s:
            _, _, source, delivery = heapq.heappop(self._queue)
            count = self._links[source, delivery.member].count
            if delivery.member in self._cut:
                count.cut += 1
                continue
            count.delivered += 1
            due.append(delivery)
        return due

    @property
    def next_due_s(self) -> float | None:
        """Instant of the next arrival; None when nothing is on its way."""
        return self._queue[0][0] if self._queue else None

    def statistics(self) -> dict[str, dict[str, dict[str, int]]]:
        """Counts: {"members": {name: ...}, "links": {"A>B": ...}}."""
        return {
            "members": {name: asdict(count) for name, count in self._members.items()},
            "links": {
                f"{source}>{target}": asdict(link.count)
                for (source, target), link in self._links.items()
            },
        }

    def _offer_link(
        self, source: str, target: str, kind: str, datagram: bytes, now_s: float
    ) -> None:
        link = self._links[source, target]
        link.count.offered += 1
        # The same number of random draws whatever the settings: changing one setting leaves the
        # fate of the datagrams under the others as it was.
        draw = link.random[kind].random
        loss, jitter, reorder = draw(), draw(), draw()
        if source in self._cut or target in self._cut:
            link.count.cut += 1
            return
        settings = link.settings
        if loss < settings.loss:
            link.count.lost += 1
            return
        due_s = now_s + (settings.delay_ms + jitter * settings.jitter_ms) / 1000
        due_s = max(due_s, link.in_order_until_s[kind])
        if reorder < settings.reorder:
            link.count.held_back += 1
            due_s += settings.reorder_ms / 1000
        else:
            link.in_order_until_s[kind] = due_s
        delivery = Delivery(target, kind, datagram)
        heapq.heappush(self._queue, (due_s, next(self._order), source, delivery))

    def _new_link(self, source: str, target: str) -> _Link:
        return _Link(
            settings=self._default,
            random={
                kind: random.Random(f"{self._seed}/{source}/{target}/{kind}") for kind in KINDS
            },
            in_order_until_s=dict.fromkeys(KINDS, float("-inf")),
        )

    def _check_member(self, member: str | None) -> None:
        if member is not None and member not in self._members:
            known = ", ".join(self._members) or "nobody"
            raise ValueError(f"{member} is not on the air; there is: {known}")
