"""The instance's event log: what a batch writes is what Dagster's own log writes, at once or not at all."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from gex_assets.defs.execution import event_log
from gex_assets.defs.execution.event_log import BatchedEventLog, BatchedInstance, BatchedStorage

OURS = "instance_class: {module: gex_assets.defs.execution.event_log, class: BatchedInstance}\n"
DAY = "2026-01-06"


def _definitions() -> dg.Definitions:
    daily = dg.DailyPartitionsDefinition(start_date="2026-01-05", timezone="UTC")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks by partition are a preview, as in the project's own definitions

        @dg.multi_asset(
            specs=[dg.AssetSpec("first")],
            check_specs=[dg.AssetCheckSpec("fits", asset="first", blocking=True, partitions_def=daily)],
            partitions_def=daily,
        )
        def makes_first() -> Iterator[dg.MaterializeResult[None]]:
            fits = dg.AssetCheckResult(asset_key="first", check_name="fits", passed=True)
            yield dg.MaterializeResult(asset_key="first", check_results=[fits], data_version=dg.DataVersion("1"))

        @dg.asset(partitions_def=daily, deps=["first"])
        def second() -> dg.MaterializeResult[None]:
            return dg.MaterializeResult(metadata={"rows": 3})

        @dg.asset_check(asset=second, partitions_def=daily)
        def warns() -> dg.AssetCheckResult:
            return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)

        return dg.Definitions(assets=[makes_first, second], asset_checks=[warns], executor=dg.in_process_executor)


def _run(home: Path, *, of: str = DAY) -> str:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        job = _definitions().resolve_implicit_global_asset_job_def()
        return job.execute_in_process(partition_key=of, instance=instance).run_id


def _home(folder: Path, config: str) -> Path:
    folder.mkdir()
    (folder / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{config}")
    return folder


def _rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()


def _stored(home: Path, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the log says of a run, without times and ids."""
    runs = home / "history" / "runs"
    about = "SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs ORDER BY 1, 2, 3"
    checks = "SELECT asset_key, check_name, partition, execution_status FROM asset_check_executions ORDER BY 1, 2"
    assets = "SELECT asset_key, last_run_id IS NOT NULL, last_materialization IS NOT NULL FROM asset_keys ORDER BY 1"
    tags = "SELECT asset_key, key FROM asset_event_tags ORDER BY 1, 2"
    return {
        "run": _rows(runs / f"{run_id}.db", about),
        "index": _rows(runs / "index.db", about),
        "checks": _rows(runs / "index.db", checks),
        "assets": _rows(runs / "index.db", assets),
        "tags": _rows(runs / "index.db", tags),
    }


def test_a_run_leaves_what_it_leaves_in_dagsters_own_log(tmp_path: Path) -> None:
    theirs, ours = _home(tmp_path / "theirs", ""), _home(tmp_path / "ours", OURS)
    expected, found = _stored(theirs, _run(theirs)), _stored(ours, _run(ours))
    assert found == expected
    assert len(expected["checks"]) == 2
    planned = [row for row in expected["run"] if str(row[0]).endswith("_PLANNED")]
    assert len(planned) == 4


def test_an_instance_goes_from_one_class_to_the_other_at_any_time(tmp_path: Path) -> None:
    home = _home(tmp_path / "home", "")
    runs = []
    for day, config in (("2026-01-05", ""), (DAY, OURS), ("2026-01-07", "")):
        (home / "dagster.yaml").write_text(config)
        runs.append(_run(home, of=day))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert {run.run_id for run in instance.get_runs()} == set(runs)
        made = instance.get_materialized_partitions(dg.AssetKey("second"))
        assert made == {"2026-01-05", DAY, "2026-01-07"}


def test_the_projects_instance_is_ours_and_a_storage_that_is_named_stays(tmp_path: Path) -> None:
    home = _home(tmp_path / "home", "")
    shutil.copy(Path(__file__).parents[3] / "dagster.yaml", home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance, BatchedInstance)
        assert isinstance(instance.event_log_storage, BatchedEventLog)
        assert instance.root_directory == str(home)
        with dg.DagsterInstance.from_ref(instance.get_ref()) as again:
            assert isinstance(again.event_log_storage, BatchedEventLog)
    other = _home(tmp_path / "other", f"{OURS}storage: {{sqlite: {{base_dir: {tmp_path / 'elsewhere'}}}}}\n")
    run_id = _run(other)
    assert (tmp_path / "elsewhere" / "history" / "runs" / f"{run_id}.db").is_file()
    with dg.DagsterInstance.from_config(str(other)) as instance:
        assert not isinstance(instance.event_log_storage, BatchedEventLog)


@contextmanager
def _batched(folder: Path) -> Iterator[BatchedEventLog]:
    storage = BatchedStorage.from_local(str(folder))
    assert isinstance(storage.event_log_storage, BatchedEventLog)
    try:
        yield storage.event_log_storage
    finally:
        storage.dispose()


def _planned(run_id: str, names: Sequence[str]) -> list[dg.EventLogEntry]:
    from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent

    return [
        dg.EventLogEntry(  # type: ignore[no-untyped-call]
            error_info=None,
            level=10,
            user_message="",
            run_id=run_id,
            timestamp=1.0,
            step_key=name,
            job_name="job",
            dagster_event=DagsterEvent.build_asset_materialization_planned_event(
                "job", name, AssetMaterializationPlannedData(dg.AssetKey(name), partition=DAY)
            ),
        )
        for name in names
    ]


def test_a_batch_that_fails_leaves_nothing_and_the_log_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _batched(tmp_path) as log:
        events = _planned("a" * 32, ["one", "two", "three"])
        stored = log.store_event

        def fails(event: dg.EventLogEntry) -> None:
            if event.step_key == "three":
                raise OSError("no space left")
            stored(event)

        with monkeypatch.context() as patched:
            patched.setattr(log, "store_event", fails)
            with pytest.raises(OSError, match="no space left"):
                log.store_event_batch(events)
        assert list(log.get_logs_for_run("a" * 32)) == []
        log.store_event_batch(events)
        assert [event.step_key for event in log.get_logs_for_run("a" * 32)] == ["one", "two", "three"]


def test_threads_and_readers_wait_for_a_batch_and_lose_nothing(tmp_path: Path) -> None:
    runs = [letter * 32 for letter in "abc"]
    names = [f"asset_{n}" for n in range(8)]
    with _batched(tmp_path) as log:
        threads = [threading.Thread(target=log.store_event_batch, args=(_planned(run, names),)) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for run in runs:
            assert [event.step_key for event in log.get_logs_for_run(run)] == names
    index = _rows(tmp_path / "history" / "runs" / "index.db", "SELECT count(*) FROM event_logs")
    assert index == [(len(runs) * len(names),)]


def test_events_of_several_runs_in_one_batch_go_where_they_belong(tmp_path: Path) -> None:
    with _batched(tmp_path) as log:
        log.store_event_batch([*_planned("a" * 32, ["one"]), *_planned("b" * 32, ["two", "three"])])
        assert [len(log.get_logs_for_run(run * 32)) for run in "ab"] == [1, 2]


def test_engines_of_ended_runs_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_MOST_ENGINES", 2)
    with _batched(tmp_path) as log:
        for run in "abcd":
            log.store_event_batch(_planned(run * 32, ["one"]))
        assert len(log._engines) == 2
        assert len(log.get_logs_for_run("a" * 32)) == 1
