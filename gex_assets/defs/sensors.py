"""The sensor that requests a run when files arrive. `requests` decides, as a pure function of the listing; Dagster calls it."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from gex_assets.defs.execution.run_tags import why_tags
from gex_assets.defs.jobs import BEFORE_THE_SESSION, ONE_DAY, job_of
from gex_assets.defs.partitions import why_outside
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.resources import LakeResource
from gex_assets.defs.sensor_cursor import Cursor, Seen, Watched, parsed_cursor, same_files, short_listing, short_state
from gex_assets.errors import LakeError
from gex_assets.escaping import as_text
from gex_assets.lake.keys import page_key, table_day_key
from gex_assets.lake.tables import Lake
from gex_assets.schemas.pages import BRIEF_PAGE, PAGES
from gex_assets.schemas.registry import PREMARKET, TABLES
from gex_assets.wording import counted

if TYPE_CHECKING:
    from gex_assets.lake.raw.deliveries import DeliveredDay

__all__ = ["Look", "Request", "delivery_sensor", "requests"]

TICK_SECONDS: Final = 30

LOOK_SECONDS: Final = 1.5
"""Processor time that one tick may spend on looking at changed days; the others wait for the next tick."""

LOOK_BYTES: Final = 1 << 30
"""Bytes of delivered files that one tick may hash, where no hash is noted and no run has been requested."""

_MOST_WORDS: Final = 10
_MOST_DAYS_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found of a day whose listing changed.

    Attributes
    ----------
    state : digest of its files and of what the sidecars say of them. [hexadecimal]
    waits : why it is not to be read yet; empty where it has settled.
    tables : the tables whose delivered files are not those that the lake was computed from.
    blocked : raw tables to be left as they are: their files were refused and have not changed, or were taken away.
    why_not : why something is not requested though files changed.
    alone : whether `tables` are all that can be made.
    """

    state: str = ""
    waits: str = ""
    tables: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    why_not: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A day to run: the tables whose files changed, those to leave alone, and a key of its own for each state.

    With `alone` nothing else is made, also where the day does not have it yet.
    """

    day: date
    tables: tuple[str, ...]
    blocked: tuple[str, ...]
    run_key: str
    alone: bool = False


LookAt = Callable[[date, Seen | None, bool], Look | None]
"""Looks at a day, given what was last seen of it, and whether its listing has been unchanged for long enough to have settled."""


def requests(
    listings: Mapping[date, str],
    *,
    cursor: Cursor,
    look: LookAt,
    now_ns: int,
    settle_seconds: int,
    start_from: date | None,
    most: int,
    why_outside: Callable[[date], str | None],
) -> tuple[list[Request], Cursor, list[str]]:
    """Decide which days to run, the newest first.

    A day is looked at where its listing changed, and requested once for all kinds of files where its state changed too. So a
    day that is delivered as A, then as B, then as A again is requested three times. A day that the cursor does not know, or of
    whose files only tags changed, is compared with the lake by hashes.

    Parameters
    ----------
    listings : of each day, digests of names, sizes, times and tags (`sensor_cursor.short_listing`).
    cursor : what was seen so far.
    look : looks at a day; None where the tick has no time left.
    now_ns : the time now. [UNIX ns]
    settle_seconds : how long a day's listing must be unchanged, from tick to tick, where no manifest vouches for it. A tick
        speaks for `TICK_SECONDS` at most, whatever the clock says. All days are watched at the same time, so a whole archive
        waits this long once. [s]
    start_from : days before this one are ignored; None for no limit.
    most : how many days may be requested at once; the others wait for the next tick.
    why_outside : why a day is none of the calendar's; None where it is one.

    Returns
    -------
    The requests, the next cursor, and in words why other days with changed files wait.
    """
    now_s = now_ns // 1_000_000_000
    tick = _Tick(cursor, look=look, now_s=now_s, settle_seconds=settle_seconds, most=most)
    for day in sorted(listings, reverse=True):
        if start_from is not None and day < start_from:
            break
        seen, listing = cursor.days.get(day), listings[day]
        if seen is not None and seen.listing == listing:
            continue
        outside = why_outside(day)
        if outside is None:
            tick.consider(day, seen, listing)
        else:
            tick.words.append(f"{day}: {outside}")
    return tick.asked, Cursor(cursor.began, tick.days, tick.watched, now_s), tick.all_words()


class _Tick:
    """What one tick has decided so far."""

    def __init__(self, cursor: Cursor, *, look: LookAt, now_s: int, settle_seconds: int, most: int) -> None:
        self._cursor, self._look, self._settle_seconds, self._most = cursor, look, settle_seconds, most
        self._passed = cursor.passed(now_s=now_s, most=TICK_SECONDS)
        self.asked: list[Request] = []
        self.words: list[str] = []
        self.days = dict(cursor.days)
        self.watched: dict[date, Watched] = {}
        self._full = self._unlooked = 0

    def consider(self, day: date, seen: Seen | None, listing: str) -> None:
        """Watch a day whose listing changed, and look at it if there is room for another request."""
        before = self._cursor.watched.get(day)
        seconds = before.seconds + self._passed if before is not None and before.listing == listing else 0
        watched = Watched(listing, min(seconds, self._settle_seconds))
        self.watched[day] = watched
        if len(self.asked) >= self._most:
            self._full += 1
            return
        looked = self._look(day, seen, watched.seconds >= self._settle_seconds)
        if looked is None:
            self._unlooked += 1
        elif looked.waits:
            self.words.append(f"{day}: {looked.waits}")
        else:
            del self.watched[day]
            self._decide(day, seen, listing, looked)

    def _decide(self, day: date, seen: Seen | None, listing: str, looked: Look) -> None:
        """Request a settled day if its state changed."""
        state, serial = short_state(looked.state), seen.serial if seen is not None else 0
        changed = seen is None or seen.state != state or not same_files(seen.listing, listing)
        if changed and looked.tables:
            serial += 1
            key = f"{day}:{looked.state[:16]}:{self._cursor.began}.{serial}"
            self.asked.append(Request(day=day, tables=looked.tables, blocked=looked.blocked, run_key=key, alone=looked.alone))
        if changed and looked.why_not:
            self.words.append(f"{day}: {looked.why_not}")
        self.days[day] = Seen(listing, state, serial)

    def all_words(self) -> list[str]:
        """Why days wait: how many were not looked at, and the others one by one."""
        full = counted(self._full, "more day waits", several="more days wait")
        later = counted(self._unlooked, "more day is", several="more days are")
        return [
            *([f"{full} for the next tick ({self._most} at once)"] if self._full else []),
            *([f"{later} looked at in the next ticks"] if self._unlooked else []),
            *self.words,
        ]


def delivery_sensor(
    assets: ProductAssets, definitions: Sequence[dg.AssetsDefinition], jobs: Sequence[Any]
) -> dg.SensorDefinition:
    """The sensor of one product. It is off by default: over an archive it would request every day.

    Parameters
    ----------
    jobs : all jobs: those of the product give the runs their names.
    """
    settings = assets.settings
    whole, before = (job_of(name, product=assets.product, products=settings.products) for name in (ONE_DAY, BEFORE_THE_SESSION))
    premarket = {assets.key(name) for name in (*PREMARKET, BRIEF_PAGE.name)}
    prefix = "" if assets.product == settings.default_product else f"{assets.product}__"

    @dg.sensor(
        name=f"{prefix}delivered_files",
        jobs=[job for job in jobs if job.name in (whole, before)],
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts one run per day when its files have arrived completely, and another whenever they change.",
    )
    def delivered_files(context: dg.SensorEvaluationContext, lake: LakeResource) -> dg.SensorResult | dg.SkipReason:
        from gex_assets.lake.raw.deliveries import delivered_days

        try:
            now_ns, opened = time.time_ns(), lake.lake()
        except LakeError as error:
            return dg.SkipReason(str(error))
        cursor, replaced = parsed_cursor(context.cursor, now_s=now_ns // 1_000_000_000)
        if replaced is not None:
            context.log.info(replaced)

        outside = why_outside(assets.partitions, now=datetime.fromtimestamp(now_ns // 1_000_000_000, tz=UTC))
        try:
            days, refused = delivered_days(opened, product=assets.product), _refused_days(opened, assets.product)
        except LakeError as error:  # a folder that cannot be read now: the next tick looks again
            return dg.SkipReason(as_text(str(error)))
        # Statistics belong to other days too. Those that have no files are of interest once they are published.
        days = {day: one for day, one in days.items() if one.files or outside(day) is None}
        listings = {day: short_listing(*one.listing) for day, one in days.items()}
        asked, after, words = requests(
            listings,
            cursor=cursor,
            look=_Looks(opened, days, product=assets.product),
            now_ns=now_ns,
            settle_seconds=settings.sensor_settle_seconds,
            start_from=settings.sensor_start_from,
            most=settings.sensor_max_requests,
            why_outside=outside,
        )
        unchanged = [day for day in refused if day in cursor.days and cursor.days[day].listing == listings.get(day)]
        words = [*_said_of_refused(unchanged, start_from=settings.sensor_start_from), *words]
        more = len(words) - _MOST_WORDS
        said = [*words[:_MOST_WORDS], *([f"and {more} more"] if more > 0 else [])]
        for reason in said:
            context.log.info(reason)
        tables = {key.path[-1] for definition in definitions for key in definition.keys}
        run_requests = [
            dg.RunRequest(
                run_key=request.run_key,
                partition_key=request.day.isoformat(),
                job_name=before if selected <= premarket else whole,
                asset_selection=sorted(selected),
                tags=why_tags(_why(request, days[request.day]), products=[assets.product]),
            )
            for request in asked
            if (selected := _selected(opened, assets, definitions, tables, request))
        ]
        files = sum(len(one.files) for one in days.values())
        skipped = None if run_requests else dg.SkipReason("; ".join(said) or f"{files} files, none of them new")
        return dg.SensorResult(run_requests=run_requests or None, skip_reason=skipped, cursor=after.text())

    return delivered_files


def _why(request: Request, delivered: "DeliveredDay") -> str:
    """What arrived. A day without a file to read is requested for the statistics of another day."""
    kinds = sorted({file.kind for file in delivered.files if f"raw_{file.kind}" in request.tables})
    return f"files arrived: {', '.join(kinds)}" if kinds else "statistics of another day arrived"


def _refused_days(lake: Lake, product: str) -> list[date]:
    """Days with refused files, the newest first."""
    from gex_assets.lake.raw.layout import RAW_KINDS

    return sorted({day for kind in RAW_KINDS for day in lake.refused_days(f"raw_{kind}", product)}, reverse=True)


def _said_of_refused(days: Sequence[date], *, start_from: date | None) -> list[str]:
    """That days are not asked for again. Every tick says so: the run that failed may be long ago."""
    days = [day for day in days if start_from is None or day >= start_from]
    if not days:
        return []
    named = ", ".join(day.isoformat() for day in days[:_MOST_DAYS_NAMED])
    more = f" and {len(days) - _MOST_DAYS_NAMED} more" if len(days) > _MOST_DAYS_NAMED else ""
    return [f"{named}{more}: files were refused; asked for again when they change"]


class _LaterError(Exception):
    """A file is to be hashed for which this tick has no bytes left."""


class _Looks:
    """Looks at days for one tick, within its processor time and its bytes."""

    def __init__(self, lake: Lake, days: Mapping[date, "DeliveredDay"], *, product: str) -> None:
        self._lake, self._days, self._product = lake, days, product
        self._began, self._read = time.thread_time(), 0

    def __call__(self, day: date, seen: Seen | None, watched: bool) -> Look | None:  # noqa: FBT001 (a `Callable` knows no names)
        from gex_assets.lake.raw.changes import changes
        from gex_assets.lake.raw.deliveries import settling

        if time.thread_time() - self._began > LOOK_SECONDS:
            return None
        delivered = self._days[day]
        waits = settling(self._lake, delivered, watched=watched)
        if waits is not None:
            return Look(waits=waits)
        state = delivered.state(self._lake)
        is_same = seen is not None and short_state(state) == seen.state
        if is_same and seen is not None and same_files(seen.listing, short_listing(*delivered.listing)):
            return Look(state=state)
        try:
            found = changes(
                self._lake,
                TABLES,
                delivered,
                product=self._product,
                sha256=self._sha256,
                trust_only_notes=seen is not None and not is_same,
                was_requested=seen is not None and seen.serial > 0 and not is_same,
            )
        except _LaterError:
            return None
        return Look(state=state, tables=found.tables, blocked=found.blocked, why_not=found.why_not, alone=found.alone)

    def _sha256(self, lake: Lake, key: str) -> str | None:
        """Hash a file where it is not noted, at least one in a tick, however large."""
        from gex_assets.lake.freshness import delivered_sha256, noted_sha256

        info = lake.fs.info(key)
        noted = noted_sha256(lake, key)
        if noted is not None or info is None:
            return noted
        if self._read and self._read + info.size_bytes > LOOK_BYTES:
            raise _LaterError
        self._read += info.size_bytes
        return delivered_sha256(lake, key)


def _selected(
    lake: Lake,
    assets: ProductAssets,
    definitions: Sequence[dg.AssetsDefinition],
    tables: Collection[str],
    request: Request,
) -> set[dg.AssetKey]:
    """The tables to run: those whose files changed, those that the day does not have yet, and all that is made from them.

    Left out is what is blocked, and what is made from it: refused files would be refused again, and of files that were taken
    away what is published stays.
    """

    def is_there(name: str) -> bool:
        key_of = page_key if name in PAGES else table_day_key
        return lake.fs.info(key_of(name, product=assets.product, day=request.day)) is not None

    if request.alone:
        return _below(assets, request.tables, [one for one in definitions if assets.key(BRIEF_PAGE.name) in one.keys])
    # A table that is made from a delivered file may need others that are not there yet.
    wanted = _below(assets, {*request.tables, *(name for name in tables if not is_there(name))}, definitions)
    return wanted - _below(assets, request.blocked, definitions)


def _below(assets: ProductAssets, tables: Iterable[str], definitions: Sequence[dg.AssetsDefinition]) -> set[dg.AssetKey]:
    """The tables and everything that is made from them. Tables that one pass makes are selected together."""
    reached = {assets.key(name) for name in tables}
    grown = bool(reached)
    while grown:
        grown = False
        for definition in definitions:
            made = set(definition.keys)
            if not made <= reached and any(key in reached or definition.asset_deps[key] & reached for key in made):
                reached |= made
                grown = True
    return reached
