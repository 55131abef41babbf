"""Power contract on ESP32. The audio task and its DMA stop before the chip does."""

import machine
import voice

_CAUSES = {
    machine.PWRON_RESET: "power-on",
    machine.HARD_RESET: "reset",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep sleep",
    machine.SOFT_RESET: "soft reset",
}


class Power:
    def reset(self) -> None:
        voice.close()
        machine.reset()

    def cause(self) -> str:
        """Why the chip started: a name of `_CAUSES`, or "unknown"."""
        return _CAUSES.get(machine.reset_cause(), "unknown")

    def deep_sleep(self, duration_ms: int) -> None:
        """Everything off but the clock; ends in a reset. Does not return."""
        voice.close()
        machine.deepsleep(duration_ms)
