"""`GexLevelsStage` and `GexProfileStage` give the day's rows block by block, from what is known at each block's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from gex_assets.conventions import conventions
from gex_assets.stages.silver.gex_levels import GexLevelsStage, gex_levels
from gex_assets.stages.silver.gex_profile import GexProfileStage, gex_profile
from gex_assets_tests.stages.in_blocks import SIZES, blocks, in_windows, plain
from gex_assets_tests.stages.silver.made_up_levels import (
    FRONT,
    PUBLISHED,
    RATE,
    START,
    SUCCESSOR,
    WINDOW,
    Row,
    chain_of,
    chain_row,
    end_of,
    few_strikes,
    forward_of,
    forward_row,
    statistic,
    statistics_of,
    wandering_day,
)

COUNT = 50
NOON, EVENING = 20, 35
"""Windows from which on the successor is listed, and the front is no more."""
CLOSED = range(12, 15)
SILENT = range(26, 30)
"""Windows that are missing, and windows that a clock closes without a chain."""
CARRY = 50.0
OWN = tuple(
    conventions([{"name": "other", "scale": "delta_per_point", "weights": ["oi_plus_flow"], "sign_model": "flow_signed"}])
)

Stage = GexLevelsStage | GexProfileStage
DAYS = {GexLevelsStage: gex_levels, GexProfileStage: gex_profile}


def busy_day(seed: int) -> tuple[pa.Table, pa.Table]:
    """The chain and the forwards of two expirations on two futures: one begins at noon, one ends in the evening."""
    rows, fronts = wandering_day(COUNT, seed=seed)
    for row in rows:
        if row["ts_expiration"] == SUCCESSOR:
            row |= {"underlying": "ESM6", "forward": None if row["forward"] is None else row["forward"] + CARRY}
    begins, ends = {FRONT: 0, SUCCESSOR: NOON}, {FRONT: EVENING, SUCCESSOR: COUNT}

    def there(window: int, row: Row) -> bool:
        return window not in CLOSED and begins[row["ts_expiration"]] <= window < ends[row["ts_expiration"]]

    numbers = {end_of(window): window for window in range(COUNT)}
    chain = [row for row in rows if numbers[row["ts_window_end"]] not in SILENT and there(numbers[row["ts_window_end"]], row)]
    forward = []
    for window, row in enumerate(fronts):
        june = None if row["reference_price"] is None else row["reference_price"] + CARRY
        both = [row, forward_row(window, reference_price=june, ts_expiration=SUCCESSOR, underlying="ESM6")]
        known = [one | {"is_front": place == 0} for place, one in enumerate([one for one in both if there(window, one)])]
        forward += [one | {"forward_se": 0.1 + window / 100} for one in known]
    return chain_of(chain), forward_of(forward)


def stage_of(kind: type[Stage], tally: Counter[str]) -> Stage:
    return kind(conventions=OWN, first_window_start_ns=START, rate=RATE, tally=tally)


def whole_day(kind: type[Stage], chain: pa.Table, forward: pa.Table, statistics: pa.Table, tally: Counter[str]) -> pa.Table:
    inputs: dict[str, Any] = {"forward": forward, "statistics": statistics}
    return pa.concat_tables(DAYS[kind]([chain], **inputs, conventions=OWN, first_window_start_ns=START, rate=RATE, tally=tally))


def in_blocks(stage: Stage, chain: pa.Table, forward: pa.Table, *, statistics: Sequence[Row], sizes: Sequence[int]) -> pa.Table:
    """Rows of each block; a statistic is added when the block that it came in has ended."""
    tables, added = [], 0
    for ends in blocks(sorted(set(forward["ts_window_end"].to_pylist())), sizes):
        known = sum(row["ts_recv"] < ends[-1] for row in statistics)
        stage.add_statistics(statistics_of(*statistics[added:known]))
        added = known
        tables.append(stage.rows(in_windows(chain, ends), forward=in_windows(forward, ends)))
    return pa.concat_tables(tables)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", DAYS)
def test_blocks_of_any_size_give_the_rows_of_the_day(kind: type[Stage], sizes: list[int]) -> None:
    chain, forward = busy_day(seed=sum(sizes))
    statistics = [statistic(ts_recv=START - 1), statistic(ts_recv=end_of(22))]
    counted: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    whole = whole_day(kind, chain, forward, statistics_of(*statistics), counted[0])
    found = in_blocks(stage_of(kind, counted[1]), chain, forward, statistics=statistics, sizes=sizes)
    assert plain(found).equals(plain(whole))
    assert +counted[1] == +counted[0]
    assert {"selected", "exp:2026-03-20", "exp:2026-06-18"} <= set(whole["scope"].to_pylist())
    if kind is GexLevelsStage:
        walls = set(zip(whole["underlying"].to_pylist(), whole["call_wall_underlying"].to_pylist(), strict=True))
        assert {("ESH6", "ESH6"), ("ESH6", "ESM6"), ("ESM6", "ESM6")} <= walls
        assert {share is None for share in whole["call_wall_kept"].to_pylist()} == {True, False}
        assert whole.num_rows == (COUNT - len(CLOSED)) * len(OWN) * 2 + chain_dates(chain) * len(OWN)


@pytest.mark.parametrize("sizes", SIZES[:3])
def test_the_share_of_draws_that_keep_a_wall_does_not_depend_on_blocks_or_on_other_strikes(sizes: list[int]) -> None:
    """Two walls of nearly the same exposure in every window; later blocks have strikes that earlier ones have not."""
    rows: list[Row] = []
    for window in range(30):
        near = [(6_850.0, 0.0, 300.0), (6_800.0, 0.0, 301.0), (7_000.0, 300.0 + window % 3, 0.0), (7_100.0, 301.0, 0.0)]
        others = [(7_300.0 + window, 1.0, 0.0)]
        rows += [chain_row(window, k, call=call, put=put, gamma=0.001, iv_fit=None) for k, call, put in near + others]
    chain, forward = chain_of(rows), forward_of(forward_row(window, forward_se=0.2) for window in range(30))
    whole = whole_day(GexLevelsStage, chain, forward, PUBLISHED, Counter())
    found = in_blocks(stage_of(GexLevelsStage, Counter()), chain, forward, statistics=[statistic(ts_recv=START - 1)], sizes=sizes)
    assert plain(found).equals(plain(whole))
    field = [row for row in whole.to_pylist() if (row["convention"], row["scope"]) == ("field", "selected")]
    shares = [(row["call_wall_kept"], row["put_wall_kept"]) for row in field if row["ts_window_end"] == row["band_ts"]]
    assert len(set(shares)) == len(shares) == 2, "each minute has draws of its own"
    assert all(0.3 < share < 0.7 for both in shares for share in both)


def chain_dates(chain: pa.Table) -> int:
    """Number of windows and expirations that the chain has rows of."""
    return len(set(zip(chain["ts_window_end"].to_pylist(), chain["ts_expiration"].to_pylist(), strict=True)))


@pytest.mark.parametrize("kind", DAYS)
@pytest.mark.parametrize(("moment", "weight"), [(START + WINDOW - 1, "open_interest"), (START + WINDOW, "resting_size")])
def test_a_late_statistic_does_not_change_the_weight(kind: type[Stage], moment: int, weight: str) -> None:
    stage = stage_of(kind, Counter())
    ends = [end_of(window) for window in range(12)]
    chain = chain_of(row for window in range(12) for row in few_strikes(window))
    forward = forward_of(forward_row(window) for window in range(12))
    tables = []
    for end in ends:
        stage.add_statistics(statistics_of(*[statistic(ts_recv=moment)] if end - WINDOW <= moment < end else []))
        tables.append(stage.rows(in_windows(chain, [end]), forward=in_windows(forward, [end])))
        stage.add_statistics(PUBLISHED)
    rows = pa.concat_tables(tables).to_pylist()
    assert {row["weight_used"] for row in rows if row["convention"] == "field"} == {weight}


def test_a_block_without_windows_has_no_rows_and_its_chain_is_counted() -> None:
    tally: Counter[str] = Counter()
    stage = stage_of(GexLevelsStage, tally)
    chain, forward = chain_of(few_strikes(0)), forward_of([forward_row(0)])
    assert stage.rows(chain, forward=forward.slice(0, 0)).num_rows == 0
    assert tally == {"chain_rows_without_window": 5}
    assert stage.rows(chain, forward=forward).num_rows == len(OWN) * 3
    profiles = stage_of(GexProfileStage, tally)
    assert profiles.rows(chain, forward=None).num_rows == 0
    assert profiles.rows(chain_of(few_strikes(11)), forward=None).num_rows == 0
    assert tally["chain_rows_without_window"] == 10


def test_a_change_is_measured_from_the_block_before_and_not_over_a_gap() -> None:
    stage = stage_of(GexLevelsStage, Counter())
    stage.add_statistics(PUBLISHED)
    nets, changes = [], []
    for window in (0, 1, 3, 4):
        sigma = 0.15 + 0.01 * window
        table = stage.rows(chain_of(few_strikes(window, sigma=sigma)), forward=forward_of([forward_row(window)]))
        rows = [row for row in table.to_pylist() if (row["convention"], row["scope"]) == ("field", "selected")]
        assert [row["ts_window_end"] for row in rows] == [end_of(window)]
        nets.append(rows[0]["net_gex"])
        changes.append(rows[0]["net_gex_change"])
    assert changes == [None, nets[1] - nets[0], None, nets[3] - nets[2]]
