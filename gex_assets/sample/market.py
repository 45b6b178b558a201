"""`make_sample`: whole days of a made-up market, delivered into a lake as the vendor delivers them, with the truth behind them.

A day depends on the seed, the product, the profile and its date alone. So the same arguments give the same bytes, and a longer
sample begins with the days of a shorter one. This module only puts the steps of a day in order and checks the arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import SettingsError
from gex_assets.lake.raw.layout import FoundFile, RawKind
from gex_assets.lake_address import local_folder
from gex_assets.market.expirations import settlement_ns
from gex_assets.market.products import Product
from gex_assets.market.products import product as product_of
from gex_assets.market.sessions import sessions
from gex_assets.sample.files.defects import FILE_FAULTS, Planter, chosen_defects
from gex_assets.sample.files.definitions import definitions
from gex_assets.sample.files.delivery import Delivered, Job, make_job
from gex_assets.sample.files.present import present_files
from gex_assets.sample.files.statistics import Release, releases, settlements, statistics
from gex_assets.sample.futures.feed import future_blocks
from gex_assets.sample.instruments import Listing, calendar_symbol, day_end_ns, day_start_ns, listed_roots
from gex_assets.sample.levels import index_level
from gex_assets.sample.market_day import MarketDay, market_day
from gex_assets.sample.options.budget import budgeted
from gex_assets.sample.options.feed import option_blocks
from gex_assets.sample.price_path import request
from gex_assets.sample.profile import Profile
from gex_assets.sample.profile import profile as profile_of
from gex_assets.sample.progress import announced, counted
from gex_assets.sample.seeds import generator
from gex_assets.sample.truth import (
    Inventory,
    defects_table,
    level_columns,
    series_levels,
    surface_parts,
    truth_folder,
    windows_table,
    write_truth,
)
from gex_assets.time_units import WINDOW_NS

__all__ = ["SampleReport", "make_sample", "sample_days"]

VERSIONS: Final = (1, 2, 3)
SATURDAY: Final = 5
COMPRESSING: Final = 2
"""Threads that compress while the simulation of a profile with a budget runs; their number does not change the bytes."""

ORDERED_AFTER: Final = timedelta(days=9)
"""Time from the last day to the day on which the downloads are said to have been ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReport:
    """What was written.

    Attributes
    ----------
    days : the days with market data.
    files : every market file.
    truth : folders of the truth, one a day.
    defects : planted faults by name.
    """

    days: tuple[date, ...]
    files: tuple[Delivered, ...]
    truth: tuple[Path, ...]
    defects: dict[str, int]

    @property
    def records(self) -> int:
        """Records of all market files."""
        return sum(one.file.records for one in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all market files."""
        return sum(one.file.size_bytes for one in self.files)


def sample_days(*, start: date, days: int) -> tuple[date, ...]:
    """The first `days` dates from `start` on that have files: all but Saturdays."""
    found: list[date] = []
    day = start
    while len(found) < days:
        if day.weekday() != SATURDAY:
            found.append(day)
        day += timedelta(days=1)
    return tuple(found)


def make_sample(
    lake_root: Path,
    *,
    start: date,
    days: int,
    profile: str | Profile = "small",
    seed: int = 7,
    defects: Collection[str] = (),
    dbn_version: int = 1,
    product: str = "ES",
    session: tuple[time, time] | None = None,
    records: int | None = None,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
) -> SampleReport:
    """Make up a market and deliver it into a lake: orders of options and futures, definitions, statistics, sidecars, truth.

    Parameters
    ----------
    lake_root : the lake. Statistics of the days before the first one that are there stay, and are not delivered again.
    start, days : first date, and how many dates with files; Saturdays have none.
    profile : what is listed and how much happens: one of `profile.PROFILES`, or its name.
    seed : at least 0; another seed makes another market.
    defects : names of faults to plant, see `defects`; none by default.
    dbn_version : 1, 2 or 3; only 3 carries the legs of spreads.
    product : the future.
    session : UTC times of day [from, to), on whole windows, to which the requests for orders are restricted. Definitions and
        statistics cover the day. The books then begin with a snapshot at the request's start.
    records : approximate records of the options' file on a usual day, for profiles with a budget; None: the profile's own.
    overwrite : whether files of a sample's days are replaced that are there.
    progress : is called with lines of text that say what is being done.

    Raises
    ------
    SettingsError
        A profile, defect, version, span, number of days or of records that is not possible.
    LakeError
        Files of the days are there and may not be replaced, or the disk has no room for a profile with a budget.
    SymbolError
        The product is unknown.
    """
    names, kind_of_future = chosen_defects(defects), product_of(product)
    chosen = profile_of(profile) if isinstance(profile, str) else profile
    if dbn_version not in VERSIONS:
        raise SettingsError(f"Expected a DBN version of {VERSIONS}, was {dbn_version}")
    if days < 1:
        raise SettingsError(f"Expected at least one day, was {days}")
    if seed < 0:
        raise SettingsError(f"Expected a seed of at least 0, was {seed}")
    _check_session(session)
    if not kind_of_future.families & set(chosen.families):
        raise SettingsError(
            f"Expected a family of options that {kind_of_future.name} has ({', '.join(sorted(kind_of_future.families))}), "
            f"was {', '.join(chosen.families)}"
        )
    sample = _Sample(
        lake_root=local_folder(lake_root),
        product=kind_of_future,
        days=sample_days(start=start, days=days),
        profile=budgeted(chosen, records=records, product=kind_of_future.name, session=session),
        seed=seed,
        defects=names,
        version=dbn_version,
        session=session,
        say=progress or (lambda _: None),
    )
    present = present_files(sample.lake_root, product=kind_of_future.name, days=sample.days, before=sample.days_before())
    present.refuse(overwrite=overwrite)
    if sample.days[0] != start:
        sample.say(f"{start} is a Saturday, which has no session: the sample begins on {sample.days[0]}")
    if sample.profile.budget is not None:
        sample.say(announced(sample.lake_root, profile=sample.profile, product=kind_of_future, days=sample.days, session=session))
    if present.of_days:
        sample.say(f"replacing {len(present.of_days)} files of {', '.join(map(str, sample.days))}")
    try:
        report = sample.deliver(present.statistics_before)
    except BaseException:  # half a sample looks like files of others: it has neither sidecars nor a truth
        sample.withdraw()
        raise
    present.remove_others([one.file.path for one in report.files])
    return report


def _check_session(session: tuple[time, time] | None) -> None:
    if session is None:
        return
    begin, end = request(day=date(2026, 1, 6), session=session)
    if begin >= end or begin % WINDOW_NS or end % WINDOW_NS:
        raise SettingsError(f"Expected a session of whole 5 s windows within a UTC day, was {session[0]} to {session[1]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    lake_root: Path
    product: Product
    days: tuple[date, ...]
    profile: Profile
    seed: int
    defects: frozenset[str]
    version: int
    session: tuple[time, time] | None
    say: Callable[[str], None]
    opened: list[Job] = field(default_factory=list)

    def withdraw(self) -> None:
        """Remove the market files written so far."""
        for one in (one for job in self.opened for one in job.files):
            one.file.path.unlink(missing_ok=True)

    def deliver(self, there: Sequence[FoundFile]) -> SampleReport:
        """Deliver all days; `there` are statistics of the days before that are in the lake."""
        whole = (day_start_ns(self.days[0]), day_end_ns(self.days[-1]))
        before = self.days_before()
        jobs = {
            "option_definition": self._job("option_definition", *whole),
            "option_statistics": self._job("option_statistics", day_start_ns((*before, *self.days)[0]), whole[1]),
        }
        others = sorted({one.day for one in there if one.job_id != jobs["option_statistics"].job_id})
        if others:
            self.say(f"statistics of {', '.join(map(str, others))} are there and stay")
            before = tuple(day for day in before if day not in others)
            jobs["option_statistics"] = self._job("option_statistics", day_start_ns((*before, *self.days)[0]), whole[1])
        finished: list[Job] = []
        truth: list[Path] = []
        planted: dict[str, int] = {}
        for day in before:
            self._statistics(jobs["option_statistics"], self._market(day))
        mbo: dict[str, Job] = {}
        for day in self.days:
            market = self._market(day)
            span = (market.path.start_ns, market.path.end_ns)
            if self.session is not None or not mbo:
                finished += mbo.values()
                asked = span if self.session is not None else whole
                mbo = {kind: self._job(kind, *asked) for kind in ("option_mbo", "future_mbo")}
            if "missing_definitions" not in self.defects:
                self._definitions(jobs["option_definition"], market)
            self._statistics(jobs["option_statistics"], market)
            if "missing_futures" not in self.defects:
                self.say(f"{day}: futures")
                futures = (block for block in future_blocks(market) if len(block))
                self._write(mbo["future_mbo"], market, self._told(futures, f"{day}: futures"), _future_ids(market.listing))
            self.say(f"{day}: options")
            planter = Planter(self.defects - set(FILE_FAULTS), generator(self.seed, "defects", day.isoformat()))
            inventory = Inventory(market)
            options = _read_by(inventory, option_blocks(market, planter))
            self._write(mbo["option_mbo"], market, self._told(options, f"{day}: options"), market.listing.ids)
            truth.append(self._truth(market, inventory, planter))
            for fault in planter.planted:
                planted[fault["defect"]] = planted.get(fault["defect"], 0) + 1
        finished += [*mbo.values(), *jobs.values()]
        planted |= self._finish([job for job in finished if job.files])
        return SampleReport(
            days=self.days,
            files=tuple(one for job in finished for one in job.files),
            truth=tuple(truth),
            defects=planted,
        )

    def _told(self, blocks: Iterator[NDArray[np.void]], what: str) -> Iterator[NDArray[np.void]]:
        return blocks if self.profile.budget is None else counted(blocks, what=what, say=self.say)

    def days_before(self) -> tuple[date, ...]:
        found: list[date] = []
        day = self.days[0]
        while len(found) < self.profile.statistics_days_before:
            day -= timedelta(days=1)
            if day.weekday() != SATURDAY:
                found.insert(0, day)
        return tuple(found)

    def _market(self, day: date) -> MarketDay:
        return market_day(product=self.product, day=day, session=self.session, profile=self.profile, seed=self.seed)

    def _job(self, kind: RawKind, start_ns: int, end_ns: int) -> Job:
        job = make_job(
            lake_root=self.lake_root,
            product=self.product,
            roots=listed_roots(product=self.product, days=(*self.days_before(), *self.days), choice=self.profile.choice),
            kind=kind,
            ordered=self.days[-1] + ORDERED_AFTER,
            version=self.version,
            start_ns=start_ns,
            end_ns=end_ns,
            seed=self.seed,
            threads=COMPRESSING if self.profile.budget is not None else 0,
        )
        self.opened.append(job)
        return job

    def _write(self, job: Job, market: MarketDay, blocks: Iterator[NDArray[np.void]], ids: dict[str, int]) -> None:
        whole_day = job.kind not in {"option_mbo", "future_mbo"}
        span = (day_start_ns(market.day), day_end_ns(market.day)) if whole_day else (market.path.start_ns, market.path.end_ns)
        job.write(day=market.day, blocks=blocks, ids=ids, start_ns=span[0], end_ns=span[1])

    def _definitions(self, job: Job, market: MarketDay) -> None:
        end = day_end_ns(market.day)
        closes = [one.close_ns for one in sessions(product=self.product.name, day=market.day) if one.close_ns < end]
        rows = definitions(
            product=self.product,
            day=market.day,
            listing=market.listing,
            closes_ns=closes[-1] if closes else None,
            version=self.version,
        )
        self._write(job, market, iter((rows,)), market.listing.ids)

    def _statistics(self, job: Job, market: MarketDay) -> None:
        if "missing_statistics" in self.defects:
            return
        level = index_level(product=self.product.name, day=market.day + timedelta(days=1), seed=self.seed)
        fair = market.option_prices(index=np.array([level]), ts_ns=np.array([settlement_ns(market.day)]), drift=np.zeros(1))[0]
        settled = settlements(fair, tick=self.product.option_tick, day=market.day, seed=self.seed)
        dice = generator(self.seed, "statistics", market.day.isoformat())
        published = self._releases(market.day, market.listing, settled)
        rows = statistics(listing=market.listing, published=published, version=self.version, dice=dice)
        self._write(job, market, iter((rows,)), market.listing.ids)

    def _releases(self, day: date, listing: Listing, settled: NDArray[np.float64] | None) -> tuple[Release, ...]:
        staged = self.profile.is_staged
        return releases(
            product=self.product.name, day=day, listing=listing, settlements=settled, seed=self.seed, is_staged=staged
        )

    def _truth(self, market: MarketDay, inventory: Inventory, planter: Planter) -> Path:
        self.say(f"{market.day}: truth")
        folder = truth_folder(self.lake_root, product=self.product.name, day=market.day)
        windows = windows_table(market)
        days = [day for day in (*self.days_before(), *self.days) if day <= market.day][-2:]
        known = (
            ()
            if "missing_statistics" in self.defects
            else tuple(release for day in days for release in self._releases(day, market.listing, None))
        )
        tables = {
            "windows": (windows,),
            "surface": surface_parts(market, windows),
            "inventory": (inventory.table(),),
            "levels": (level_columns(market, windows, known),),
            "series_levels": series_levels(market, windows, known),
            "defects": (defects_table(planter.planted),),
        }
        write_truth(folder, tables)
        return folder

    def _finish(self, jobs: list[Job]) -> dict[str, int]:
        """Write the sidecars, then spoil the last day's file of options' orders where that was asked for."""
        planted: dict[str, int] = {}
        last = self.days[-1]
        for job in jobs:
            if "degraded" in self.defects:
                job.conditions[last] = "degraded"
                planted["degraded"] = 1
            strikes = job.kind == "option_mbo" and any(one.day == last for one in job.files)
            if strikes and "wrong_schema" in self.defects:
                _put_definitions(job, last, self._market(last), self.product)
                planted["wrong_schema"] = 1
            name = job.files[-1].file.path.name
            job.finish(spoil=_other_hash(name) if strikes and "wrong_hash" in self.defects else None)
            planted |= {"wrong_hash": 1} if strikes and "wrong_hash" in self.defects else {}
            if strikes and "truncated" in self.defects:
                path = job.files[-1].file.path
                whole = path.read_bytes()
                path.write_bytes(whole[: len(whole) * 7 // 10])
                planted["truncated"] = 1
        for name in ("missing_definitions", "missing_statistics", "missing_futures"):
            planted |= {name: len(self.days)} if name in self.defects else {}
        return planted


def _read_by(inventory: Inventory, blocks: Iterator[NDArray[np.void]]) -> Iterator[NDArray[np.void]]:
    for block in blocks:
        if len(block):
            inventory.take(block)
            yield block


def _future_ids(listing: Listing) -> dict[str, int]:
    ids = {contract.symbol: contract.instrument_id for contract in listing.contracts[:2]}
    return ids | {calendar_symbol(listing.contracts): listing.calendar_id}


def _other_hash(name: str) -> Callable[[dict[str, Any]], None]:
    def spoil(manifest: dict[str, Any]) -> None:
        for entry in manifest["files"]:
            if entry["filename"] == name:
                digest = entry["hash"].removeprefix("sha256:")
                entry["hash"] = f"sha256:{digest[::-1]}"

    return spoil


def _put_definitions(job: Job, day: date, market: MarketDay, product: Product) -> None:
    """Put a file of definitions where the options' orders should be, under their name."""
    rows = definitions(product=product, day=day, listing=market.listing, closes_ns=None, version=job.version)
    job.put_other(day=day, schema="definition", blocks=iter((rows,)))
