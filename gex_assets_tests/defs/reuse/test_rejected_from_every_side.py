"""A day that a check rejects: what each side shows, and that nothing of it is left once it is made well again."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from gex_assets.client import open_lake
from gex_assets.defs.build import build_defs
from gex_assets.defs.run import run_days
from gex_assets.defs.table_day import FORCE
from gex_assets.lake.pages.stored import find_page
from gex_assets.lake.queries import query
from gex_assets.lake.status import TableState, status
from gex_assets.lake.tables import Lake
from gex_assets.schemas.checks import Verdict
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for
from gex_assets_tests.twins.packed_day import PackedDay

SCORES = "regime_scores"
WHY = "Expected more windows, was fewer"
REASON = f"windows_cover_the_session: {WHY}"


@pytest.fixture
def lake(published: Path, tmp_path: Path) -> Path:
    """A published day of a test's own."""
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    return lake


def in_the_ui(lake: Path) -> dg.ExecuteInProcessResult:
    """A run of the one table, as the UI starts it with the tag that forces it."""
    job = build_defs(settings_for(lake)).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            partition_key=str(DAY),
            asset_selection=[dg.AssetKey(SCORES)],
            tags={FORCE: "true"},
            instance=instance,
            raise_on_error=False,
        )


def asked(lake: Path, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in query(Lake(lake), sql).to_pylist()]


def state_of(lake: Path) -> TableState:
    settings = settings_for(lake)
    states = status(Lake(lake), tables=DAY_TABLES, products=["ES"], day=DAY, digest=lambda table: settings.digest(table.settings))
    return next(state for state in states if state.table == SCORES)


def said_by_the_page(lake: Path) -> list[str]:
    page = find_page(Lake(lake), "day_page", product="ES", day=DAY)
    assert page is not None
    return [note for note in PackedDay(page.read().decode()).header["notes"] if "rejected" in note]


def test_a_rejected_day(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Lake(lake).open(SCORES, product="ES", day=DAY)
    rows, sha256 = before.num_rows, before.sha256()
    monkeypatch.setattr(
        "gex_assets.defs.regime.same_windows_as",
        lambda levels: lambda stored: Verdict(name="windows_cover_the_session", passed=False, text=WHY),
    )
    result = in_the_ui(lake)
    monkeypatch.undo()

    # The UI: no materialization, a failed check with its reason; what follows from the table did not run.
    assert not result.success
    assert result.get_asset_materialization_events() == []
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert [(one.check_name, one.asset_key.path, one.blocking) for one in failed] == [
        ("windows_cover_the_session", [SCORES], True)
    ]
    assert WHY in str(failed[0].description)

    # Views: the state of before; `…_all` has what was rejected next to it, marked.
    assert asked(lake, f"SELECT count(*) FROM {SCORES}") == [(rows,)]
    counted = f"SELECT rejected, count(*) FROM {SCORES}_all GROUP BY rejected ORDER BY rejected"
    assert asked(lake, counted) == [(False, rows), (True, rows)]
    assert asked(lake, f"SELECT count(*) FROM {SCORES}_utc") == [(rows,)]
    convention = "SELECT regime IS NOT NULL FROM latest_levels WHERE scope = 'selected' AND convention = 'field'"
    assert len(asked(lake, convention)) == 1  # one row, not one for each state

    # Status and reasons; the client; the page.
    state = state_of(lake)
    assert (state.state, state.is_published, state.rows) == ("rejected", True, rows)
    assert state.why[0] == REASON
    with open_lake(lake) as client:
        assert client.days(SCORES) == [DAY]
        assert client.table(SCORES).arrow().num_rows == rows
        assert set(before.lineage.inputs.values()) <= set(client.lineage(SCORES, DAY)["sha256"].to_pylist())
    assert Lake(lake).open(SCORES, product="ES", day=DAY).sha256() == sha256
    assert any(REASON in note for note in said_by_the_page(lake))

    # Made well again: nothing of it is left anywhere.
    (done,) = run_days(settings_for(lake), [DAY])
    assert done.success, done.failure
    assert state_of(lake).state == "published"
    assert said_by_the_page(lake) == []
    assert asked(lake, counted) == [(False, rows)]
    assert Lake(lake).days(SCORES, "ES", rejected=True) == []
    assert Lake(lake).refused_days(SCORES, "ES") == []
    assert Lake(lake).open(SCORES, product="ES", day=DAY).sha256() == sha256


def test_a_day_without_the_table_has_no_lineage(lake: Path) -> None:
    from gex_assets.errors import LakeError

    with open_lake(lake) as client, pytest.raises(LakeError, match="was nothing"):
        client.lineage(SCORES, date(2026, 1, 7))
