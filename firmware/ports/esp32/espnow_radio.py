"""Radio contract on ESP-NOW: frames straight from handset to handset, without an access point.

Broadcast, so that everyone in reach hears one transmission; nobody acknowledges and nothing is
repeated. A frame has 250 bytes at most in version 1, at 1 Mbit/s (ESP-IDF Programming Guide v5.5,
"ESP-NOW", "Frame Format"): a media packet fits one, a floor message with long user ids does not,
see `ports.common.fragments`.

What allocates: the first frame sent of each length, and a restart of the driver. MicroPython's
table of all senders ever heard, which strangers could fill, is switched off (handset_config.h), and
longer frames of version 2 never reach it (espnow_guard.c). What blocks: send() waits in the driver,
for 2 s at the very worst, while its queue is full, that is while others keep the channel busy.
"""

import time

import network
from _espnow import ESPNowBase

from ports.common.fragments import (
    FRAME_BYTES_MAX,
    SENDER_BYTES,
    Inbox,
    Splitter,
    channel_of,
)
from ports.esp32.waiting import wake_in

_BROADCAST = b"\xff\xff\xff\xff\xff\xff"
_MEDIA = 0
_FLOOR = 1
_MEDIA_PARTS_MAX = 1
_FLOOR_PARTS_MAX = 5  # 1024 bytes, the longest datagram of the application
_MEDIA_SLOTS = 8
_FLOOR_SLOTS = 4
# What waits in the driver while Python is busy: twenty frames of voice.
_RX_BUFFER_BYTES = 2048
_FRAMES_A_TURN = 8
_POLL_MS = 5
_NO_WAIT_MS = 0
_UNACKNOWLEDGED = False
# Turns in a row that the driver may refuse to start afresh, about a second.
_REFUSALS_MAX = 200

# One hop without queues: the standard's own values.
TIMERS = {}


class EspNowChannel:
    def __init__(self, radio: "EspNowRadio", inbox: Inbox, splitter: Splitter) -> None:
        self._radio = radio
        self._inbox = inbox
        self._splitter = splitter

    def recv(self, buf: bytearray) -> int:
        if not self._inbox.waiting:
            self._radio.drain()
        return self._inbox.take(buf)

    def send(self, buf: bytearray, n_bytes: int) -> bool:
        return self._splitter.send(buf, n_bytes)

    def readable(self) -> None:  # a coroutine, see waiting.py
        while True:
            self._radio.drain()
            if self._inbox.waiting:
                return
            wake_in(_POLL_MS)
            yield


class EspNowRadio:
    """`channel`: Wi-Fi channel, the same on all handsets."""

    FLOOR_TIMERS = TIMERS

    def __init__(self, channel: int) -> None:
        self._wlan = network.WLAN(network.WLAN.IF_STA)
        self._wlan.active(True)
        # Without an access point a radio that saves power hears nothing.
        self._wlan.config(pm=network.WLAN.PM_NONE, channel=channel)
        self._espnow = ESPNowBase()
        # recvinto() fills both.
        self._sender = bytearray(SENDER_BYTES)
        self._frame = bytearray(FRAME_BYTES_MAX)
        self._received = [self._sender, self._frame]
        self._inboxes = (
            Inbox(_MEDIA_SLOTS, _MEDIA_PARTS_MAX, time.ticks_diff),
            Inbox(_FLOOR_SLOTS, _FLOOR_PARTS_MAX, time.ticks_diff),
        )
        # Frames of others; times the driver's buffer was torn and started afresh.
        self.strange = 0
        self.restarts = 0
        self._is_torn = False
        self._refusals = 0
        self._start()
        self.media = self._channel(_MEDIA, _MEDIA_PARTS_MAX)
        self.floor = self._channel(_FLOOR, _FLOOR_PARTS_MAX)

    def name(self) -> str:
        return "espnow"

    def drain(self) -> None:
        """Sort what has arrived into the inboxes of its channels."""
        if self._is_torn:
            self._restart()
        for _ in range(_FRAMES_A_TURN):
            if self._is_torn or not self._espnow.any():
                return
            n_bytes = self._receive()
            channel = channel_of(self._frame, n_bytes)
            if 0 <= channel < len(self._inboxes):
                self._inboxes[channel].put(self._sender, self._frame, n_bytes, time.ticks_ms())
            else:
                self.strange += 1

    def _channel(self, number: int, parts_max: int) -> EspNowChannel:
        return EspNowChannel(self, self._inboxes[number], Splitter(number, parts_max, self._send))

    def _start(self) -> None:
        self._espnow.config(rxbuf=_RX_BUFFER_BYTES)
        self._espnow.active(True)
        self._espnow.add_peer(_BROADCAST)

    def _receive(self) -> int:
        try:
            return self._espnow.recvinto(self._received, _NO_WAIT_MS)
        except ValueError:
            # The receive callback writes a frame in three pieces, on the other core; who reads in
            # between loses the thread of the whole buffer.
            self._restart()
            return 0

    def _restart(self) -> None:
        """With an empty buffer; tried again the next turn when the driver refuses.

        MicroPython cannot get over a failed esp_now_init(): after many refusals OSError.
        """
        self._is_torn = True
        try:
            self._espnow.active(False)
            self._start()
        except OSError:
            self._refusals += 1
            if self._refusals > _REFUSALS_MAX:
                raise
            return
        self._is_torn = False
        self._refusals = 0
        self.restarts += 1

    def _send(self, frame: memoryview) -> bool:
        try:
            self._espnow.send(_BROADCAST, frame, _UNACKNOWLEDGED)
        except OSError:
            return False
        return True
