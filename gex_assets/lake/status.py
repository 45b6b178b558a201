"""The state of every table-day: published, rejected, missing or stale, and why. Only footers and names are read.

What was said of a day is kept (`notes.day_states`), so that ten years take one listing. Stale means that an input, the code or a
setting is not what the published state was computed from. The settings are not known here: the caller gives their digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from gex_assets.errors import LakeError
from gex_assets.lake.freshness import HISTORY_SOURCE, Contract, Freshness, is_partial
from gex_assets.lake.keys import page_folder, parsed_day_key, parsed_page_key, parsed_reason_key
from gex_assets.lake.lineage import while_running
from gex_assets.lake.notes.day_states import Marks, digest_of, keep_states, kept_states
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.raw.changes import ORDERS
from gex_assets.lake.raw.deliveries import delivered_days
from gex_assets.lake.raw.refusals import is_still_refused
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import PREMARKET
from gex_assets.schemas.table import Table

__all__ = ["State", "TableState", "known_days", "looks_again", "status"]

_LOOKS_AGAIN: Final = "looks again"
"""How a reason ends that says that a run would judge again what was refused or rejected."""

_MOST_CHANGES: Final = 2

State = Literal["published", "partial", "stale", "rejected", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """The state of one table-day, or of a page, which has no rows.

    Attributes
    ----------
    state : `rejected` where the latest delivery was, or where its files were refused, even if an earlier one is still published;
        `partial` where it is up to date with what has come of a day that is still running.
    why : what makes it stale or partial, or why it was rejected; empty where it is published or missing.
    is_published : whether there is a published state; `rows` and `size_bytes` are that state's.
    """

    table: str
    product: str
    day: date
    state: State
    why: tuple[str, ...] = ()
    is_published: bool = False
    rows: int = 0
    size_bytes: int = 0


def status(
    lake: Lake,
    *,
    tables: Mapping[str, Table],
    products: Iterable[str],
    digest: Callable[[Any], str],
    day: date | None = None,
    pages: Iterable[Contract] = (),
    say: Callable[[str], None] | None = None,
    running: date | None = None,
) -> list[TableState]:
    """Return the states of the tables, by product, day and table, then those of the pages of the day.

    Parameters
    ----------
    pages : the contracts of pages, in the version of now.
    digest : the settings' digest for a table, as its lineage would state it now (`Settings.digest(table.settings)`).
    day : one day, looked at again; by default all `known_days`, of which only those are that changed since.
    say : called with what takes long, before it is done.
    running : the UTC day that is not over; None where partial days are to be stale.
    """
    judge = Freshness(lake, tables, digest, say=say, running=running)
    drawn, found = tuple(pages), list[TableState]()
    for product in products:
        if day is None:
            found += _all_days(judge, tables, drawn, product, digest)
        else:
            found += [_state(judge, table, product, day) for table in tables.values()]
            found += [_page_state(judge, page, product, day) for page in drawn]
    return found


def looks_again(state: TableState) -> bool:
    """Whether a run would judge again what was refused or rejected: something that it was made from changed since."""
    return state.state == "rejected" and any(reason.endswith(_LOOKS_AGAIN) for reason in state.why)


def known_days(lake: Lake, tables: Iterable[str], product: str) -> list[date]:
    """Days with orders delivered, or anything published or rejected, in order.

    Reference data alone make no day: each day's files hold statistics of the day before too. Nor does what is published of them
    alone (`PREMARKET`): such a day lacks nothing that could be made.
    """
    return sorted(_Listing(lake, tables, product).days)


class _Listing:
    """Everything of a product that the states of its days depend on, by names, sizes and tags alone."""

    def __init__(self, lake: Lake, tables: Iterable[str], product: str, *, pages: Iterable[str] = ()) -> None:
        self._delivered = delivered_days(lake, product=product)
        self._objects: dict[date, list[str]] = {}
        self.days = {day for day, one in self._delivered.items() if any(one.of(kind) for kind in ORDERS)}
        for name in tables:
            for rejected in (False, True):
                for info in lake.fs.list(lake.folder(name, product=product, rejected=rejected)):
                    place = parsed_day_key(info.key, rejected=rejected) or parsed_reason_key(info.key)
                    if place is not None:
                        self._objects.setdefault(place.day, []).append(f"{info.key} {info.tag}")
                        if rejected or name not in PREMARKET:
                            self.days.add(place.day)
        for name in pages:
            for info in lake.fs.list(page_folder(name, product=product)):
                place = parsed_page_key(info.key)
                if place is not None:
                    self._objects.setdefault(place.day, []).append(f"{info.key} {info.tag}")

    def mark(self, day: date, about: str) -> str:
        """Digest of what lies there of a day, and of what is said about all days."""
        delivered = self._delivered.get(day)
        return digest_of((about, *(delivered.listing if delivered is not None else ()), *self._objects.get(day, ())))


def _all_days(
    judge: Freshness, tables: Mapping[str, Table], pages: Sequence[Contract], product: str, digest: Callable[[Any], str]
) -> Iterator[TableState]:
    """The states of all days. Of a day on which nothing changed since they were kept, no file is opened."""
    contracts: tuple[Contract, ...] = (*tables.values(), *pages)
    listing = _Listing(judge.lake, tables, product, pages=[page.name for page in pages])
    about = digest_of(f"{one.name} {one.version} {digest(one)}" for one in contracts)
    before, kept = kept_states(judge.lake.fs, product), {}
    chained = ""
    for day in sorted(listing.days):
        own = listing.mark(day, about if day != judge.running else f"{about} running")
        chained = digest_of((own, chained))
        marks, values = before.get(day, (Marks("", ""), []))
        known = dict(zip((one.name for one in contracts), values, strict=True)) if len(values) == len(contracts) else {}
        states = []
        for one in contracts:
            table = tables.get(one.name)
            # a page may show the days before, as a table that spans days does
            spans = table is None or table.spans_days
            if one.name in known and (marks.chained == chained if spans else marks.own == own):
                told = _told(known[one.name], one.name, product, day)
                if table is not None and told.state in ("published", "partial", "stale"):
                    judge.remember(one.name, product, day, told.why if told.state == "stale" else ())
                states.append(told)
            elif table is None:
                states.append(_page_state(judge, one, product, day))
            else:
                states.append(_state(judge, table, product, day))
        yield from states
        kept[day] = Marks(own, chained), [[one.state, one.why, one.is_published, one.rows, one.size_bytes] for one in states]
    if {day: marks for day, (marks, _) in kept.items()} != {day: marks for day, (marks, _) in before.items()}:
        keep_states(judge.lake.fs, product, kept)


def _told(kept: Any, table: str, product: str, day: date) -> TableState:
    state, why, is_published, rows, size_bytes = kept
    return TableState(
        table=table,
        product=product,
        day=day,
        state=state,
        why=tuple(why),
        is_published=is_published,
        rows=rows,
        size_bytes=size_bytes,
    )


def _state(judge: Freshness, table: Table, product: str, day: date) -> TableState:
    unreadable: tuple[str, ...] = ()
    try:
        stored = judge.lake.find(table.name, product=product, day=day)
    except LakeError as error:
        stored, unreadable = None, (str(error),)
    rejection = _rejection(judge, table, product, day)
    state: State = "missing"
    why: tuple[str, ...] = ()
    if rejection is not None:
        state, why = "rejected", rejection
    elif unreadable:
        state, why = "stale", unreadable
    elif stored is not None:
        state, why = _state_of(judge.why_stale(stored, table, product, day), stored.partial_until_ns)
    elif table.spans_days and day == judge.running and is_partial(judge.lake, HISTORY_SOURCE, product, day):
        state, why = "partial", ("left out while the day is running: percentiles are over whole days",)
    return TableState(
        table=table.name,
        product=product,
        day=day,
        state=state,
        why=why,
        is_published=stored is not None or bool(unreadable),
        rows=stored.num_rows if stored is not None else 0,
        size_bytes=stored.size_bytes if stored is not None else 0,
    )


def _page_state(judge: Freshness, page: Contract, product: str, day: date) -> TableState:
    stored = find_page(judge.lake, page.name, product=product, day=day)
    state: State = "missing"
    why: tuple[str, ...] = ()
    if stored is not None:
        reasons = judge.why_stale(stored, page, product, day)
        state, why = _state_of(reasons, None if reasons else stored.lineage.partial_until_ns)
    return TableState(
        table=page.name,
        product=product,
        day=day,
        state=state,
        why=why,
        is_published=stored is not None,
        size_bytes=0 if stored is None else stored.size_bytes,
    )


def _state_of(reasons: tuple[str, ...], partial_until_ns: int | None) -> tuple[State, tuple[str, ...]]:
    """The state of what is published, and why.

    Parameters
    ----------
    reasons : why it is stale.
    partial_until_ns : as of its lineage. [UNIX ns UTC]
    """
    if reasons:
        return "stale", reasons
    if partial_until_ns is not None:
        return "partial", (while_running(partial_until_ns),)
    return "published", ()


def _rejection(judge: Freshness, table: Table, product: str, day: date) -> tuple[str, ...] | None:
    """Why the latest delivery is not published, and what to do; None where it is, or where refused files were taken away."""
    rejection = judge.lake.rejection(table.name, product=product, day=day)
    if rejection is None:
        return None
    again = f"`gex run --date {day}` {_LOOKS_AGAIN}"
    if rejection.files:
        keys = [*judge.delivered(table, product, day)]
        if not keys:
            return None
        if not is_still_refused(judge.lake, rejection, keys=keys):
            return (rejection.reason, f"its files changed since: {again}")
    elif changed := _changed_since(judge, table, product, day):
        return (rejection.reason, f"since then {'; '.join(changed)}: {again}")
    return (rejection.reason, *rejection.failures)


def _changed_since(judge: Freshness, table: Table, product: str, day: date) -> tuple[str, ...]:
    """What changed of all that rejected rows were made from. Rows of a setting that was flipped back say nothing of now."""
    try:
        rejected = judge.lake.find(table.name, product=product, day=day, rejected=True)
    except LakeError:
        return ("its rejected rows cannot be read",)
    why = () if rejected is None else judge.why_stale(rejected, table, product, day)
    return (*why[:_MOST_CHANGES], *([f"{len(why) - _MOST_CHANGES} more"] if len(why) > _MOST_CHANGES else []))
