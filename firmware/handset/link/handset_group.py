"""SMP group 72: the commands of `spec`, answered by the application's providers."""

from handset.link import spec
from handset.link.server import EINVAL, READ, WRITE, CommandError, Server


class HandsetGroup:
    """`providers` maps each command's name to `provider(request map) -> response map`.

    A command that can be written also has "set_" + name; CommandError refuses a request.
    ValueError for a provider that is missing or belongs to no command.
    """

    def __init__(self, providers: dict) -> None:
        names = [command.name for command in spec.COMMANDS]
        names += ["set_" + c.name for c in spec.COMMANDS if c.write is not None]
        for name in names:
            if name not in providers:
                raise ValueError("no provider for command %r" % name)
        for name in providers:
            if name not in names:
                raise ValueError("provider for unknown command %r" % name)
        self._providers = providers

    def register(self, server: Server) -> None:
        """Serve this group."""
        for command in spec.COMMANDS:
            self._register(server, command.number, READ, (), command.name)
            if command.write is not None:
                self._register(server, command.number, WRITE, command.write, "set_" + command.name)

    def _register(self, server: Server, number: int, op: int, takes: tuple, name: str) -> None:
        provider = self._providers[name]

        def handle(request: dict) -> dict:
            wrong = spec.mismatch(takes, request)
            if wrong:
                raise CommandError(EINVAL, "request " + wrong)
            return provider(request)

        server.register(spec.GROUP, number, op, handle)
