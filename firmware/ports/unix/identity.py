"""Identity contract on the unix port: what the bench wrote into the wiring."""


class Identity:
    def __init__(self, facts: dict) -> None:
        self._serial_number = facts["serial_number"]
        self._user_id = facts["user_id"]

    def serial_number(self) -> str:
        return self._serial_number

    def user_id(self) -> str:
        return self._user_id
