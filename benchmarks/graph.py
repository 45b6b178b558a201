"""Tasks over the asset graph: a day materialized through Dagster, step by step in one process, without start-up.

The process first runs the same steps over a day of one minute. Imports, compiled code and Dagster's own preparations are then
there. A second run over that minute says what a step costs at least, however little it has to do.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from cProfile import Profile
from datetime import date
from pathlib import Path
from pstats import Stats
from time import perf_counter, process_time
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks import ours
from benchmarks.data import forget
from benchmarks.steps import STEPS

__all__ = ["graph", "same_quotes"]


def graph(*, lake: str, small: str, day: str, steps: list[str], functions: int = 0) -> dict[str, Any]:
    """Materialize a day; of each step its CPU and wall time, and those of the same step over one minute.

    With `functions`, the day is run under Python's profiler, and so many functions are said of each step.
    """
    when = date.fromisoformat(day)
    _run(Path(small), when, steps)
    forget(Path(small))
    least = _run(Path(small), when, steps)
    forget(Path(lake))
    profiles = {name: Profile(process_time) for name in steps} if functions else {}
    took = _run(Path(lake), when, steps, profiles)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "cpu": sum(cpu for cpu, _ in took.values()),
        "wall": sum(wall for _, wall in took.values()),
        "steps": {name: took[name][0] for name in steps},
        "walls": {name: took[name][1] for name in steps},
        "least": {name: least[name][0] for name in steps},
        "peak": peak,
        "functions": {name: _most(profile, functions) for name, profile in profiles.items()},
    }


def same_quotes(*, lake: str, file: str, day: str) -> dict[str, Any]:
    """Quotes made in memory from the raw file against `silver_option_quotes` as the graph made it: every row, every number."""
    when = date.fromisoformat(day)
    ends, listed = ours.window_ends(Path(file), when), ours.selected(Path(lake), when)
    stored = pq.ParquetFile(Path(lake) / "silver_option_quotes" / "product=ES" / f"date={day}" / "data.parquet")
    books = ours.books_of(listed["instrument_ids"], ends, listed=listed["listed"], expiration=listed["expiration"])
    made = (group for block in ours.blocks(Path(file)) for group in books.apply(ours.records_of(block)))
    names = ("bid_price", "ask_price", "bid_size", "ask_size", "bid_orders", "ask_depth", "bid_add_size", "ask_pull_rest_size")
    differences = rows = 0
    cursor = _Rows(stored, names)
    for group in _both(made, books.finish()):
        present = group.present
        theirs = cursor.take(int(np.count_nonzero(present)))
        rows += int(np.count_nonzero(present))
        for name in names:
            mine = group.columns[name][present]
            differences += int(np.count_nonzero(~((mine == theirs[name]) | ((mine != mine) & (theirs[name] != theirs[name])))))  # noqa: PLR0124
    return {"cpu": 0.0, "wall": 0.0, "rows": rows, "stored": stored.metadata.num_rows, "differences": differences}


def _both(*streams: Iterator[Any]) -> Iterator[Any]:
    for stream in streams:
        yield from stream


class _Rows:
    """Columns of a file, so many rows at a time."""

    def __init__(self, stored: pq.ParquetFile, names: tuple[str, ...]) -> None:
        self._batches = stored.iter_batches(batch_size=1 << 18, columns=list(names))
        self._names = names
        self._held = {name: np.empty(0) for name in names}

    def take(self, count: int) -> dict[str, np.ndarray[Any, Any]]:
        while len(self._held[self._names[0]]) < count:
            batch = next(self._batches, None)
            if batch is None:
                break
            for name in self._names:
                more = batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
                self._held[name] = np.concatenate([self._held[name], more])
        taken = {name: self._held[name][:count] for name in self._names}
        self._held = {name: self._held[name][count:] for name in self._names}
        short = count - len(taken[self._names[0]])
        return {name: np.concatenate([values, np.full(short, np.inf)]) for name, values in taken.items()} if short else taken


def _most(profile: Profile, count: int) -> list[tuple[str, float, int]]:
    """Functions with the most time of their own: where, seconds of CPU, calls."""
    found: list[tuple[str, float, int]] = []
    for (file, line, name), (_, calls, own, *_) in Stats(profile).stats.items():  # type: ignore[attr-defined]
        found.append((f"{Path(file).name}:{line} {name}", own, calls))
    return sorted(found, key=lambda one: -one[1])[:count]


def _run(
    lake: Path, day: date, steps: list[str], profiles: Mapping[str, Profile] = MappingProxyType({})
) -> dict[str, tuple[float, float]]:
    from gex_assets.defs.run import run_days
    from gex_assets.settings import load

    took: dict[str, tuple[float, float]] = {}
    settings = load(lake=lake)
    for name in steps:
        started, clock = process_time(), perf_counter()
        with _quiet(), profiles.get(name, nullcontext()):
            for done in run_days(settings, [day], select=STEPS[name]):
                if not done.success:
                    raise RuntimeError(f"{name} of {lake}: {done.failure or done.failed_checks}")
        took[name] = (process_time() - started, perf_counter() - clock)
    return took


@contextmanager
def _quiet() -> Iterator[None]:
    """Runs write their progress where the answer is expected."""
    kept = sys.stdout
    with tempfile.TemporaryFile("w") as nowhere:
        sys.stdout = nowhere
        try:
            yield
        finally:
            sys.stdout = kept
