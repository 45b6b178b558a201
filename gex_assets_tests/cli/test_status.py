"""`gex status` as it is typed, with an instance that keeps runs: what it adds to the state of the lake."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from gex_assets_tests.cli.typed import gex
from gex_assets_tests.conftest import DAY
from gex_assets_tests.defs.run_status.made_up_home import MadeUpHome


def test_status_tells_of_runs_below_the_days(delivered: Path, tmp_path: Path) -> None:
    home = MadeUpHome(tmp_path / "home")
    with home.instance:
        run_id = home.failed_quickly(DAY, by="gex run")
        home.queued(DAY + timedelta(days=1))
    settings = {"GEX_LAKE": str(delivered), "DAGSTER_HOME": str(home.folder), "COLUMNS": "80"}
    done = gex("status", cwd=tmp_path, **settings)
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in said)
    assert f"queued: 1 day, {DAY + timedelta(days=1)}" in said
    assert "failed, and not made since: 1 day" in said
    assert f"  resume: gex run --date {DAY}" in said
    documents = [json.loads(line) for line in gex("status", "--json", cwd=tmp_path, **settings).stdout.splitlines()]
    assert [next(iter(one)) for one in documents] == ["product", "queued", "failed"]
    assert documents[2]["failed"] == run_id
    day = gex("status", "--date", str(DAY), cwd=tmp_path, **settings).stdout
    assert "failed, and not made since: 1 day" in day
    assert "queued" not in day


def test_a_home_that_is_no_folder_costs_no_state_of_the_lake(delivered: Path, tmp_path: Path) -> None:
    done = gex("status", "--lake", str(delivered), cwd=tmp_path, DAGSTER_HOME=str(tmp_path / "gone"))
    assert done.returncode == 0, done.stderr
    assert f"ES {DAY}" in done.stdout
    assert "what runs is not known: Expected DAGSTER_HOME to be the absolute path of a folder" in done.stdout
