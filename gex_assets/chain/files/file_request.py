"""What a caller says about a chain's file: which part of it is meant, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.files.numbers import DecimalMark
from gex_assets.chain.moments import NEW_YORK, iso_day_or_moment
from gex_assets.errors import ChainError

__all__ = ["FileRequest", "warn_of_zone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRequest:
    """Which part of a file to read, and how; None leaves it to the file.

    Attributes
    ----------
    symbol : the underlying whose options are read, where the file has several; else a name for one that the file does not name.
    spot : price of the underlying, in place of the file's. [index points]
    as_of : moment of the quotes, in place of the file's; picks the day or moment where the file has several. Without a zone it is
        a time on the file's own clock, unless `zone` says otherwise.
    day : day of the quotes: picks one where the file has several, and is its day where the file gives none.
    zone : of moments that name none.
    decimal : mark before the decimals of numbers in text.
    """

    symbol: str | None = None
    spot: float | None = None
    as_of: datetime | None = None
    day: date | None = None
    zone: tzinfo | None = None
    decimal: DecimalMark | None = None

    def quoted_at(self, text: str | None) -> FileRequest:
        """The request with a moment as it is typed: ISO 8601, where a day alone, and a midnight, is that day.

        Raises
        ------
        ChainError
            It is no moment, or another day than `day`.

        Examples
        --------
        >>> FileRequest().quoted_at("2026-01-06").day, FileRequest().quoted_at("2026-01-06T11:30").as_of
        (datetime.date(2026, 1, 6), datetime.datetime(2026, 1, 6, 11, 30))
        """
        if text is None:
            return self
        found = iso_day_or_moment(text)
        if isinstance(found, datetime):
            return replace(self, as_of=found)
        if self.day not in (None, found):
            raise ChainError(f"Expected one day in --date and --as-of, was {self.day} and {found}: leave one of them out")
        return replace(self, day=found)

    def on_clock(self, zone: tzinfo, warnings: Warnings) -> FileRequest:
        """The request with a zone in its moment.

        Parameters
        ----------
        zone : of the file's own moments, in which a moment without a zone is read unless the request has a zone.
        warnings : told where the file's is taken.
        """
        if self.as_of is None or self.as_of.tzinfo is not None:
            return self
        if self.zone is None:
            warn_of_zone(self.as_of, zone, whose="the moment asked for", warnings=warnings)
        return replace(self, as_of=self.as_of.replace(tzinfo=self.zone or zone))


def warn_of_zone(wall: datetime, zone: tzinfo, *, whose: str, warnings: Warnings) -> None:
    """Say which zone a time without one is taken for."""
    where, code = ("New York's", "as_of_in_new_york") if zone is NEW_YORK else ("UTC", "as_of_in_utc")
    warnings.add(code, f"{whose} has no zone and is taken for {where}: {wall:%Y-%m-%d %H:%M:%S}; --zone sets another")
