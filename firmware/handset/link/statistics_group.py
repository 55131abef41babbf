"""SMP group 2, "statistics management": named groups of counters, for testers and for support.

A group's counters are read whole when they are asked for; nothing is kept here.
"""

from handset.link.server import EINVAL, ENOENT, READ, CommandError, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = 2
_GROUP_DATA = 0
_LIST_OF_GROUPS = 1

# The group's own error codes.
_INVALID_GROUP = 2


class StatisticsGroup:
    """`groups` maps each name to `read() -> map of counter name to integer`."""

    def __init__(self, groups: "dict[str, Callable[[], dict]]") -> None:
        self._groups = groups

    def register(self, server: Server) -> None:
        """Serve this group."""
        server.register(GROUP, _GROUP_DATA, READ, self._group_data)
        server.register(GROUP, _LIST_OF_GROUPS, READ, self._list_of_groups)

    def _group_data(self, request: dict) -> dict:
        name = request.get("name")
        if not isinstance(name, str):
            raise CommandError(EINVAL, "'name' must be text")
        if name not in self._groups:
            raise CommandError(ENOENT, "no statistics called %r" % name, _INVALID_GROUP)
        return {"name": name, "fields": self._groups[name]()}

    def _list_of_groups(self, request: dict) -> dict:
        return {"stat_list": sorted(self._groups)}
