"""SMP group 72: the commands of `spec`, answered by the application's providers."""

from handset.link import spec
from handset.link.server import EINVAL, ENOTSUP, READ, WRITE, CommandError, Server


class HandsetGroup:
    """`providers` maps each command's name to `provider(request map) -> response map`.

    A command that can be written also has "set_" + name; CommandError refuses a request.
    ValueError for a provider that is missing or belongs to no command.
    """

    def __init__(self, providers: dict) -> None:
        names = [row[1] for row in spec.ROWS]
        names += ["set_" + row[1] for row in spec.ROWS if len(row) > 4]
        for name in names:
            if name not in providers:
                raise ValueError("no provider for command %r" % name)
        for name in providers:
            if name not in names:
                raise ValueError("provider for unknown command %r" % name)
        self._providers = providers

    def register(self, server: Server) -> None:
        """Serve this group."""
        server.register_group(spec.GROUP, self._handle)

    def _handle(self, command: int, op: int, request: dict) -> dict:
        for row in spec.ROWS:
            if row[0] == command and (op == READ or op == WRITE and len(row) > 4):
                break
        else:
            raise CommandError(ENOTSUP)
        # Made for each request: kept, they would take heap from everything else.
        wrong = spec.mismatch(() if op == READ else spec.fields(row[4]), request)
        if wrong:
            raise CommandError(EINVAL, "request " + wrong)
        return self._providers[row[1] if op == READ else "set_" + row[1]](request)
