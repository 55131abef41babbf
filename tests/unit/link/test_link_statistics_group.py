"""Group 2: counters by group, as stock clients read them."""

from handset.link import cbor, server
from handset.link.server import Server
from handset.link.statistics_group import GROUP, StatisticsGroup

_DATA, _LIST = 0, 1
_VERSION_1, _VERSION_2 = 0, 8


def call(number, body, version=_VERSION_2):
    served = Server(1024)
    counts = iter(range(10))
    groups = {"voice": lambda: {"tx_frames": next(counts)}, "link": lambda: {"packets": -1}}
    StatisticsGroup(groups).register(served)
    data = cbor.dumps(body)
    message = bytes((version | server.READ, 0, 0, len(data), 0, GROUP, 1, number)) + data
    for _ in range(2):
        n_bytes = served.handle(message, len(message))
    return cbor.decode(served.response, server.HEADER_BYTES, n_bytes)


def test_the_groups_are_listed():
    assert call(_LIST, {}) == {"stat_list": ["link", "voice"]}


def test_counters_are_those_of_the_moment():
    assert call(_DATA, {"name": "voice"}) == {"name": "voice", "fields": {"tx_frames": 1}}


def test_an_unknown_group_is_the_groups_own_error():
    assert call(_DATA, {"name": "wind"}) == {"err": {"group": GROUP, "rc": 2}}
    refused = call(_DATA, {"name": "wind"}, _VERSION_1)
    assert (refused["rc"], "wind" in refused["rsn"]) == (server.ENOENT, True)


def test_a_name_must_be_text():
    for body in ({}, {"name": 1}, {"name": None}):
        assert call(_DATA, body)["rc"] == server.EINVAL
