from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.checks import (
    BLOCKING,
    Verdict,
    a_file_is_there,
    books_are_sane,
    files_are_vouched_for,
    forward_is_inside_its_bounds,
    matches_schema,
    something_was_selected,
    still_matches_schema,
    windows_cover_the_session,
)
from gex_assets.schemas.registry import TABLES

WINDOW = 5_000_000_000


def instruments(*reasons: str, dte: int = 30) -> pa.Table:
    selecting = {"front", "successor_on_expiration_day", "among_the_nearest", "all_within_max_dte", "nearest_beyond_max_dte"}
    rows = [
        {
            "instrument_id": n,
            "raw_symbol": f"ESH6 C{6000 + n}",
            "root": "ES",
            "family": "quarterly",
            "underlying": "ESH6",
            "right": "C",
            "strike": 6000.0 + n,
            "ts_expiration": 1,
            "multiplier": 50.0,
            "exercise": "american",
            "settlement": "am",
            "source": "symbol",
            "dte": dte,
            "selected": reason in selecting,
            "selection_reason": reason,
            "ts_listed": 0,
            "job_id": "",
        }
        for n, reason in enumerate(reasons)
    ]
    return pa.Table.from_pylist(rows, schema=BRONZE_OPTION_INSTRUMENTS.arrow_schema())


def test_a_broken_contract_rejects_and_says_how():
    verdict = matches_schema(failures=["Expected strike >= 0, was -1"], rows=3)
    assert not verdict.passed
    assert verdict.rejects
    assert "Expected strike >= 0" in verdict.text
    assert matches_schema(failures=[], rows=3).passed


def test_a_day_without_a_file_warns_and_rejects_nothing():
    verdict = a_file_is_there(files=0, table="raw_option_mbo")
    assert (verdict.passed, verdict.severity, verdict.rejects) == (False, "warn", False)
    assert a_file_is_there(files=2, table="raw_option_mbo").passed


def test_files_without_manifest_or_with_degraded_data_are_named():
    base = dict.fromkeys(TABLES["raw_option_mbo"].column_names)
    rows = [
        base | {"file_name": "a", "sha256_expected": None, "condition": "available"},
        base | {"file_name": "b", "sha256_expected": "x", "condition": "degraded"},
    ]
    table = pa.Table.from_pylist(rows)
    verdict = files_are_vouched_for(table)
    assert not verdict.passed
    assert verdict.severity == "warn"
    assert "none for a" in verdict.text
    assert "degraded for b" in verdict.text
    assert files_are_vouched_for(
        pa.Table.from_pylist([base | {"file_name": "c", "sha256_expected": "x", "condition": None}])
    ).passed


@pytest.mark.parametrize(
    ("reasons", "passed", "severity", "rejects"),
    [
        (("front", "not_front"), True, "error", False),
        ((), False, "warn", False),
        (("expired", "beyond_max_dte"), False, "error", True),
        (("nearest_beyond_max_dte", "not_front"), False, "warn", False),
        (("front", "nearest_beyond_max_dte"), True, "error", False),
    ],
)
def test_something_must_be_selected_where_outrights_were_delivered(reasons, passed, severity, rejects):
    verdict = something_was_selected(instruments(*reasons, dte=73), max_dte=45, tally={})
    assert (verdict.passed, verdict.severity, verdict.rejects) == (passed, severity, rejects)
    if severity == "warn" and reasons:
        assert "73 days" in verdict.text


@pytest.mark.parametrize(
    ("tally", "passed", "severity", "words"),
    [
        ({}, False, "warn", ("no option input",)),
        ({"other_family": 3, "other_root": 5}, False, "warn", ("no option input",)),
        ({"other_family_weekly": 0}, False, "warn", ("no option input",)),
        ({"other_family_weekly": 3}, False, "error", ("3 weekly",)),
        ({"other_family_weekly": 3, "other_family_eom": 1_200}, False, "error", ("3 weekly", "1,200 eom")),
    ],
)
def test_a_setting_that_leaves_out_all_that_was_delivered_rejects_and_names_the_families(tally, passed, severity, words):
    verdict = something_was_selected(instruments(), max_dte=45, tally=tally)
    assert (verdict.passed, verdict.severity, verdict.rejects) == (passed, severity, severity == "error")
    assert all(word in verdict.text for word in words)


