"""What was delivered of a day that is still running: open ends, ends in the future, files that are still growing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gex_assets.defs.run import DayRun, run_days
from gex_assets.lake.tables import Lake
from gex_assets_tests.conftest import settings_for
from gex_assets_tests.defs.deliveries.small_lakes import (
    CALL,
    MINUTE,
    NEWER,
    OPTIONS,
    QUOTES,
    Given,
    ends,
    mbo,
    quotes,
    snapshot,
    take,
)
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, SECOND


def option_orders(**asked: Any) -> Given:
    """Orders of a call: its snapshot, one at 20 s and one at 62 s."""
    records = mbo(
        *snapshot(CALL, ("B", 10, 5, 1), ("A", 11, 4, 2)),
        (20, CALL, "AB", {"price": 10, "size": 1, "order_id": 3}),
        (62, CALL, "AB", {"price": 10, "size": 1, "order_id": 4}),
    )
    return Given("option_mbo", records, OPTIONS, **asked)


def ran(root: Path, given: Given, *, seconds: int | None) -> DayRun:
    """A run of the quotes, `seconds` after midnight of the day, or once it is over."""
    take(root, [given])
    now = None if seconds is None else MIDNIGHT + seconds * SECOND
    (done,) = run_days(settings_for(root / "lake"), [DAY], select=f'+key:"{QUOTES}"', running_ns=now)
    return done


@pytest.mark.parametrize(
    ("end", "last", "until"),
    [
        (10 * MINUTE, 60, 62 * SECOND + 1),  # asked for up to a moment that has not come: the last record says where it ends
        (None, 60, 62 * SECOND + 1),
        (68 * SECOND, 65, 68 * SECOND),
    ],
)
def test_windows_end_with_what_has_come(tmp_path: Path, end: int | None, last: int, until: int) -> None:
    done = ran(tmp_path, option_orders(job=NEWER, end=end), seconds=70)
    assert done.success, done.failure
    assert sorted(quotes(tmp_path, CALL)) == ends((0, last))
    assert Lake(tmp_path / "lake").open(QUOTES, product="ES", day=DAY).lineage.partial_until_ns == MIDNIGHT + until


def test_once_the_day_is_over_an_end_is_what_was_asked_for(tmp_path: Path) -> None:
    ran(tmp_path, option_orders(job=NEWER), seconds=70)
    (done,) = run_days(settings_for(tmp_path / "lake"), [DAY], select=f'+key:"{QUOTES}"')
    assert done.success
    assert done.reused == ()
    assert sorted(quotes(tmp_path, CALL)) == ends((0, 600))


def test_a_file_that_is_still_growing_is_refused_with_what_to_do(tmp_path: Path) -> None:
    root = tmp_path / "lake"
    whole = option_orders()
    take(tmp_path, [whole])
    (path,) = root.rglob("*.mbo.dbn.zst")
    written = path.read_bytes()
    path.write_bytes(written[: len(written) // 2])
    (done,) = run_days(settings_for(root), [DAY], select='key:"raw_option_mbo"', running_ns=MIDNIGHT + 70 * SECOND)
    assert not done.success
    assert done.failure is not None
    assert "Expected the last zstd frame to end" in done.failure or "Expected " in done.failure
    rejection = Lake(root).rejection("raw_option_mbo", product="ES", day=DAY)
    assert rejection is not None
    assert rejection.failures == (
        "deliver it again once it is complete, or remove it, then run `gex run --date today --partial`",
    )
