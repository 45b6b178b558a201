"""What a brief says of a session's levels: rows of `open_levels`, shares and differences of them, and what they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

from gex_assets.analytics.reach import larger_error, price_with_error, shown_flip
from gex_assets.brief.hedges import HedgeTable, usual_before
from gex_assets.brief.movers import MOVER_COLUMNS, Movers, movers
from gex_assets.brief.session_frame import SessionFrame, session_frame
from gex_assets.brief.since import Change, RollOff, before_of, change_of, roll_off_of
from gex_assets.brief.stored_levels import day_and_rows_before
from gex_assets.conventions import no_such_convention
from gex_assets.errors import GexError
from gex_assets.lake.freshness import partial_until
from gex_assets.lake.lineage import while_running
from gex_assets.lake.tables import Lake
from gex_assets.market.expirations import chicago
from gex_assets.market.holidays import previous_business_day
from gex_assets.time_units import SECOND_NS
from gex_assets.wording import amount_text

__all__ = ["NOT_ADVICE", "Brief", "LevelWords", "chicago_moment", "level_words", "read_brief", "with_changes", "with_partial"]

Row = Mapping[str, Any]

NOT_ADVICE: Final = "Under the convention's assumption on dealers. Not financial advice."

_EXPIRATIONS: Final = 10
"""Most expirations of the table of what rolls off."""


class LevelWords(NamedTuple):
    """A level in words.

    Attributes
    ----------
    now, before : its value with its error, or "none"; `before` is None without an earlier session.
    """

    name: str
    now: str
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is known of one product's session under one convention.

    Attributes
    ----------
    now : rows of `open_levels` by scope, for the session.
    before : by scope, for the last earlier session that has levels; empty without one.
    frame : the session itself up to a moment; None where nobody asked for it.
    change : of net exposure since the session before, with its parts; None where `open_changes` has none.
    left : what each of the next expirations leaves; empty where `open_roll_off` has none.
    movers : options whose open interest changed most.
    hedges : futures to trade over moves; None where `open_hedges` has none.
    lacks : what else is missing, in words.
    """

    product: str
    now: Mapping[str, Row]
    before: Mapping[str, Row]
    frame: SessionFrame | None = None
    change: Change | None = None
    left: tuple[RollOff, ...] = ()
    movers: Movers = field(default_factory=Movers)
    hedges: HedgeTable | None = None
    lacks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        rows: Sequence[Row],
        earlier: Sequence[Row],
        *,
        product: str,
        convention: str,
        frame: SessionFrame | None = None,
    ) -> Brief:
        """The brief of one convention, from rows of `open_levels` of the session and of an earlier one.

        Raises
        ------
        GexError
            The session has no levels of the convention.
        """
        names = sorted({row["convention"] for row in rows})
        if convention not in names:
            raise GexError(no_such_convention(convention, names))
        now, before = ({row["scope"]: row for row in some if row["convention"] == convention} for some in (rows, earlier))
        return cls(product=product, now=now, before=before, frame=frame)

    @property
    def all(self) -> Row:
        """The row over all expirations."""
        return self.now["all"]

    @property
    def session_date(self) -> date:
        """The session's trade date."""
        found: date = self.all["session_date"]
        return found

    @property
    def share_0dte(self) -> float | None:
        """Share of the gross exposure that expires in the session; None without a gross exposure."""
        return _share(self.now["0dte"]["gross_gex"], self.all["gross_gex"])

    @property
    def roll_off(self) -> tuple[RollOff, ...]:
        """The next expirations with their shares of gross exposure, the earliest first; what they leave where that is known."""
        if self.left:
            return self.left
        found = [
            RollOff(expires=date.fromisoformat(scope.removeprefix("exp:")), share=share)
            for scope, row in sorted(self.now.items())
            if scope.startswith("exp:") and (share := _share(row["gross_gex"], self.all["gross_gex"])) is not None
        ]
        return tuple(found[:_EXPIRATIONS])

    @property
    def missing(self) -> tuple[str, ...]:
        """What the levels lack, then what of the session is not published, in words."""
        return (*_lacking(self.all), *_not_comparable(self), *self.lacks, *(() if self.frame is None else self.frame.missing))


def read_brief(
    lake: Lake, *, product: str, session: date | None, convention: str, clock: time | None = None, with_frame: bool = True
) -> Brief:
    """Read the brief of a session from published tables.

    Parameters
    ----------
    session : its trade date; None for the last one that has levels.
    clock : the moment up to which the session is looked at, UTC; None for the end of the last published window.
    with_frame : whether the session itself is read, and not its levels alone.

    Raises
    ------
    GexError
        No levels are published for the session, none of the convention, or the session has no such moment.
    """
    day, rows, earlier = day_and_rows_before(lake, product=product, session=session)
    found = rows.to_pylist()
    frame = None
    if with_frame:
        session_date = found[0]["session_date"]
        frame = session_frame(lake, product=product, session_date=session_date, convention=convention, clock=clock)
    made = Brief.of(found, [] if earlier is None else earlier.to_pylist(), product=product, convention=convention, frame=frame)

    def read(name: str, columns: Sequence[str] | None) -> list[Row] | None:
        stored = lake.find(name, product=product, day=day)
        return None if stored is None else stored.read(columns).to_pylist()

    told = with_partial(with_changes(made, read), until_ns=partial_until(lake, "open_levels", product=product, day=day))
    if told.hedges is None:
        return told
    usual = usual_before(lake, product=product, session=made.session_date)
    return replace(told, hedges=replace(told.hedges, usual=usual))


