"""The history over published days: the same in whatever order days came, rewritten from the earliest changed one on."""

from __future__ import annotations

import inspect
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gex_assets.defs.build import build_defs
from gex_assets.defs.history import rewritten
from gex_assets.defs.partitions import daily
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.run import run_days, run_history
from gex_assets.errors import SettingsError
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.queries import query
from gex_assets.lake.status import TableState, status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.regime_scores import REGIME_SCORES
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.stages.regime.made_up_scores import Row, random_day, score, scores_table
from gex_assets_tests.twins import regime_history as twin

FIRST = date(2026, 4, 6)
DAYS = [day for k in range(34) if (day := FIRST + timedelta(days=k)).weekday() != 5]


def scores_of(day: date, *, seed: int = 0, windows: int = 12) -> list[Row]:
    return random_day(np.random.default_rng([seed, day.toordinal()]), day, windows=windows)


def publish(lake: Lake, day: date, rows: list[Row], *, product: str = "ES", reject: bool = False) -> None:
    """Put a day's scores into the lake as if its run had made them."""
    lineage = Lineage(
        table="regime_scores",
        product=product,
        day=day,
        code_version=REGIME_SCORES.version,
        settings_hash=settings_for(Path(lake.uri)).digest(REGIME_SCORES.settings),
    )
    with lake.replace(REGIME_SCORES, product=product, day=day, lineage=lineage) as staged:
        staged.write(scores_table(rows))
        if reject:
            staged.reject("windows_cover_the_session: no")
        else:
            staged.publish()


def rewrite(lake: Lake, *, product: str = "ES", force: bool = False) -> dict[str, list[date]]:
    settings = settings_for(Path(lake.uri), products=("ES", "NQ"))
    assets = ProductAssets(product=product, settings=settings, partitions=daily(settings.start_date))
    found: dict[str, list[date]] = {"made": [], "reused": [], "removed": [], "rejected": []}
    for one in rewritten(assets, lake, force=force):
        found[one.what].append(one.day)
    return found


def hashes(lake: Lake, *, product: str = "ES") -> dict[date, str]:
    days = lake.days("regime_history", product)
    return {day: lake.open("regime_history", product=product, day=day).sha256() for day in days}


def files(lake: Lake) -> dict[date, tuple[int, int]]:
    """Which file each date is: another one, even of equal bytes, has another inode or time."""
    days = lake.days("regime_history", "ES")
    found = {day: Path(lake.open("regime_history", product="ES", day=day).uri).stat() for day in days}
    return {day: (stat.st_ino, stat.st_mtime_ns) for day, stat in found.items()}


