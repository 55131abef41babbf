"""The PTT key: what floor control decides becomes microphone, speaker and light.

The microphone is open only while the agent's finger is on the key. From the very press what is said
is kept in the voice engine; it is sent in exactly one place, `_on_granted`, and only floor control
gets there. Without permission it is forgotten.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.contracts import Audio, Indicator
    from handset.floor.participant import Participant
    from handset.voice.pump import VoicePump

_LISTEN_TO_ANYONE = 0
_LISTEN_TO_NOBODY = -1
# TS 24.380 clause 8.2.3.5, reject cause: "another MCPTT client has permission".
_CAUSE_TAKEN = 1


class PttController:
    """Glue between the floor participant and the voice engine.

    `bind` gives it the participant and the pump, which need its callbacks to be built.
    """

    def __init__(
        self, audio: "Audio", indicator: "Indicator", log: "Callable[[str], None]"
    ) -> None:
        self._audio = audio
        self._indicator = indicator
        self._log = log
        self._handlers = {
            "pending": self._on_pending,
            "granted": self._on_granted,
            "denied": self._on_denied,
            "taken": self._on_taken,
            "idle": self._on_idle,
            "expiring": self._on_expiring,
            "revoked": self._on_revoked,
            "collision": self._on_collision,
        }
        # MCPTT ID of who speaks, "" when nobody does.
        self.talker = ""

    def bind(self, participant: "Participant", pump: "VoicePump") -> None:
        self._participant = participant
        self._pump = pump

    def key(self, pressed: bool) -> None:
        """An edge of the PTT key."""
        if pressed:
            self._audio.hold()
            self._participant.press()
            self._pump.wake()
        else:
            self._stop_talking()
            self._participant.release()

    def on_floor(self, event: str, **facts: object) -> None:
        """Floor control's notification; an event nobody handles is a bug and raises KeyError."""
        self._handlers[event](facts)

    def _on_pending(self, facts: dict) -> None:
        self._indicator.show("pending")

    def _on_granted(self, facts: dict) -> None:
        self._audio.listen(_LISTEN_TO_NOBODY)
        self._audio.talk(True)
        self._audio.tone("permit")
        self._indicator.show("talk")
        self.talker = facts["user_id"]

    def _on_denied(self, facts: dict) -> None:
        self._stop_talking()
        self._audio.tone("busy" if facts["cause"] == _CAUSE_TAKEN else "deny")
        self._indicator.show("denied")
        self._log("floor denied, cause %d" % facts["cause"])

    def _on_taken(self, facts: dict) -> None:
        self._stop_talking()
        self._audio.listen(facts["ssrc"])
        self._indicator.show("receive")
        self.talker = facts["user_id"]
        self._pump.wake()

    def _on_idle(self, facts: dict) -> None:
        self._stop_talking()
        self._audio.listen(_LISTEN_TO_ANYONE)
        self._indicator.show("idle")
        self.talker = ""

    def _on_expiring(self, facts: dict) -> None:
        self._log("floor: talk limit in %d ms" % facts["left_ms"])

    def _on_revoked(self, facts: dict) -> None:
        self._stop_talking()
        self._audio.tone("end")
        self._log("floor revoked: %s" % facts["reason"])

    def _on_collision(self, facts: dict) -> None:
        self._log("SSRC is also used by %s: restart one of the two" % facts["user_id"])

    def _stop_talking(self) -> None:
        self._audio.talk(False)
        # What is encoded goes out before the Floor Release. A last frame may follow it: listeners
        # allow for the tail of a burst (handset.floor.tail).
        self._pump.move()
