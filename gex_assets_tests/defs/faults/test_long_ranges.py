"""A long range of tiny days by `gex run`: files are corrupt, a worker is killed, and the rest is done at a constant cost."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from gex_assets.lake.keys import table_day_key
from gex_assets_tests.defs.faults.tiny_lake import TinyLake, objects

REPOSITORY = Path(__file__).parents[3]
FIRST = date(2023, 1, 3)
"""So long ago that a thousand days are over."""
TABLES = ("raw_option_definition", "raw_option_statistics")
"""What the days are made of: their files are verified. Starting and ending a run is most of its work."""
SELECT = " or ".join(f'key:"{table}"' for table in TABLES)
MEGABYTE = 1_000_000


@dataclass(slots=True)
class Seen:
    """A command while it works, seen after each hundredth of its days.

    Attributes
    ----------
    parent, worker : days that were published -> memory of the command, and of its largest worker. [MB]
    cpu : the same -> processor time of the workers that are there. [s]
    """

    parent: dict[int, int] = field(default_factory=dict)
    worker: dict[int, int] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)


def gex(home: Path, *words: str) -> subprocess.Popen[str]:
    """A command in a folder whose instance and lake it shares with the UI. What it says is in `said.txt` there."""
    environment = os.environ | {"DAGSTER_HOME": str(home), "GEX_LAKE": str(home / "lake"), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-P", "-m", "gex_assets.cli", *words]
    with (home / "said.txt").open("w") as out, (home / "errors.txt").open("a") as errors:
        return subprocess.Popen(
            command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, text=True
        )


def published(lake: Path, days: tuple[date, ...]) -> int:
    """How many days have their last table."""
    return sum((lake / table_day_key(TABLES[-1], product="ES", day=day)).exists() for day in days)


def watched(home: Path, days: tuple[date, ...], *words: str) -> tuple[int, str, Seen]:
    """Run the command. One of its workers is killed after a quarter of the days. Its code, what it said and what was seen."""
    seen, killed = Seen(), 0
    with gex(home, *words) as process:
        end = time.monotonic() + 20.0 * len(days)
        while process.poll() is None:
            assert time.monotonic() < end, (home / "errors.txt").read_text()[-4000:]
            done, workers = published(home / "lake", days), workers_of(process.pid)
            if not killed and workers and done >= len(days) // 4:
                killed = workers[0]
                os.kill(killed, signal.SIGKILL)
            if done >= (len(seen.cpu) + 1) * len(days) / 100 and workers and killed not in workers:
                note(seen, done, process.pid, workers)
            time.sleep(0.2)
    assert killed
    return process.returncode, (home / "said.txt").read_text(), seen


def workers_of(pid: int) -> list[int]:
    """The processes that a command has started."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def note(seen: Seen, done: int, parent: int, workers: list[int]) -> None:
    try:
        memory = [resident(pid) for pid in (parent, *workers)]
        ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in workers]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return  # one of them has just ended
    seen.parent[done], seen.worker[done] = memory[0], max(memory[1:])
    seen.cpu[done] = sum(int(one) for pair in ticks for one in pair) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Memory of a process now. [MB]."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MEGABYTE


def statistics_of(lake: Path, day: date) -> Path:
    """The delivered file of a day."""
    (found,) = lake.rglob(f"glbx-mdp3-{day:%Y%m%d}.statistics.dbn.zst")
    return found


def failed_days(home: Path) -> set[date]:
    """Days that `gex status` says have failed and were not made since."""
    with gex(home, "status", "--json") as process:
        process.wait()
    found = [json.loads(line) for line in (home / "said.txt").read_text().splitlines()]
    return {date.fromisoformat(one["day"]) for one in found if "failed" in one}


@pytest.mark.long
@pytest.mark.parametrize("count", [20, pytest.param(1_000, marks=pytest.mark.soak)])
def test_a_long_range_ends_but_for_its_corrupt_files_and_the_rest_is_made_later(tmp_path: Path, count: int) -> None:
    shipped = TinyLake(start=FIRST, count=count)
    lake, days = shipped.make(tmp_path / "lake"), shipped.days
    (tmp_path / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    bad = {day: statistics_of(lake, day).read_bytes() for day in (days[count // 5], days[count // 2], days[-2])}
    for day in bad:
        statistics_of(lake, day).write_bytes(b"\x28\xb5\x2f\xfd" + b"no frame at all" * 100)

    words = ("run", "--jobs", "2", "--select", SELECT)
    code, said, seen = watched(tmp_path, days, *words, "--date", str(days[0]), "--to", str(days[-1]))
    errors = (tmp_path / "errors.txt").read_text()
    assert code == 1, errors[-4000:]
    assert f"Expected {count:,} days to be published, was {count - len(bad)}: {len(bad)} failed" in errors
    assert "  CRASHED: the process was killed by SIGKILL" in said
    assert [line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("failed: ")] == list(map(str, bad))
    assert published(lake, days) == count - len(bad)
    assert failed_days(tmp_path) == set(bad)
    late = [size for done, size in seen.parent.items() if done > count / 2]  # it imports Dagster where a worker dies
    assert max(late) - min(late) < 20
    assert max(late) < 250
    assert max(seen.worker.values()) < 650
    if count >= 1_000:
        assert_constant(seen)

    before = objects(lake)
    for day, content in bad.items():
        statistics_of(lake, day).write_bytes(content)
    for line in [line for line in said.splitlines() if line.startswith("run again: ")]:
        with gex(tmp_path, *shlex.split(line.partition("run again: gex ")[2])) as process:
            process.wait()
        assert process.returncode == 0, (tmp_path / "errors.txt").read_text()[-4000:]
    after = objects(lake)
    assert before.items() <= after.items()
    assert {Path(key).parts[-2] for key in after.keys() - before.keys()} == {f"date={day}" for day in bad}
    assert failed_days(tmp_path) == set()
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        ended = Counter((run.tags["dagster/partition"], run.status) for run in instance.get_runs())
    failures = Counter({day: number for (day, status), number in ended.items() if status == dg.DagsterRunStatus.FAILURE})
    assert {day: failures[str(day)] for day in bad} == dict.fromkeys(bad, 1)
    assert sum(failures.values()) <= len(bad) + 1  # and the run of the worker that was killed, unless it had none in hand
    sys.stdout.write(f"memory of the command and of a worker, processor time, after so many days: {seen}\n")


def assert_constant(seen: Seen) -> None:
    """A day late in the range costs no more than an early one. Other work on the machine slows both, not equally."""
    at = sorted(done for done in seen.cpu if done > 350)
    middle, end = at[len(at) // 3], at[-1]
    early = (seen.cpu[middle] - seen.cpu[at[0]]) / (middle - at[0])
    late = (seen.cpu[end] - seen.cpu[middle]) / (end - middle)
    assert late < 1.6 * early, (early, late)
    assert seen.worker[end] - seen.worker[at[0]] < 30
