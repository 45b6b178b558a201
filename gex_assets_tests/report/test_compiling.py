"""What is seen while kernels are compiled: also while the caller waits for the last of them."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from rich.console import Console

from gex_assets.report.compiling import shown_compiling
from gex_assets.warm_up import units
from gex_assets.warm_up.side_by_side import Compiling
from gex_assets.warm_up.units import UNITS

MOST_SECONDS = 20.0


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written, and two units instead of all."""
    few = tuple(unit for unit in UNITS if unit.name in ("greeks", "follow_prices"))
    monkeypatch.setattr(units, "UNITS", few)
    return io.StringIO()


def test_a_terminal_shows_how_far_it_is_while_the_last_unit_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, written: io.StringIO
) -> None:
    leave = Compiling.__exit__

    def look_and_leave(self: Compiling, *error: Any) -> None:
        before, until = len(written.getvalue()), time.monotonic() + MOST_SECONDS
        while "compiled " not in written.getvalue()[before:]:
            assert time.monotonic() < until, "nothing is said while the caller waits"
            time.sleep(0.05)
        leave(self, *error)

    monkeypatch.setattr(Compiling, "__exit__", look_and_leave)
    with shown_compiling(Console(file=written, force_terminal=True, width=80)) as compiling:
        assert compiling.state.total == 2
    assert compiling.state.done == 2


def test_elsewhere_each_unit_has_a_line(written: io.StringIO) -> None:
    with shown_compiling(Console(file=written, force_terminal=False, width=80)):
        pass
    lines = [line for line in written.getvalue().splitlines() if line.startswith("  compiled ")]
    assert [line.split(" in ")[0] for line in lines] == ["  compiled 1 of 2", "  compiled 2 of 2"]
