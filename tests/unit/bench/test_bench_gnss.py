"""The virtual sky: which sentences belong together, and when they fall."""

import pytest

from handsetctl.bench.gnss import GnssPlayer, group_epochs

RECORDING = """\
# a walk; comments and empty lines are not of the sky

$GPGGA,120000.00,4851.50,N,00221.10,E,1,08,1.0,35.0,M,47.0,M,,*5A
$GPGSV,2,1,08,01,40,083,46*7A
$GPGSV,2,2,08,05,17,308,41*70
$GPRMC,120000.00,A,4851.50,N,00221.10,E,0.5,90.0,221126,,,A*6C
$GPGGA,120001.00,4851.51,N,00221.11,E,1,08,1.0,35.0,M,47.0,M,,*5A
$GPRMC,120001.00,A,4851.51,N,00221.11,E,0.5,90.0,221126,,,A*6C
"""


def test_an_epoch_is_what_has_one_time() -> None:
    epochs = group_epochs(RECORDING.splitlines())
    assert [epoch.count(b"\r\n") for epoch in epochs] == [4, 2]
    assert epochs[0].startswith(b"$GPGGA,120000.00") and epochs[0].endswith(b"*6C\r\n")
    assert b"#" not in b"".join(epochs)


def test_sentences_without_a_time_stay_with_the_epoch_before() -> None:
    lines = ["$GPRMC,120000,A*00", "$GPVTG,0*00", "$GPRMC,120001,A*00", "$GPVTG,0*00"]
    assert [epoch.count(b"\r\n") for epoch in group_epochs(lines)] == [2, 2]


def test_a_receiver_that_has_no_time_yet_is_cut_where_its_cycle_begins_again() -> None:
    cycle = ["$GPRMC,,V,,,,,,,,,,N*53", "$GPGGA,,,,,,0,00,,,M,,M,,*66", "$GPGSV,1,1,00*79"]
    assert [epoch.count(b"\r\n") for epoch in group_epochs(cycle * 3)] == [3, 3, 3]


def test_the_time_of_gll_is_its_fifth_field() -> None:
    lines = ["$GPGLL,4851.5,N,00221.1,E,120000,A*00", "$GPGGA,120000,x*00", "$GPGGA,120001,x*00"]
    assert [epoch.count(b"\r\n") for epoch in group_epochs(lines)] == [2, 1]


def test_one_epoch_a_second_from_the_start() -> None:
    player = GnssPlayer([b"one", b"two", b"three"], rate=1.0, start_s=100.0)
    assert player.take_due(99.9) == []
    assert player.take_due(100.0) == [b"one"]
    assert player.take_due(100.9) == []
    assert player.next_due_s == 101.0
    assert player.take_due(101.0) == [b"two"]
    assert not player.finished
    assert player.take_due(102.5) == [b"three"]
    assert player.finished and player.next_due_s is None
    assert player.take_due(1000.0) == []


def test_a_rate_makes_it_faster_without_drift() -> None:
    epochs = [str(number).encode() for number in range(1001)]
    player = GnssPlayer(epochs, rate=10.0, start_s=0.0)
    assert len(player.take_due(50.0)) == 501
    assert player.next_due_s == pytest.approx(50.1)


def test_a_late_caller_gets_all_that_fell_meanwhile_in_order() -> None:
    player = GnssPlayer([b"one", b"two", b"three"], rate=1.0, start_s=0.0)
    assert player.take_due(1.5) == [b"one", b"two"]


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_time_does_not_stand_still_or_go_back(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        GnssPlayer([b"one"], rate, 0.0)
