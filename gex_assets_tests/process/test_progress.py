"""What a task says of itself, and that a line is redrawn at terminals only and gives way to everything else."""

from __future__ import annotations

import io
import sys
import time

import pytest

from gex_assets.process import progress
from gex_assets.process.progress import Task, advance, live_line, task, task_text

PATIENCE = 60.0


@pytest.mark.parametrize(
    ("one", "seconds", "text"),
    [
        (Task("silver_gex", "rows"), 12.0, "silver_gex: begun 12 s ago"),
        (Task("silver_gex", "rows", done=3_000), 2.0, "silver_gex: 3,000 rows, 1,500 rows/s"),
        (Task("silver_gex", "rows", done=3_000, share=0.25), 2.0, "silver_gex: 3,000 rows, 1,500 rows/s, about 6 s left"),
        (Task("a.dbn.zst", "bytes", total=0), 0.0, "a.dbn.zst: 0 B, 0 B/s"),
        (Task("a", "bytes", total=2e3, done=5e3), 1.0, "a: 5.0 kB of 2.0 kB, 5.0 kB/s, about 0 s left"),
        (Task("a", "bytes", total=1e12, done=1), 1.0, "a: 1 B of 1000.0 GB, 1 B/s"),
    ],
)
def test_a_task_says_amount_rate_and_what_is_left(one: Task, seconds: float, text: str) -> None:
    assert task_text(one, seconds=seconds) == text


def test_what_is_done_counts_for_the_innermost_task_of_its_unit() -> None:
    advance(7, "rows")  # no task: nothing to tell
    with task("outer", unit="rows") as outer:
        advance(2, "rows")
        with task("inner", unit="bytes") as inner:
            advance(3, "bytes")
            advance(4, "rows")
        advance(5, "rows")
    assert (outer.done, inner.done) == (7, 3)


def shown(out: io.StringIO, text: str) -> None:
    end = time.monotonic() + PATIENCE
    while text not in out.getvalue():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_line_is_redrawn_and_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PAUSE", 0.005)
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0.0)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with live_line(is_terminal=lambda: True), task("silver_gex", unit="rows"):
        shown(out, "  … silver_gex: 0 rows")
        advance(5, "rows")
        shown(out, "  … silver_gex: 5 rows")
        print("a line of its own")  # noqa: T201
        shown(out, "\r\x1b[2Ka line of its own\n")
        print("half a line", end="")  # noqa: T201
        drawn = len(out.getvalue())
        time.sleep(0.05)
        assert len(out.getvalue()) == drawn
    assert sys.stdout is out
    assert out.getvalue().endswith("half a line")


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PAUSE", 0.001)
    monkeypatch.setattr(progress, "_SHOWN_AFTER", 0.0)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with live_line(), task("silver_gex", unit="rows"):
        assert sys.stdout is out
        time.sleep(0.02)
    assert out.getvalue() == ""
