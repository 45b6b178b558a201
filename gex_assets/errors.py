"""Every error that gex_assets raises on purpose, under one root.

A class exists only where somebody catches it differently. Messages follow one form: "Expected X, was Y", with the
file, day or column they speak of. Nothing here knows about tables, files or Dagster.
"""

from __future__ import annotations

from gex_assets.escaping import visible

__all__ = [
    "BadFileError",
    "ChainError",
    "ContractError",
    "DeliveryError",
    "GexError",
    "LakeBusyError",
    "LakeConflictError",
    "LakeError",
    "SettingsError",
    "SnapshotError",
    "SymbolError",
]


class GexError(Exception):
    """The root: whatever gex_assets refuses, it refuses with one of these.

    Messages quote files. What could steer a terminal is written as an escape.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(visible(message))


class BadFileError(GexError):
    """A delivered file is not what its name, its sidecars or its header say: it is refused and stays where it is."""


class LakeError(GexError):
    """The lake cannot do what it was asked: an unsafe name, a missing table, a failed write."""


class LakeBusyError(LakeError):
    """Another process is replacing the same table-day.

    Attributes
    ----------
    holder : the process, in words.
    """

    def __init__(self, message: str, *, holder: str = "another process") -> None:
        super().__init__(message)
        self.holder = visible(holder)


class LakeConflictError(LakeError):
    """An object is in another state than the one that was to be replaced."""


class ContractError(GexError):
    """A table breaks what its schema states."""


class SettingsError(GexError):
    """A setting has a value that cannot be used."""


class SnapshotError(GexError):
    """A snapshot of a running state cannot be read: it is cut, changed, or of another version or kind."""


class SymbolError(GexError):
    """A symbol does not name what was asked for."""


class ChainError(GexError):
    """An option chain given by a caller cannot be read."""


class DeliveryError(GexError):
    """A channel did not take a notice. The message names neither its address nor its password.

    Attributes
    ----------
    is_final : whether trying again is in vain, as the channel refused it.
    retry_after : how long it asked to wait; None where it did not say. [s]
    """

    def __init__(self, message: str, *, is_final: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.retry_after = retry_after
