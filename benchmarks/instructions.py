"""The number of instructions this thread executed in user mode, from the processor through Linux's perf_event_open.

Where the system or the machine does not allow it, `works` is False and nothing is counted.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

__all__ = ["InstructionCounter"]

_CALL: Final = {"x86_64": 298, "aarch64": 241}
_HARDWARE, _INSTRUCTIONS, _ATTRIBUTE_SIZE = 0, 1, 128
_DISABLED, _NO_KERNEL, _NO_HYPERVISOR = 1 << 0, 1 << 5, 1 << 6
_ENABLE, _DISABLE, _RESET = 0x2400, 0x2401, 0x2403


class InstructionCounter:
    """Counts instructions of this thread while a function runs; a context manager."""

    def __init__(self) -> None:
        self._handle = -1

    @property
    def works(self) -> bool:
        """Whether anything can be counted here."""
        return self._handle >= 0

    def __enter__(self) -> Self:
        number = _CALL.get(platform.machine()) if platform.system() == "Linux" else None
        if number is None:
            return self
        flags = _DISABLED | _NO_KERNEL | _NO_HYPERVISOR
        attribute = struct.pack("=IIQQQQQ", _HARDWARE, _ATTRIBUTE_SIZE, _INSTRUCTIONS, 0, 0, 0, flags).ljust(
            _ATTRIBUTE_SIZE, b"\0"
        )
        self._handle = ctypes.CDLL(None, use_errno=True).syscall(number, ctypes.c_char_p(attribute), 0, -1, -1, 0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.works:
            os.close(self._handle)
            self._handle = -1

    def of(self, run: Callable[[], object]) -> int:
        """Instructions executed while it runs."""
        fcntl.ioctl(self._handle, _RESET, 0)
        fcntl.ioctl(self._handle, _ENABLE, 0)
        run()
        fcntl.ioctl(self._handle, _DISABLE, 0)
        return int.from_bytes(os.read(self._handle, 8), "little")
