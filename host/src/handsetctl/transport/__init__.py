"""Ways to reach a handset: SMP frames and console text over any pyserial URL."""

from handsetctl.transport.deadline import Deadline
from handsetctl.transport.frames import FrameSplitter
from handsetctl.transport.serial_transport import SerialTransport

__all__ = ["Deadline", "FrameSplitter", "SerialTransport"]
