"""Words that go with numbers."""

from __future__ import annotations

__all__ = ["amount_text", "counted"]


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


def amount_text(value: float | None, *, signed: bool = False) -> str:
    """An amount with four digits at most, in k, m, bn or tn.

    Examples
    --------
    >>> amount_text(-131_541_505_009.4), amount_text(0.0), amount_text(4_217), amount_text(1.5e6, signed=True), amount_text(None)
    ('-131.5 bn', '0', '4.217 k', '+1.500 m', '–')
    """
    if value is None:
        return "–"
    size, unit = abs(value), ""
    for bound, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if size >= bound * 0.99995:
            size, unit = size / bound, name
            break
    digits = 3 if size < 9.9995 else 2 if size < 99.995 else 1
    text = f"{size:.{digits}f}" if value else "0"
    return ("-" if value < 0.0 else "+" if signed and value > 0.0 else "") + text + unit
