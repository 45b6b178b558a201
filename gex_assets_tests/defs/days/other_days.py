"""Days of another generator: what is delivered, and what the calendar says of windows, expirations and selection.

The expectations stand with each day as they were looked up; none was taken from the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from gex_assets_tests.twins.feeds.other_feed import MBO, Feed, Listing, nanoseconds, window_ends
from gex_assets_tests.twins.feeds.other_files import definitions, merged, write_file, write_job

__all__ = ["CASES", "Case", "Delivered", "Series", "deliver"]


@dataclass(frozen=True)
class Series:
    """Options of one expiration: `{symbol} C{strike}` and P.

    Attributes
    ----------
    expires : in UTC.
    defined : when its definitions come; the header's mappings must do where None.
    """

    symbol: str
    expires: str
    strikes: tuple[str, ...]
    selected: bool = True
    defined: str | None = None
    quiet_until: float = 0.0


@dataclass(frozen=True)
class Case:
    """A delivered day and what is known of it.

    Attributes
    ----------
    start, end : of the request, in UTC.
    windows : stretches of the session within the request: start, end, trade date.
    jobs : parents of each job and its series; one job may come as a lone file.
    snapshot : when the books stand at the beginning; None where the file has no snapshot.
    batch : as folders of jobs with their sidecars, else as lone files.
    events : of each feed, about.
    """

    name: str
    seed: int
    version: int
    day: str
    start: str
    end: str
    windows: tuple[tuple[str, str, str], ...]
    jobs: tuple[tuple[tuple[str, ...], tuple[Series, ...]], ...]
    futures: tuple[str, ...] = ()
    snapshot: str | None = None
    batch: bool = False
    events: int = 3_500
    settings: tuple[tuple[str, Any], ...] = ()

    def ns(self, time: str) -> int:
        return nanoseconds(time if "T" in time else f"{self.day}T{time}")

    def window_ends(self) -> list[tuple[int, date]]:
        return [
            (end, date.fromisoformat(traded))
            for first, last, traded in self.windows
            for end in window_ends(self.ns(first), self.ns(last))
        ]


CASES = (
    Case(
        name="sunday opening, nothing within 45 days",
        seed=101,
        version=1,
        day="2026-01-11",
        start="22:52",
        end="23:04",
        windows=(("23:00", "23:04", "2026-01-12"),),
        jobs=(
            (
                ("ES.OPT",),
                (
                    Series("ESH6", "2026-03-20T13:30", ("6875", "6900", "6925.5", "5400")),
                    Series("ESM6", "2026-06-18T13:30", ("6900", "7000"), selected=False),
                    Series("ESZ0", "2030-12-20T14:30", ("8000",), selected=False),
                ),
            ),
        ),
        futures=("ESH6", "ESM6", "ESZ0"),
        snapshot="22:52",
    ),
    Case(
        name="front expires, the successor follows",
        seed=202,
        version=3,
        day="2026-03-20",
        start="13:27",
        end="13:33",
        windows=(("13:27", "13:33", "2026-03-20"),),
        jobs=(
            (
                ("ES.OPT",),
                (
                    Series("ESH6", "2026-03-20T13:30", ("6610", "6625"), defined="00:00"),
                    Series("ESM6", "2026-06-18T13:30", ("6600", "6650", "6700"), defined="00:00"),
                    Series("ESM6", "2026-06-18T13:30", ("6710",), defined="13:29:03", quiet_until=0.5),
                    Series("ESM6", "2026-06-18T13:30", ("6720",), defined="13:28:00", quiet_until=2.0),
                    Series("ESM6", "2026-06-18T13:30", ("6730",), quiet_until=0.3),
                    Series("ESU6", "2026-09-18T13:30", ("6700",), selected=False, defined="00:00"),
                ),
            ),
        ),
        futures=("ESH6", "ESM6"),
        snapshot="13:27",
        batch=True,
    ),
    Case(
        name="every family, two jobs, no definitions",
        seed=303,
        version=2,
        day="2025-12-19",
        start="14:28",
        end="14:33",
        windows=(("14:28", "14:33", "2025-12-19"),),
        jobs=(
            (
                ("ES.OPT",),
                (
                    Series("ESZ5", "2025-12-19T14:30", ("6800", "6825")),
                    Series("ESH6", "2026-03-20T13:30", ("6800",), selected=False),
                    Series("ESZ25", "2025-12-19T14:30", ("6850",)),
                ),
            ),
            (
                ("EW.OPT", "E3D.OPT", "E4A.OPT", "EW4.OPT"),
                (
                    Series("EWZ5", "2025-12-31T21:00", ("6840", "6845")),
                    Series("E3DZ5", "2025-12-18T21:00", ("6830",), selected=False),
                    Series("E4AZ5", "2025-12-22T21:00", ("6835",)),
                    Series("EW4Z5", "2025-12-26T21:00", ("6835", "6840")),
                ),
            ),
        ),
        snapshot="14:28",
        batch=True,
        settings=(("option_families", ("quarterly", "weekly", "daily", "eom")), ("expirations", "all")),
    ),
    Case(
        name="clocks went back in the night, the two nearest",
        seed=404,
        version=1,
        day="2025-11-02",
        start="22:55",
        end="23:04",
        windows=(("23:00", "23:04", "2025-11-03"),),
        jobs=(
            (
                ("ES.OPT", "E1A.OPT", "EW1.OPT"),
                (
                    Series("E1AX5", "2025-11-03T21:00", ("6870", "6875"), defined="22:55"),
                    Series("EW1X5", "2025-11-07T21:00", ("6870", "6880"), defined="22:55"),
                    Series("ESZ5", "2025-12-19T14:30", ("6900",), selected=False, defined="22:55"),
                ),
            ),
        ),
        futures=("ESZ5",),
        settings=(("option_families", ("quarterly", "weekly", "daily")), ("expirations", 2)),
    ),
    Case(
        name="early close, years of two digits",
        seed=505,
        version=3,
        day="2025-12-24",
        start="18:11",
        end="18:20",
        windows=(("18:11", "18:15", "2025-12-24"),),
        jobs=((("ES.OPT",), (Series("ESH26", "2026-03-20T13:30", ("6900", "6925", "6950")),)),),
        futures=("ESH26",),
        snapshot="18:11",
        batch=True,
    ),
    Case(
        name="an hour without a session",
        seed=606,
        version=1,
        day="2025-12-02",
        start="21:57",
        end="23:02",
        windows=(("21:57", "22:00", "2025-12-02"), ("23:00", "23:02", "2025-12-03")),
        jobs=(
            (
                ("ES.OPT",),
                (
                    Series("ESZ5", "2025-12-19T14:30", ("6800", "6805", "6810")),
                    Series("ESZ5", "2025-12-19T14:30", ("6815",), quiet_until=0.99),
                ),
            ),
        ),
        futures=("ESZ5", "ESH6"),
        events=12_000,
    ),
    Case(
        name="clocks went forward in the night",
        seed=707,
        version=2,
        day="2026-03-08",
        start="21:57",
        end="22:03",
        windows=(("22:00", "22:03", "2026-03-09"),),
        jobs=((("ES.OPT",), (Series("ESH6", "2026-03-20T13:30", ("6700", "6705"), defined="21:57"),)),),
        futures=("ESH6", "ESM6", "ESU6"),
        snapshot="21:57",
        batch=True,
    ),
)
NEVER = 2**63 - 1
F_SNAPSHOT = 32
SUNDAY = 6
STRANGERS = ("UD:1V: GN 2967770", "UD:1V:CFO 2967771", "ESH6-ESM6", "NQH6 C25000", "ES H6 C", "EW3H6 C6900")


@dataclass(frozen=True)
class Delivered:
    """What was written, and what it says of each instrument."""

    option_records: np.ndarray
    future_records: np.ndarray
    expirations: dict[int, int]
    listed: dict[int, int]
    futures: dict[int, str]
    complete: dict[int, int]


def options_of(case: Case, series: Sequence[Series], rng: np.random.Generator) -> list[tuple[Listing, Series]]:
    """Calls and puts of each strike, with ids as a venue gives them: in no order."""
    listings = []
    for one in series:
        for strike in one.strikes:
            for right in "CP":
                price = int(rng.integers(20, 2_000)) * 50_000_000
                number = int(rng.integers(1, 2**32 - 1))
                listings.append((Listing(number, f"{one.symbol} {right}{strike}", price, quiet_until=one.quiet_until), one))
    return listings


def deliver(case: Case, folder: Path) -> tuple[Delivered, list[Path]]:
    """Write the case's files."""
    rng = np.random.default_rng(case.seed)
    start, end = case.ns(case.start), case.ns(case.end)
    day = date.fromisoformat(case.day)
    snapshot = None if case.snapshot is None else case.ns(case.snapshot)
    paths, streams = [], []
    known: list[tuple[Listing, Series]] = []
    complete: dict[int, int] = {}

    def write(name: str, schema: str, parents: Sequence[str], records: np.ndarray, listings: Sequence[Listing]) -> None:
        job_id = f"GLBX-{case.day.replace('-', '')}-{name.upper()}"
        file_name = f"glbx-mdp3-{case.day.replace('-', '')}.{schema}.dbn.zst" if case.batch else f"{name}.dbn.zst"
        where = folder / job_id / file_name if case.batch else folder / file_name
        begins = case.ns("00:00") if schema == "definition" else start
        said = {"schema": schema, "parents": parents, "day": day, "start": begins, "end": end}
        write_file(where, records, version=case.version, listings=listings, **said)
        paths.append(write_job(where.parent, job_id=job_id, **said) if case.batch else where)

    for number, (parents, series) in enumerate(case.jobs):
        options = options_of(case, series, rng)
        strangers = [Listing(9_000_000 + 10 * number + at, name) for at, name in enumerate(STRANGERS)]
        strangers.append(Listing(9_100_000 + number, "unknown", mapped=False))
        listings = [one for one, _ in options] + strangers
        feed = Feed(case.seed + number, listings, start, end, snapshot_at=snapshot, events=case.events)
        streams.append(feed.records())
        complete.update(opened(case, streams[-1], listings))
        write(f"orders{number}", "mbo", parents, streams[-1], listings)
        known += options
        if any(one.defined for one in series):
            rows = [definition(case, one, said, strikes=rng) for one, said in options if said.defined]
            rows.sort(key=lambda row: row["ts_recv"])
            write(f"names{number}", "definition", parents, definitions(rows, version=case.version), listings)

    futures = [
        Listing(int(rng.integers(1, 2**32 - 1)), name, 6_900_000_000_000, tick=250_000_000)
        for name in [*case.futures, "ESH6-ESM6", "NQH6"]
    ]
    future_records = np.zeros(0, dtype=MBO)
    if case.futures:
        feed = Feed(case.seed + 50, futures, start, end, snapshot_at=snapshot, events=case.events // 2, channel=0)
        future_records = feed.records()
        complete.update(opened(case, future_records, futures))
        write("futures", "mbo", ["ES.FUT"], future_records, futures)

    option_records = merged(*streams)
    clock = np.maximum.accumulate(option_records["ts_recv"].astype(np.int64)).tolist()
    first_seen = dict(reversed(list(zip(option_records["instrument_id"].tolist(), clock, strict=True))))
    return Delivered(
        option_records=option_records,
        future_records=future_records,
        expirations={one.instrument_id: nanoseconds(said.expires) for one, said in known if said.selected},
        listed={
            one.instrument_id: min(case.ns(said.defined), first_seen.get(one.instrument_id, NEVER))
            for one, said in known
            if said.defined
        },
        futures={one.instrument_id: one.raw_symbol for one in futures if one.raw_symbol in case.futures},
        complete=complete,
    ), paths


def opened(case: Case, records: np.ndarray, listings: Sequence[Listing]) -> dict[int, int]:
    """From when the books of a file's instruments are complete: its first record belongs to a snapshot, or the week begins."""
    moments = [int(records["ts_recv"][0])] if len(records) and int(records["flags"][0]) & F_SNAPSHOT else []
    moments += [case.ns(case.windows[0][0])] if date.fromisoformat(case.day).weekday() == SUNDAY else []
    return {one.instrument_id: min(moments) for one in listings if one.mapped} if moments else {}


def definition(case: Case, one: Listing, said: Series, *, strikes: np.random.Generator) -> dict[str, Any]:
    right, strike = one.raw_symbol.split()[1][0], one.raw_symbol.split()[1][1:]
    quarterly = said.symbol.startswith("ES")
    return {
        "instrument_id": one.instrument_id,
        "ts_recv": case.ns(said.defined or case.start),
        "ts_event": case.ns(said.defined or case.start) - int(strikes.integers(1, 10**6)),
        "raw_symbol": one.raw_symbol,
        "expiration": nanoseconds(said.expires),
        "strike_price": round(float(strike) * 1e9),
        "instrument_class": right,
        "security_update_action": "A",
        "security_type": "OOF",
        "asset": "ES",
        "exchange": "XCME",
        "cfi": f"O{right}{'A' if quarterly else 'E'}FPS",
        "underlying": said.symbol if quarterly else "ESZ5",
        "unit_of_measure_qty": 50_000_000_000,
        "user_defined_instrument": "N",
    }
