"""What a caller says about a chain's file: which part of it is meant, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from gex_assets.chain.files.numbers import DecimalMark

__all__ = ["FileRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """Which part of a file to read, and how; None leaves it to the file.

    Attributes
    ----------
    symbol : the underlying whose options are read, where the file has several; else a name for its one underlying.
    spot : price of the underlying, in place of the file's. [index points]
    as_of : moment of the quotes, in place of the file's; picks the day or moment where the file has several.
    day : day of the quotes, where the file has several.
    zone : of moments that name none.
    decimal : mark before the decimals of numbers in text.
    """

    symbol: str | None = None
    spot: float | None = None
    as_of: datetime | None = None
    day: date | None = None
    zone: tzinfo | None = None
    decimal: DecimalMark | None = None