def states(lake: Lake, day: date | None = None) -> dict[date, TableState]:
    settings = settings_for(Path(lake.uri))
    tables = {name: TABLES[name] for name in ("regime_scores", "regime_history")}
    found = status(lake, tables=tables, products=["ES"], day=day, digest=lambda table: settings.digest(table.settings))
    return {state.day: state for state in found if state.table == "regime_history"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A lake with all days, published in order, and their history; never changed by a test."""
    lake = Lake(tmp_path_factory.mktemp("whole"))
    for day in DAYS:
        publish(lake, day, scores_of(day))
    assert rewrite(lake)["made"] == DAYS
    return Path(lake.uri)


@pytest.fixture
def lake(whole: Path, tmp_path: Path) -> Lake:
    """The same lake for a test that changes it."""
    shutil.copytree(whole, tmp_path / "lake")
    return Lake(tmp_path / "lake")


def test_it_says_what_the_twin_says(whole):
    lake = Lake(whole)
    shas = {day: lake.open("regime_scores", product="ES", day=day).sha256() for day in DAYS}
    expected = twin.history({day: scores_of(day) for day in DAYS}, shas)
    for day in DAYS:
        rows = lake.open("regime_history", product="ES", day=day).read().to_pylist()
        assert [(row["net_gex_percentile"], row["sessions_in_regime"], row["inputs"]) for row in rows] == [
            (row["net_gex_percentile"], row["sessions_in_regime"], row["inputs"]) for row in expected[day]
        ]


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_in_which_days_come_and_how_often_the_job_runs_change_no_byte(whole, tmp_path, seed):
    dice = np.random.default_rng(seed)
    lake = Lake(tmp_path)
    for place in dice.permutation(len(DAYS)):
        publish(lake, DAYS[place], scores_of(DAYS[place]))
        if dice.random() < 0.3:
            rewrite(lake)
    rewrite(lake)
    assert hashes(lake) == hashes(Lake(whole))


def test_up_to_date_dates_are_reused_and_a_forced_run_comes_to_the_same_bytes(lake, whole):
    before = files(lake)
    assert rewrite(lake) == {"made": [], "reused": DAYS, "removed": [], "rejected": []}
    assert files(lake) == before
    assert rewrite(lake, force=True)["made"] == DAYS
    assert hashes(lake) == hashes(Lake(whole))


def test_a_day_delivered_again_is_rewritten_from_there_on(lake):
    before = files(lake)
    publish(lake, DAYS[11], scores_of(DAYS[11], seed=9))
    assert rewrite(lake) == {"made": DAYS[11:], "reused": DAYS[:11], "removed": [], "rejected": []}
    assert {day: file for day, file in files(lake).items() if day < DAYS[11]} == {day: before[day] for day in DAYS[:11]}


def test_a_delivery_taken_back_comes_to_the_bytes_there_were(lake, whole):
    publish(lake, DAYS[4], scores_of(DAYS[4], seed=9))
    rewrite(lake)
    assert hashes(lake) != hashes(Lake(whole))
    publish(lake, DAYS[4], scores_of(DAYS[4]))
    rewrite(lake)
    assert hashes(lake) == hashes(Lake(whole))


def test_a_day_that_is_gone_leaves_the_history_without_it(lake, tmp_path):
    gone = DAYS[11]
    lake.remove(REGIME_SCORES, product="ES", day=gone)
    assert rewrite(lake) == {"made": DAYS[12:], "reused": DAYS[:11], "removed": [gone], "rejected": []}
    never = Lake(tmp_path / "never")
    for day in DAYS:
        if day != gone:
            publish(never, day, scores_of(day))
    rewrite(never)
    assert hashes(lake) == hashes(never)


def test_later_days_leave_earlier_rows_as_they_are(lake, whole):
    for day in DAYS[20:]:
        lake.remove(REGIME_SCORES, product="ES", day=day)
    assert rewrite(lake) == {"made": [], "reused": DAYS[:20], "removed": DAYS[20:], "rejected": []}
    all_hashes = hashes(Lake(whole))
    assert hashes(lake) == {day: all_hashes[day] for day in DAYS[:20]}


def test_a_rejected_day_is_not_read(lake, whole):
    publish(lake, DAYS[8], scores_of(DAYS[8], seed=9), reject=True)
    new = DAYS[-1] + timedelta(days=3)
    publish(lake, new, scores_of(new), reject=True)
    assert rewrite(lake)["reused"] == DAYS
    assert hashes(lake) == hashes(Lake(whole))


def test_a_day_without_a_regime_has_no_row_and_is_none_to_look_back_on(lake):
    publish(
        lake, DAYS[11], [score(window, None, day=DAYS[11], convention=name) for window in range(3) for name in ("field", "flow")]
    )
    rewrite(lake)
    stored = lake.open("regime_history", product="ES", day=DAYS[11])
    assert stored.num_rows == 0
    assert stored.tally == {"without_regime": 2}
    later = lake.open("regime_history", product="ES", day=DAYS[12]).read().to_pylist()
    assert not any(text.startswith(DAYS[11].isoformat()) for row in later for text in row["inputs"])


def test_a_footer_names_what_the_rows_saw_and_the_date_before(whole):
    lake = Lake(whole)
    stored = lake.open("regime_history", product="ES", day=DAYS[-1])
    seen = {text for row in stored.read().to_pylist() for text in row["inputs"]}
    named = {f"{key.split('date=')[1][:10]} {sha256}" for key, sha256 in stored.lineage.inputs.items() if "scores" in key}
    assert named == seen
    before = lake.open("regime_history", product="ES", day=DAYS[-2])
    assert stored.lineage.inputs[before.key] == before.sha256()
    assert len(stored.lineage.inputs) == len(named) + 1


def test_status_says_which_dates_a_run_of_the_job_would_change(lake):
    assert {state.state for state in states(lake).values()} == {"published"}
    publish(lake, DAYS[11], scores_of(DAYS[11], seed=9))
    assert [day for day, state in states(lake).items() if state.state == "stale"] == DAYS[11:]
    rewrite(lake)
    earlier = FIRST - timedelta(days=3)
    publish(lake, earlier, scores_of(earlier))
    found = states(lake)
    assert found[earlier].state == "missing"
    assert [day for day, state in found.items() if state.state == "stale"] == DAYS
    assert "is new" in found[DAYS[0]].why[0]


def test_the_status_of_one_late_date_does_not_go_as_deep_as_there_are_days(lake):
    publish(lake, DAYS[0], scores_of(DAYS[0], seed=9))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 50)
    try:
        assert states(lake, DAYS[-1])[DAYS[-1]].state == "stale"
    finally:
        sys.setrecursionlimit(limit)


def test_a_changed_file_is_recomputed(lake, whole):
    path = Path(lake.open("regime_history", product="ES", day=DAYS[3]).uri)
    path.write_bytes(path.read_bytes()[:-9])
    assert [day for day, state in states(lake).items() if state.state == "stale"] == DAYS[3:]
    assert states(lake, DAYS[4])[DAYS[4]].why == ("input regime_history cannot be read",)
    rewrite(lake)
    assert hashes(lake) == hashes(Lake(whole))


def test_a_changed_file_that_can_be_read_is_recomputed(lake, whole):
    """Its lineage is right and its rows are not: only the hash that was noted when it was published tells."""
    stored = lake.open("regime_history", product="ES", day=DAYS[3])
    rows = stored.read()
    place = rows.schema.get_field_index("sessions_in_regime")
    rows = rows.set_column(place, rows.schema.field(place), pa.array([77] * rows.num_rows, type=pa.int32()))
    pq.write_table(rows.replace_schema_metadata(stored.lineage.to_footer()), stored.uri)
    assert rewrite(lake)["made"] == DAYS[3:4]
    assert hashes(lake) == hashes(Lake(whole))


def test_a_date_that_breaks_its_contract_is_rejected_and_what_was_published_stays(lake, monkeypatch):
    from gex_assets.stages.regime import history as stage

    made = stage.history_rows

    def spoiled(scores, *, day, **given):
        rows = made(scores, day=day, **given)
        if day != DAYS[14]:
            return rows
        place = rows.schema.get_field_index("sessions_seen")
        return rows.set_column(place, rows.schema.field(place), pa.array([-1] * rows.num_rows, type=pa.int32()))

    monkeypatch.setattr(stage, "history_rows", spoiled)
    before = hashes(lake)
    publish(lake, DAYS[11], scores_of(DAYS[11], seed=9))
    assert rewrite(lake) == {"made": DAYS[11:14], "reused": DAYS[:11], "removed": [], "rejected": [DAYS[14]]}
    assert {day: sha for day, sha in hashes(lake).items() if day >= DAYS[14]} == {day: before[day] for day in DAYS[14:]}
    done = run_history(settings_for(Path(lake.uri)))
    assert not done.success
    assert f"{DAYS[14]}: Expected regime_history.sessions_seen" in done.failure


def test_products_have_a_history_each(lake, whole):
    publish(lake, DAYS[2], scores_of(DAYS[2], seed=5), product="NQ")
    assert rewrite(lake, product="NQ")["made"] == [DAYS[2]]
    assert rewrite(lake)["reused"] == DAYS
    assert hashes(lake) == hashes(Lake(whole))


def test_the_job_makes_it_for_every_product_and_no_run_of_a_day_does(published, tmp_path):
    root = tmp_path / "lake"
    shutil.copytree(published, root)
    settings = settings_for(root, products=("ES", "NQ"))
    assert run_history(settings).success
    (row, *_) = query(root, "SELECT * FROM regime_history").to_pylist()
    assert (row["product"], row["date"], row["sessions_seen"]) == ("ES", DAY, 0)
    (done,) = run_days(settings, [DAY], select='key:"regime_scores"+')
    assert set(done.materialized) == {"regime_scores", "regime_events", "day_page"}
    with pytest.raises(SettingsError, match="gex history"):
        next(run_days(settings, [DAY], select='key:"regime_history"'))


def test_the_ui_is_told_what_was_done(lake):
    publish(lake, DAYS[11], scores_of(DAYS[11], seed=9))
    lake.remove(REGIME_SCORES, product="ES", day=DAYS[5])
    job = build_defs(settings_for(Path(lake.uri))).resolve_job_def("regime_history")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance)
    (event,) = result.get_asset_materialization_events()
    facts = {name: value.value for name, value in event.materialization.metadata.items()}
    assert (facts["days_made"], facts["days_reused"], facts["days_removed"]) == (len(DAYS) - 6, 5, 1)
    assert facts["earliest_changed"] == DAYS[5].isoformat()
    assert facts["removed"] == [DAYS[5].isoformat()]
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
