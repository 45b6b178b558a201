"""Words that go with numbers."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, *, several: str = "") -> str:
    """How many of something.

    Parameters
    ----------
    several : the noun for another number than 1; with an s by default.

    Examples
    --------
    >>> counted(1, "day"), counted(0, "day"), counted(2520, "day"), counted(2, "this one", several="these")
    ('1 day', '0 days', '2,520 days', '2 these')
    """
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"
