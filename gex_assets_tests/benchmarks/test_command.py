from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks.environments import PEERS
from benchmarks.goals import registry
from benchmarks.lines import Line
from benchmarks.measuring import Failed, Measured, alternately
from benchmarks.measuring import command as run
from benchmarks.tasks import TASKS
from gex_assets.cli import bench
from gex_assets.errors import GexError


def test_every_task_and_every_goal_is_where_it_is_said_to_be() -> None:
    for place in TASKS.values():
        module, _, function = place.partition(":")
        assert callable(getattr(importlib.import_module(module), function))
    for module, _ in registry.GOALS.values():
        assert callable(importlib.import_module(f"benchmarks.goals.{module}").lines)


def test_peers_are_pinned_and_each_has_its_script() -> None:
    pins = sorted(PEERS.glob("*.txt"))
    assert {path.stem for path in pins} == {path.stem.removeprefix("run_") for path in PEERS.glob("run_*.py")}
    for path in pins:
        assert all("==" in line for line in path.read_text(encoding="utf-8").split())


def test_gex_bench_finds_the_folder_beside_the_package() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "gex_assets.cli", "bench", "--list"], capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in found.stdout.splitlines()] == list(registry.GOALS)


def test_gex_bench_without_the_folder_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "__file__", str(tmp_path / "gex_assets" / "cli" / "bench.py"))
    with pytest.raises(GexError, match=r"Expected the folder benchmarks next to the package"):
        bench.bench(["--list"], standalone_mode=False)


def test_a_goal_that_is_not_there_is_refused() -> None:
    found = CliRunner().invoke(command.bench, ["--only", "1,99"])
    assert found.exit_code != 0
    assert "was 99" in found.output


def test_lines_are_kept_from_run_to_run_and_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lines_of(goal: str, _: object) -> Iterator[Line]:
        yield Line(goal=goal, what=f"goal {goal}", remark="equal")

    monkeypatch.setattr(command, "lines_of", lines_of)
    monkeypatch.setattr(command, "KEPT", tmp_path / "out" / "lines.json")
    monkeypatch.setattr(command, "RESULTS", tmp_path / "RESULTS.md")
    assert CliRunner().invoke(command.bench, ["--only", "3"]).exit_code == 0
    assert CliRunner().invoke(command.bench, ["--only", "1", "--write"]).exit_code == 0
    written = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert written.index("goal 1") < written.index("goal 3")
    assert "not measured**: goals 2, 4" in written


def test_results_that_differ_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "lines_of", lambda goal, _: iter([Line(goal=goal, what="a book", remark="RESULTS DIFFER in 3")]))
    monkeypatch.setattr(command, "KEPT", tmp_path / "lines.json")
    found = CliRunner().invoke(command.bench, ["--only", "3"])
    assert (found.exit_code, "Expected equal results, was: a book" in found.output) == (1, True)


def test_a_goal_that_fails_is_a_line_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lines_of(goal: str, _: object) -> Iterator[Line]:
        if goal == "1":
            raise Failed("it ended with 137")
        yield Line(goal=goal, what="another")

    monkeypatch.setattr(command, "lines_of", lines_of)
    monkeypatch.setattr(command, "KEPT", tmp_path / "lines.json")
    found = CliRunner().invoke(command.bench, ["--only", "1,2"])
    assert "not measured: it ended with 137" in found.output
    assert "another" in found.output


def test_a_process_is_measured_and_its_failure_has_its_last_words() -> None:
    took = run([sys.executable, "-c", "sum(range(10**6)); bytearray(1 << 26); print('{\"rows\": 3}')"])
    assert took.said == {"rows": 3}
    assert took.cpu > 0
    assert took.peak > 1 << 26
    with pytest.raises(Failed, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"])


@pytest.mark.skipif(sys.platform != "linux", reason="resident sizes are read from /proc")
def test_a_limit_of_memory_is_kept(tmp_path: Path) -> None:
    asked = "room = b'x' * (300 << 20); print(len(room)); "
    assert run([sys.executable, "-c", asked], memory=1 << 30).said == {"text": str(300 << 20)}
    mark = tmp_path / "was not ended"
    with pytest.raises(Failed, match="where 200 are granted"):
        run([sys.executable, "-c", asked + f"import time; time.sleep(60); open({str(mark)!r}, 'w')"], memory=200 << 20)
    assert not mark.exists()


def test_of_alternating_runs_the_least_counts() -> None:
    order: list[str] = []
    times = {"ours": iter([3.0, 1.0, 2.0]), "theirs": iter([9.0, 8.0, 7.0])}

    def run_of(name: str) -> Measured:
        order.append(name)
        return Measured(cpu=next(times[name]), wall=0.0, peak=0)

    found = alternately(lambda: run_of("ours"), lambda: run_of("theirs"), rounds=3)
    assert [one.cpu for one in found] == [1.0, 7.0]
    assert order == ["ours", "theirs"] * 3