def test_families_that_came_and_were_not_selected_are_named_beside_those_that_are_not_enabled():
    verdict = something_was_selected(instruments("expired", "expired"), max_dte=45, tally={"other_family_daily": 7})
    assert verdict.rejects
    assert all(word in verdict.text for word in ("2 quarterly", "7 daily", "2 expired"))
    fine = something_was_selected(instruments("front"), max_dte=45, tally={"other_family_daily": 7})
    assert fine.passed
    assert fine.facts["other_families"] == {"daily": 7}


def test_missing_and_extra_windows_are_counted_and_dated():
    expected = np.arange(1, 11) * WINDOW
    assert windows_cover_the_session(found=expected, expected=expected).passed
    verdict = windows_cover_the_session(found=np.append(expected[:-2], 99 * WINDOW), expected=expected)
    assert verdict.rejects
    assert (verdict.facts["missing"], verdict.facts["extra"]) == (2, 1)
    assert "1970-01-01 00:00:45 UTC" in verdict.text
    assert windows_cover_the_session(found=expected[:0], expected=expected[:0]).passed


@pytest.mark.parametrize(
    ("odd", "passed", "severity"), [(0, True, "error"), (100, True, "error"), (101, False, "warn"), (5_001, False, "error")]
)
def test_odd_records_warn_above_a_thousandth_and_fail_above_a_twentieth(odd, passed, severity):
    verdict = books_are_sane({"records": 100_000, "unknown_cancel": odd, "unrelated": 99_999})
    assert (verdict.passed, verdict.severity, verdict.rejects) == (passed, severity, False)


@pytest.mark.parametrize(("unmapped", "passed"), [(0, True), (50, True), (51, False)])
def test_no_file_may_have_more_than_a_twentieth_of_unmapped_records_however_large_the_others_are(unmapped, passed):
    tally = {"records": 1_000_000, "unknown_instrument": unmapped, "worst_file_unmapped": unmapped, "worst_file_records": 1_000}
    verdict = books_are_sane(tally)
    assert verdict.passed is passed
    assert verdict.severity == "error"
    assert passed or "5.1000% of 1,000 records of one file" in verdict.text


def test_no_records_are_sane():
    assert books_are_sane({}).passed


def test_the_forward_is_judged_only_where_its_bounds_agree():
    def table(forward, lower, upper):
        return pa.table({"forward": forward, "forward_se": [0.1] * len(forward), "forward_lower": lower, "forward_upper": upper})

    inside = table([6000.0, 6000.0, None], [5999.0, 6001.0, 5999.0], [6001.0, 5999.0, 6001.0])
    verdict = forward_is_inside_its_bounds(inside)
    assert verdict.passed
    assert verdict.facts["judged"] == 1
    outside = forward_is_inside_its_bounds(table([6002.0], [5999.0], [6001.0]))
    assert (outside.passed, outside.rejects) == (False, False)
    error = table([6000.0], [5999.0], [6001.0])["forward_se"][0].as_py()
    for beyond, is_inside in ((0.99 * error, True), (1.01 * error, False)):
        assert forward_is_inside_its_bounds(table([5999.0 - beyond], [5999.0], [6001.0])).passed is is_inside
        assert forward_is_inside_its_bounds(table([6001.0 + beyond], [5999.0], [6001.0])).passed is is_inside


def test_a_file_that_was_checked_before_still_matches_its_schema():
    verdict = still_matches_schema(rows=1_234)
    assert (verdict.name, verdict.passed, verdict.facts) == ("matches_schema", True, {"rows": 1_234, "failures": []})
    assert "1,234 rows" in verdict.text


@pytest.mark.parametrize(
    ("name", "passed", "severity", "rejects"),
    [
        (BLOCKING[0], False, "error", True),
        (BLOCKING[0], True, "error", False),
        (BLOCKING[0], False, "warn", False),
        ("books_are_sane", False, "error", False),
    ],
)
def test_only_a_blocking_check_that_fails_as_an_error_rejects(name, passed, severity, rejects):
    assert Verdict(name=name, passed=passed, text="", severity=severity).rejects is rejects
