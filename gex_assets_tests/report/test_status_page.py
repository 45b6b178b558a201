"""The status of a lake: a page of 80 columns, one cause a day, ten years in a screen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from gex_assets.cli.options import lines_for_people
from gex_assets.lake.status import TableState
from gex_assets.report.status_page import json_lines, states_of_days, status_lines

DAY = date(2026, 1, 6)
REFUSED = TableState(
    table="raw_option_mbo",
    product="ES",
    day=DAY,
    state="rejected",
    why=(
        "refused: GLBX-20260121-ABCDEFGHIJ/glbx-mdp3-20260106.mbo.dbn.zst: Expected 5 bytes as manifest.json says, was 4",
        "deliver it again, or remove it and run `gex run --date 2026-01-06`",
    ),
)
PUBLISHED = TableState(
    table="bronze_option_instruments", product="ES", day=DAY, state="published", is_published=True, rows=7, size_bytes=900
)


def words(lines: list[str]) -> str:
    return "".join("".join(lines).split())


def test_a_refused_file_is_said_with_its_reason_and_what_to_do_at_80_columns():
    lines = list(status_lines(states_of_days([REFUSED, PUBLISHED]), day=DAY, width=80))
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("ES raw_option_mbo") and "rejected" in line for line in lines)
    column = min(line.index("refused") for line in lines if "refused" in line)
    said = words([line[column:] for line in lines if "bronze_option" not in line][1:])
    assert words(["; ".join(REFUSED.why)]) in said


def test_without_a_day_the_reasons_stand_below_the_days_and_fit_too():
    lines = seen(status_lines(states_of_days([REFUSED, PUBLISHED]), day=None, width=80))
    assert max(map(len, lines)) <= 80
    assert words(["ES 2026-01-06 raw_option_mbo is rejected: ", "; ".join(REFUSED.why)]) in words(lines)


def seen(lines: Iterable[str]) -> list[str]:
    """As they stand in a terminal of 80 columns."""
    return [part for line in lines for part in lines_for_people(line, width=80)]


def missing(table: str, day: date = DAY) -> TableState:
    return TableState(table=table, product="ES", day=day, state="missing")


def stale(table: str, *why: str, day: date = DAY) -> TableState:
    return TableState(table=table, product="ES", day=day, state="stale", why=why, is_published=True, rows=1, size_bytes=10)


def test_a_day_without_files_says_once_what_makes_it_and_what_follows():
    lines = list(status_lines(states_of_days([missing("raw_option_mbo"), missing("silver_gex")]), day=DAY, width=120))
    assert lines[1].endswith("`gex run --date 2026-01-06` makes it")
    assert lines[2].endswith("follows from raw_option_mbo")


def test_a_day_has_one_cause_and_what_follows_is_counted():
    (day,) = states_of_days(
        [REFUSED, missing("raw_future_mbo"), PUBLISHED, stale("silver_forward", "input raw_option_mbo changed")]
    )
    assert day.cause == REFUSED
    assert day.follows == ("raw_future_mbo", "silver_forward")
    assert day.others == ()
    assert "2 tables follow from it" in words_with_spaces([day])


def test_causes_that_do_not_follow_from_each_other_are_told_apart():
    settings = stale("silver_forward", "settings changed: one of rate")
    code = stale("silver_vacuum", "code version 1 -> 2", "input silver_forward is stale")
    chain = stale("silver_gex_chain", "input silver_forward is stale", "input silver_forward/product=ES/x is gone")
    (day,) = states_of_days([settings, code, chain])
    assert (day.cause, day.others, day.follows) == (settings, (code,), ("silver_gex_chain",))
    assert "1 more with a cause of its own, see gex status --date 2026-01-06" in words_with_spaces([day])
    (day,) = states_of_days([settings, code, stale("silver_gex", "code version 1 -> 2")])
    assert "2 more with causes of their own, see" in words_with_spaces([day])


def test_a_refusal_comes_before_what_is_stale_and_a_missing_table_says_what_makes_it():
    (day,) = states_of_days([stale("raw_future_mbo", "code version 1 -> 2"), REFUSED])
    assert day.cause == REFUSED
    assert "`gex run --date 2026-01-06` makes it" in words_with_spaces(states_of_days([missing("raw_option_mbo")]))
    assert "`gex history` makes it" in words_with_spaces(states_of_days([PUBLISHED, missing("regime_history")]))


def test_ten_years_fit_a_screen_and_say_what_they_leave_out():
    days = [date(2016, 1, 4) + timedelta(days=n) for n in range(2_500)]
    states = [replace(PUBLISHED, day=day) for day in days]
    for at in (100, *range(1_000, 1_060, 2)):
        states[at] = replace(REFUSED, day=days[at])
    lines = seen(status_lines(states_of_days(states), day=None, width=80))
    assert len(lines) <= 55
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("… earlier ") for line in lines)
    assert lines[-1] == "… 25 earlier days that are not whole: gex status --failed lists them"
    published = [line for line in lines if " … " in line and str(days[-1]) in line]
    assert published
    every = list(status_lines([day for day in states_of_days(states) if day.cause], day=None, width=80, whole=True))
    assert sum(line.startswith("ES") and "is rejected" in line for line in every) == 31


def test_json_has_a_day_or_a_table_in_each_line():
    days = states_of_days([REFUSED, missing("silver_gex"), PUBLISHED])
    (day,) = [json.loads(line) for line in json_lines(days, by_table=False)]
    assert (day["state"], day["follows"], day["cause"]["table"]) == ("rejected", ["silver_gex"], "raw_option_mbo")
    assert day["tables"] == {"published": 1, "partial": 0, "stale": 0, "rejected": 1, "missing": 1}
    assert [json.loads(line)["state"] for line in json_lines(days, by_table=True)] == ["rejected", "missing", "published"]


def words_with_spaces(days) -> str:
    return " ".join(" ".join(status_lines(days, day=None, width=200)).split())
