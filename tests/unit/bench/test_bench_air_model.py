"""What the air does to datagrams, with an explicit clock and fixed seeds."""

import pytest

from handsetctl.bench.air_model import AirModel, LinkSettings

N = 10_000
PERIOD_S = 0.02


def three_members(seed: int = 1) -> AirModel:
    air = AirModel(seed)
    for member in "ABC":
        air.join(member)
    return air


def send(air: AirModel, n_datagrams: int, source: str = "A", kind: str = "media") -> list[tuple]:
    """Send numbered datagrams 20 ms apart: (instant, member, number) of each arrival."""
    arrivals = []
    for number in range(n_datagrams):
        while (due_s := air.next_due_s) is not None and due_s <= number * PERIOD_S:
            arrivals += _take(air, due_s)
        air.offer(source, kind, number.to_bytes(4, "big"), number * PERIOD_S)
    while (due_s := air.next_due_s) is not None:
        arrivals += _take(air, due_s)
    return arrivals


def _take(air: AirModel, now_s: float) -> list[tuple]:
    return [
        (now_s, delivery.member, int.from_bytes(delivery.datagram, "big"))
        for delivery in air.take_due(now_s)
    ]


def numbers(arrivals: list[tuple], member: str) -> list[int]:
    return [number for _, to, number in arrivals if to == member]


def test_perfect_air_gives_everything_at_once_to_everyone_else() -> None:
    arrivals = send(three_members(), 10)
    assert numbers(arrivals, "B") == numbers(arrivals, "C") == list(range(10))
    assert numbers(arrivals, "A") == []
    assert all(instant_s == number * PERIOD_S for instant_s, _, number in arrivals)


def test_kinds_stay_apart() -> None:
    air = three_members()
    air.offer("A", "floor", b"request", 0.0)
    assert {delivery.kind for delivery in air.take_due(0.0)} == {"floor"}


def test_loss_is_as_often_as_asked_and_independent_by_receiver() -> None:
    air = three_members()
    air.set_links({"loss": 0.1})
    arrivals = send(air, N)
    lost_b, lost_c = (set(range(N)) - set(numbers(arrivals, member)) for member in "BC")
    # 10 % of 10000 with a standard deviation of 30: five of them each side.
    assert 850 < len(lost_b) < 1150 and 850 < len(lost_c) < 1150
    # Lost to both: 1 %, standard deviation 10.
    assert 50 < len(lost_b & lost_c) < 150
    links = air.statistics()["links"]
    assert links["A>B"] == {
        "offered": N,
        "delivered": N - len(lost_b),
        "lost": len(lost_b),
        "cut": 0,
        "held_back": 0,
    }


def test_a_seed_is_a_fate_and_another_seed_another() -> None:
    def fate(seed: int) -> list[tuple]:
        air = three_members(seed)
        air.set_links({"loss": 0.2, "jitter_ms": 30.0, "reorder": 0.1})
        return send(air, 500)

    assert fate(7) == fate(7)
    assert fate(7) != fate(8)


def test_other_traffic_and_other_settings_do_not_change_what_is_lost() -> None:
    quiet, busy = three_members(), three_members()
    quiet.set_links({"loss": 0.2})
    busy.set_links({"loss": 0.2, "delay_ms": 5.0, "jitter_ms": 3.0})
    send(busy, 100, source="C")
    send(busy, 100, kind="floor")
    assert sorted(numbers(send(quiet, 500), "B")) == sorted(numbers(send(busy, 500), "B"))


def test_delay_is_exact() -> None:
    air = three_members()
    air.set_links({"delay_ms": 35.0})
    assert all(
        instant_s == pytest.approx(number * PERIOD_S + 0.035)
        for instant_s, _, number in send(air, 100)
    )


def test_jitter_spreads_over_its_range_and_keeps_the_order() -> None:
    air = three_members()
    air.set_links({"delay_ms": 10.0, "jitter_ms": 100.0})
    arrivals = [arrival for arrival in send(air, 2000) if arrival[1] == "B"]
    assert [number for _, _, number in arrivals] == list(range(2000))
    delays_ms = [1000 * (instant_s - number * PERIOD_S) for instant_s, _, number in arrivals]
    assert 10.0 <= min(delays_ms) < 40.0
    assert 100.0 < max(delays_ms) <= 110.0 + 1e-6


def test_reordered_datagrams_are_overtaken_and_none_is_lost() -> None:
    air = three_members()
    air.set_links({"reorder": 0.1, "reorder_ms": 30.0})
    arrived = numbers(send(air, N), "B")
    assert sorted(arrived) == list(range(N))
    overtaken = sum(1 for one, other in zip(arrived, arrived[1:], strict=False) if other < one)
    assert 700 < overtaken < 1100


def test_a_cut_member_neither_hears_nor_is_heard_until_it_is_let_back() -> None:
    air = three_members()
    air.cut("B", True)
    assert numbers(send(air, 5), "B") == []
    assert send(air, 5, source="B") == []
    assert numbers(send(air, 5), "C") == list(range(5))
    air.cut("B", False)
    assert numbers(send(air, 5), "B") == list(range(5))
    assert air.statistics()["links"]["A>B"]["cut"] == 10


def test_what_is_on_its_way_to_a_member_is_lost_when_it_is_cut() -> None:
    air = three_members()
    air.set_links({"delay_ms": 10.0})
    air.offer("A", "media", b"frame", 0.0)
    air.cut("B", True)
    assert [delivery.member for delivery in air.take_due(1.0)] == ["C"]


def test_settings_can_be_of_one_link_one_source_or_one_target() -> None:
    air = three_members()
    air.set_links({"loss": 1.0}, source="A", target="B")
    assert numbers(send(air, 3), "B") == [] and numbers(send(air, 3), "C") == [0, 1, 2]
    assert numbers(send(air, 3, source="B"), "A") == [0, 1, 2]
    air.set_links({"loss": 0.0})
    air.set_links({"loss": 1.0}, target="C")
    assert numbers(send(air, 3, source="B"), "C") == []
    assert numbers(send(air, 3, source="B"), "A") == [0, 1, 2]


def test_who_joins_later_gets_the_settings_of_all() -> None:
    air = three_members()
    air.set_links({"loss": 1.0})
    air.join("D")
    assert send(air, 3, source="D") == []


def test_who_leaves_takes_what_was_on_its_way_along() -> None:
    air = three_members()
    air.set_links({"delay_ms": 10.0})
    air.offer("A", "media", b"frame", 0.0)
    air.offer("B", "media", b"frame", 0.0)
    air.leave("B")
    assert [delivery.member for delivery in air.take_due(1.0)] == ["C"]
    assert air.members == ["A", "C"]


@pytest.mark.parametrize(
    "settings",
    [{"loss": 1.1}, {"loss": -0.1}, {"reorder": 2}, {"delay_ms": -1}, {"jitter_ms": -1}],
)
def test_impossible_settings_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        LinkSettings(**settings)


def test_unknown_settings_and_members_are_named() -> None:
    air = three_members()
    with pytest.raises(ValueError, match="lose"):
        air.set_links({"lose": 0.1})
    with pytest.raises(ValueError, match="D is not on the air"):
        air.cut("D", True)
