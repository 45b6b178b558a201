"""Progress of a large sample: its expected size, whether the disk has room for it, and how many records are made."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from datetime import time as time_of_day
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gex_assets.errors import LakeError
from gex_assets.market.products import Product
from gex_assets.sample.course import OPEN
from gex_assets.sample.options.budget import expected_records
from gex_assets.sample.price_path import phases, request
from gex_assets.sample.profile import STEP_NS, Profile

__all__ = ["announced", "counted"]

OPTION_BYTES, FUTURE_BYTES = 24.5, 19.5
"""Bytes of a record in a compressed file, measured and rounded up."""

RECORDS_OF_A_TRADE: Final = 4
TRUTH_BYTES: Final = 60_000_000
"""Bytes of a whole day's truth of eleven expirations, definitions and statistics."""

EVERY_S: Final = 5.0

Records = NDArray[np.void]


def _expected_futures(*, profile: Profile, product: str, day: date, start_ns: int, end_ns: int) -> int:
    """Approximate records of the front future: orders, and trades with the records that they cause."""
    phase = phases(product=product, day=day, start_ns=start_ns, end_ns=end_ns)
    busy_start, busy_end = request(day=day, session=(profile.busy_start, profile.busy_end))
    moments = start_ns + np.arange(len(phase)) * STEP_NS
    is_busy = (moments >= busy_start) & (moments < busy_end)
    seconds = [np.count_nonzero((phase == OPEN) & own) * STEP_NS / 1e9 for own in (is_busy, ~is_busy)]
    busy = profile.future_noise_busy + RECORDS_OF_A_TRADE * profile.future_trades_busy
    quiet = profile.future_noise_quiet + RECORDS_OF_A_TRADE * profile.future_trades_quiet
    return round(seconds[0] * busy + seconds[1] * quiet)


def announced(
    lake_root: Path,
    *,
    profile: Profile,
    product: Product,
    days: tuple[date, ...],
    session: tuple[time_of_day, time_of_day] | None,
) -> str:
    """State what a profile with a budget will make, after a check of the free disk space.

    Raises
    ------
    LakeError
        The disk has no room for it.
    """
    options = futures = 0
    for day in days:
        start, end = request(day=day, session=session)
        options += expected_records(profile=profile, product=product.name, day=day, start_ns=start, end_ns=end)
        futures += _expected_futures(profile=profile, product=product.name, day=day, start_ns=start, end_ns=end)
    needed = options * OPTION_BYTES + futures * FUTURE_BYTES + TRUTH_BYTES * len(days)
    there = Path(lake_root).absolute()
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < needed:
        raise LakeError(
            f"Expected {needed / 1e9:.1f} GB free at {lake_root} for about {options:,} option records and {futures:,} future"
            f" records, was {free / 1e9:.1f} GB"
        )
    return (
        f"{len(days):,} {'day' if len(days) == 1 else 'days'}: about {options:,} option records and {futures:,} future records,"
        f" {needed / 1e9:.1f} GB of the {free / 1e9:.1f} GB free"
    )


def counted(
    blocks: Iterator[Records], *, what: str, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> Iterator[Records]:
    """Pass blocks on, and report every few seconds how many records there were and how many per second."""
    begun = said = clock()
    records = 0
    for block in blocks:
        yield block
        records += len(block)
        now = clock()
        if now - said >= EVERY_S:
            say(f"{what}: {records:,} records so far, {records / (now - begun) / 1e6:.2f} M/s")
            said = now
    passed = max(clock() - begun, 1e-9)
    say(f"{what}: {records:,} records in {passed:.0f} s, {records / passed / 1e6:.2f} M/s")
