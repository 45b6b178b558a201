"""The morning's levels on one screen of a phone: what they are, how sure, what changed since the session before, what rolls off.

Draws rows of `open_levels`; computes nothing but shares and differences of what stands in them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gex_assets.analytics.reach import larger_error, price_with_error, shown_flip
from gex_assets.conventions import SCALE_UNITS
from gex_assets.errors import GexError
from gex_assets.report.chain_tables import amount_text
from gex_assets.time_units import SECOND_NS

__all__ = ["Brief", "brief_document", "brief_lines"]

Row = Mapping[str, Any]

_CHICAGO: Final = ZoneInfo("America/Chicago")
_EXPIRATIONS: Final = 10
"""Most expirations of the table of what rolls off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Rows of `open_levels` of one product and convention.

    Attributes
    ----------
    now : by scope, for the session.
    before : by scope, for the last earlier session that has levels; empty without one.
    """

    product: str
    now: Mapping[str, Row]
    before: Mapping[str, Row]

    @classmethod
    def of(cls, rows: Sequence[Row], earlier: Sequence[Row], *, product: str, convention: str) -> Brief:
        """The brief of one convention, from rows of `open_levels` of the session and of an earlier one.

        Raises
        ------
        GexError
            The session has no levels of the convention.
        """
        names = sorted({row["convention"] for row in rows})
        if convention not in names:
            raise GexError(f"Expected a convention of {', '.join(names)}, was {convention!r}")
        now, before = ({row["scope"]: row for row in some if row["convention"] == convention} for some in (rows, earlier))
        return cls(product=product, now=now, before=before)

    @property
    def all(self) -> Row:
        """The row over all expirations."""
        return self.now["all"]

    @property
    def share_0dte(self) -> float | None:
        """Share of the gross exposure that expires in the session; None without a gross exposure."""
        return _share(self.now["0dte"]["gross_gex"], self.all["gross_gex"])

    @property
    def roll_off(self) -> tuple[tuple[date, float], ...]:
        """The next expirations with their shares of gross exposure, the earliest first."""
        found = [
            (date.fromisoformat(scope.removeprefix("exp:")), share)
            for scope, row in sorted(self.now.items())
            if scope.startswith("exp:") and (share := _share(row["gross_gex"], self.all["gross_gex"])) is not None
        ]
        return tuple(found[:_EXPIRATIONS])

    @property
    def missing(self) -> tuple[str, ...]:
        """What the levels lack, in words."""
        row, found = self.all, list[str]()
        if row["reference_price"] is None:
            found.append("no forward: settlements have fewer than five pairs of call and put")
        elif row["forward_quality"] != "ok":
            found.append("the forward is weak")
        if row["net_gex"] is None:
            found.append("no open interest, so no exposure")
        elif row["coverage"] is not None and row["coverage"] < 0.95:
            found.append(f"{1 - row['coverage']:.0%} of open interest has no volatility")
        if row["open_interest_is_final"] is False:
            found.append("open interest is an early count")
        if row["settlement_is_final"] is False:
            found.append("not all settlements are final")
        if row["repriced_share"] is not None and row["repriced_share"] < 0.99:
            found.append(f"{1 - row['repriced_share']:.0%} of near options miss their settlement by more than a tick")
        if not self.before:
            found.append("no levels of an earlier session to compare with")
        return tuple(found)


def brief_lines(brief: Brief, *, width: int) -> Iterator[str]:
    """The brief as text.

    Parameters
    ----------
    width : of the screen; 40 is a phone's. [characters]
    """
    row, before = shown_flip(brief.all), shown_flip(brief.before["all"]) if brief.before else {}
    session: date = row["session_date"]
    head = [
        f"{brief.product}, session of {session:%a} {session}",
        f"{row['convention']}, {SCALE_UNITS[row['scale']]}",
        f"open interest of {row['open_interest_date'] or 'no date'}",
        f"known from {_moment(row['ts_known'])} on" if row["ts_known"] is not None else "no statistic says since when",
    ]
    for line in head:
        yield from textwrap.wrap(line, width)
    yield ""
    for name, now, was in _levels(row, before):
        said = f"{name:<10} {now}"
        change = f"(was {was})" if was is not None else ""
        yield from [f"{said} {change}".rstrip()] if len(said) + len(change) < width else [said, f"{'':<10} {change}"]
    if row["expected_move"] is not None:
        until = datetime.fromtimestamp(row["ts_first_expiration"] / SECOND_NS, tz=_CHICAGO)
        yield from textwrap.wrap(f"expected move ±{row['expected_move']:,.1f} to {until:%a %H:%M} Chicago", width)
    if brief.share_0dte is not None:
        yield f"0DTE is {brief.share_0dte:.0%} of gross exposure"
    if brief.roll_off:
        yield ""
        yield "rolls off, share of gross"
        for day, share in brief.roll_off:
            yield f"  {day:%a} {day}  {share:>4.0%}"
    if brief.missing:
        yield ""
        for one in brief.missing:
            yield from textwrap.wrap(f"- {one}", width, subsequent_indent="  ")


def brief_document(brief: Brief) -> dict[str, Any]:
    """The same for a program."""
    row, before = shown_flip(brief.all), shown_flip(brief.before["all"]) if brief.before else None
    names = ("reference_price", "call_wall", "put_wall", "zero_gamma", "zero_gamma_se", "net_gex", "net_gex_se", "gross_gex")
    return {
        "product": brief.product,
        "session_date": str(row["session_date"]),
        "convention": row["convention"],
        "scale": row["scale"],
        "ts_known": row["ts_known"],
        "open_interest_date": None if row["open_interest_date"] is None else str(row["open_interest_date"]),
        "open_interest_is_final": row["open_interest_is_final"],
        "expected_move": row["expected_move"],
        **{name: row[name] for name in names},
        "before": None
        if before is None
        else {"session_date": str(before["session_date"]), **{name: before[name] for name in names}},
        "share_0dte": brief.share_0dte,
        "roll_off": [{"expires": str(day), "share": share} for day, share in brief.roll_off],
        "missing": list(brief.missing),
    }


def _levels(row: Row, before: Row) -> Iterator[tuple[str, str, str | None]]:
    """Name, value, and value before, of what both sessions have; a level that is none says so."""
    for name, column in (
        ("price", "reference_price"),
        ("call wall", "call_wall"),
        ("flip", "zero_gamma"),
        ("put wall", "put_wall"),
    ):
        sigmas = row.get(f"{column}_sigmas") if column.endswith("_wall") else None
        now = _price(row, column) + ("" if sigmas is None else f", {sigmas:.1f}σ")
        yield name, now, _price(before, column) if before else None
    yield "net", _amount(row["net_gex"], row["net_gex_se"]), _amount(before["net_gex"], None) if before else None


def _price(row: Row, column: str) -> str:
    price = row[column]
    if price is None:
        return "none"
    if column != "zero_gamma":
        return f"{price:,.2f}"
    low, high = row["zero_gamma_low"], row["zero_gamma_high"]
    error = larger_error(row["zero_gamma_se"], low=low, high=high, rule=row["flip_rule"])
    return f"{price:,.1f}" if error is None else price_with_error(price, error, thousands=True)


def _amount(value: float | None, error: float | None) -> str:
    if value is None:
        return "none"
    return amount_text(value, signed=True) + ("" if error is None else f" ± {amount_text(error)}")


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _moment(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts / SECOND_NS, tz=_CHICAGO):%a %H:%M} Chicago"
