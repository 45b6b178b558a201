"""A lake that is up to date, what is chosen in its own gex.toml, and what the status and the check of the UI say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from click.testing import CliRunner

from gex_assets.cli.main import gex
from gex_assets.defs.run import run_days, run_history
from gex_assets.schemas.pages import PAGES
from gex_assets.schemas.registry import TABLES
from gex_assets.settings import load
from gex_assets_tests.defs.reuse.reached import REACH
from gex_assets_tests.defs.upkeep.judged import judged

__all__ = ["choose", "reached", "run_all", "said_by_status", "stale"]


def run_all(lake: Path, days: Sequence[date]) -> set[str]:
    """The days and their history with the settings of now; the tables that were made."""
    done = list(run_days(load(lake=lake), days))
    assert all(one.success for one in done), [one.failure for one in done]
    history = run_history(load(lake=lake))
    assert history.success, history.failure
    return {name for one in done for name in set(one.materialized) - set(one.reused)}


def toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def choose(lake: Path, choices: Mapping[str, Any]) -> None:
    """Write the lake's own gex.toml, or remove it."""
    text = "".join(f"{name} = {toml(value)}\n" for name, value in choices.items())
    if text:
        (lake / "gex.toml").write_text(text)
    else:
        (lake / "gex.toml").unlink()


def said_by_status(lake: Path, days: Sequence[date]) -> dict[str, str]:
    """What `gex status` calls stale of all the days alike, and why; nothing is missing or rejected."""
    by_day: list[dict[str, str]] = []
    for day in days:
        done = CliRunner().invoke(gex, ["status", "--json", "--date", day.isoformat(), "--lake", str(lake)])
        assert done.exit_code == 0, done.output
        states = [line for line in map(json.loads, done.stdout.splitlines()) if "table" in line]
        assert {state["table"] for state in states if state["state"] in ("published", "stale")} == {*TABLES, *PAGES}
        by_day.append({state["table"]: "; ".join(state["why"]) for state in states if state["state"] == "stale"})
    assert len({frozenset(reasons) for reasons in by_day}) == 1
    return by_day[0]


def stale(lake: Path, days: Sequence[date]) -> dict[str, str]:
    """What the status calls stale; the check in the UI says the same of what the first day makes."""
    reasons = said_by_status(lake, days)
    with dg.DagsterInstance.ephemeral() as instance:
        verdicts = judged(lake, instance)
    assert {name for name, one in verdicts.items() if not one.passed} == set(reasons) - {"regime_history"}
    return reasons


def reached(choices: Mapping[str, Any]) -> set[str]:
    """The tables and pages that the settings reach."""
    tables = {table for name in choices for table in REACH[name][1]}
    spans = {"regime_history"} if "regime_scores" in tables else set()
    return tables | spans | {name for name, page in PAGES.items() if tables & set(page.shows)}
