from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest

from gex_assets.report.study_page import finding_lines
from gex_assets.study.findings import Finding

WHERE = {"day": date(2026, 1, 6), "expiration": date(2026, 3, 20), "days": 73.0}
FOUND = (
    Finding(
        **WHERE,  # type: ignore[arg-type]
        subject="forward",
        measure="RMSE, 5 % stale",
        unit="points",
        value=0.03,
        baseline=0.5,
        baseline_is="one strike",
        limit=0.05,
        share=0.1,
        cases=1200,
    ),
    Finding(**WHERE, subject="levels", measure="regime", unit="share", value=0.9, limit=1.0, at_least=True, cases=10),  # type: ignore[arg-type]
    Finding(**WHERE, subject="levels", measure="walls", unit="share", value=float("nan"), limit=1.0, at_least=True, cases=0),  # type: ignore[arg-type]
    Finding(**WHERE, subject="gamma", measure="largest", unit="%", value=1.5, cases=10),  # type: ignore[arg-type]
)


def test_a_table_says_what_was_asked_and_what_holds() -> None:
    lines = list(finding_lines(FOUND, style="table", width=160))
    assert lines[0] == "2026-01-06: expiration 2026-03-20, 73.0 days away"
    forward = next(line for line in lines if line.startswith("forward"))
    words = "forward | RMSE, 5 % stale | 0.03 | points | 0.5 | one strike | <= 0.05 | yes | 1,200"
    assert forward.split() == words.replace("|", "").split()
    assert next(line for line in lines if "regime" in line).split()[-4:] == [">=", "1", "NO", "10"]
    assert next(line for line in lines if "walls" in line).split()[1:3] == ["-", "share"]
    assert lines[-1] == "1 of 3 requirements hold"


def test_several_expirations_stand_side_by_side_the_nearest_first() -> None:
    nearer = [
        replace(one, day=date(2026, 3, 19), days=1.0, baseline=one.baseline and 0.2, limit=one.limit and one.limit * 0.4)
        for one in FOUND[:1]
    ]
    lines = list(finding_lines((*FOUND, *nearer), style="table", width=200))
    assert lines[0].split()[-2:] == ["1.0", "73.0"]
    assert lines[1].split()[-2:] == ["2026-03-19", "2026-01-06"]
    words = "forward | RMSE, 5 % stale | points | <= 0.1 of one strike | ! 0.03 / 0.2 | 0.03 / 0.5"
    assert lines[2].split() == words.replace("|", "").split()
    assert lines[3].split() == ["levels", "regime", "share", ">=", "1", "!", "0.9"]
    assert lines[-1] == "1 of 4 requirements hold"


def test_a_page_of_80_columns_has_a_line_for_each_subject() -> None:
    lines = list(finding_lines(FOUND, style="table", width=80))
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
    assert lines[2] == "forward (baseline: one strike)"
    assert lines[3].split() == ["RMSE,", "5", "%", "stale", "[points]", "0.03", "0.5", "<=", "0.05", "yes"]
    assert [line for line in lines if line.startswith("levels")] == ["levels"]
    nearer = [replace(one, day=date(2026, 3, 19), days=1.0) for one in FOUND]
    both = list(finding_lines((*FOUND, *nearer), style="table", width=80))
    assert max(map(len, both)) <= 80
    assert both[0].split()[-2:] == ["1.0", "73.0"]
    words = "RMSE, 5 % stale [points] <= 0.1 of one strike 0.03 / 0.5 0.03 / 0.5"
    assert both[3].split() == words.split()


def test_json_and_csv_hold_everything() -> None:
    rows = [json.loads(line) for line in finding_lines(FOUND, style="json", width=80)]
    assert rows[0] == {
        "day": "2026-01-06",
        "expiration": "2026-03-20",
        "days": 73.0,
        "subject": "forward",
        "measure": "RMSE, 5 % stale",
        "value": 0.03,
        "unit": "points",
        "baseline": 0.5,
        "baseline_is": "one strike",
        "limit": 0.05,
        "share": 0.1,
        "at_least": False,
        "holds": True,
        "cases": 1200,
    }
    assert (rows[2]["value"], rows[2]["holds"], rows[3]["holds"]) == (None, False, None)
    table = list(csv.DictReader(io.StringIO("\n".join(finding_lines(FOUND, style="csv", width=80)))))
    assert [row["value"] for row in table] == ["0.03", "0.9", "", "1.5"]
    assert table[0]["holds"] == "True"


@pytest.mark.parametrize("style", ["table", "csv", "json"])
def test_nothing_found(style: str) -> None:
    assert len(list(finding_lines((), style=style, width=80))) <= 1
