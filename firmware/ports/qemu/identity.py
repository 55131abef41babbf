"""Identity contract on QEMU: what the bench strapped."""

import virt


def _strap(name: str) -> str:
    text = virt.strap(name)
    if not text:
        raise OSError(
            "no %s: a virtual handset is started by its bench (handsetctl sim start "
            "--board qemu_rv32), not by hand" % name
        )
    return text


class Identity:
    def __init__(self) -> None:
        self._serial_number = _strap("serial_number")
        self._user_id = _strap("user_id")

    def serial_number(self) -> str:
        return self._serial_number

    def user_id(self) -> str:
        return self._user_id