def with_changes(brief: Brief, read: Callable[[str, Sequence[str] | None], Sequence[Row] | None]) -> Brief:
    """The brief with what the other tables of its day say: what changed, what moved most, what each expiration leaves.

    Parameters
    ----------
    read : gives a table's rows by its name, with all columns or these; None where it is not published.
    """
    names = ("open_changes", "open_roll_off", "open_chain", "open_hedges")
    tables = {name: read(name, MOVER_COLUMNS if name == "open_chain" else None) for name in names}
    own = {
        name: [row for row in rows or () if row.get("convention", brief.all["convention"]) == brief.all["convention"]]
        for name, rows in tables.items()
    }
    changes = next((row for row in own["open_changes"] if row["scope"] == "all"), None)
    convention = brief.all["convention"]
    hedges = HedgeTable.of(own["open_hedges"], convention=convention) if own["open_hedges"] else None
    before = brief.before
    if changes is not None and not before:
        found = before_of(changes, now=brief.all)
        before = {} if found is None else {"all": found}
    return replace(
        brief,
        before=before,
        change=None if changes is None else change_of(changes),
        left=roll_off_of(own["open_roll_off"], now=brief.all),
        movers=movers(own["open_chain"]),
        hedges=hedges,
        lacks=tuple(f"{name} is not published: run the day before once more" for name, rows in tables.items() if rows is None),
    )


def with_partial(brief: Brief, *, until_ns: int | None) -> Brief:
    """The brief with what it says of a day of statistics that was still running.

    Parameters
    ----------
    until_ns : `Lineage.partial_until_ns` of the day's tables. [UNIX ns UTC]
    """
    if until_ns is None:
        return brief
    return replace(brief, lacks=(f"the statistics are of a partial day: {while_running(until_ns)}", *brief.lacks))


def level_words(brief: Brief) -> Iterator[LevelWords]:
    """Price, walls, flip and net exposure with their errors, and what they were; a level that is none says so."""
    row, before = shown_flip(brief.all), shown_flip(brief.before["all"]) if brief.before else {}
    for name, column in (
        ("price", "reference_price"),
        ("call wall", "call_wall"),
        ("flip", "zero_gamma"),
        ("put wall", "put_wall"),
    ):
        sigmas = row.get(f"{column}_sigmas") if column.endswith("_wall") else None
        now = _price(row, column) + ("" if sigmas is None else f", {sigmas:.1f}σ")
        yield LevelWords(name, now, _price(before, column) if before else None)
    yield LevelWords("net", _net(row["net_gex"], row["net_gex_se"]), _net(before["net_gex"], None) if before else None)


def chicago_moment(ts: int) -> str:
    """A moment [UNIX ns UTC] by the day of the week and Chicago's clock, to the second where it is not a full minute.

    >>> chicago_moment(1_769_126_400 * 10**9), chicago_moment(1_769_126_405 * 10**9)
    ('Thu 18:00', 'Thu 18:00:05')
    """
    moment = datetime.fromtimestamp(ts // SECOND_NS, tz=chicago())
    return f"{moment:%a %H:%M:%S}" if moment.second else f"{moment:%a %H:%M}"


def _lacking(row: Row) -> Iterator[str]:
    if row["reference_price"] is None:
        yield "no forward: settlements have fewer than five pairs of call and put"
    elif row["forward_quality"] != "ok":
        yield "the forward is weak"
    if row["net_gex"] is None:
        yield "no open interest, so no exposure"
    elif (unpriced := _unpriced(row)) > 0.05:
        yield f"{unpriced:.0%} of open interest has no volatility"
    if row["open_interest_is_final"] is False:
        yield "open interest is an early count"
    yield from _lacking_of_settlements(row)


def _not_comparable(brief: Brief) -> Iterator[str]:
    row = brief.all
    if not brief.before:
        yield "no levels of an earlier session to compare with"
    if brief.change is not None and brief.change.reason is not None:
        yield f"no change of net exposure: {brief.change.reason.replace('_', ' ')}"
    moment = None if brief.frame is None else brief.frame.moment_ns
    if moment is not None and row["ts_known"] is not None and row["ts_known"] > moment:
        yield f"these levels were not known before {chicago_moment(row['ts_known'])} Chicago, after the moment"


def _lacking_of_settlements(row: Row) -> Iterator[str]:
    last = previous_business_day(row["session_date"] - timedelta(days=1))
    if row["settlement_date"] is not None and row["settlement_date"] < last:
        yield f"settlements are of {row['settlement_date']}: those of {last} have not come"
    if row["settlement_is_final"] is False:
        yield "not all settlements are final"
    if row["repriced_share"] is not None and row["repriced_share"] < 0.99:
        yield f"{1 - row['repriced_share']:.0%} of near options miss their settlement by more than a tick"


def _unpriced(row: Row) -> float:
    """Share of open interest without a volatility; what settled at nothing needs none."""
    return 0.0 if row["coverage"] is None else 1.0 - row["coverage"] - (row["worthless_share"] or 0.0)


def _price(row: Row, column: str) -> str:
    price = row[column]
    if price is None:
        return "none"
    if column != "zero_gamma":
        return f"{price:,.2f}"
    low, high = row["zero_gamma_low"], row["zero_gamma_high"]
    error = larger_error(row["zero_gamma_se"], low=low, high=high, rule=row["flip_rule"])
    return f"{price:,.1f}" if error is None else price_with_error(price, error, thousands=True)


def _net(value: float | None, error: float | None) -> str:
    if value is None:
        return "none"
    return amount_text(value, signed=True) + ("" if error is None else f" ± {amount_text(error)}")


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole
