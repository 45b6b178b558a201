"""What the check says of books without a snapshot."""

from __future__ import annotations

import pyarrow as pa

from gex_assets.schemas.book_checks import books_are_complete

WINDOW = 5 * 10**9
AFTERNOON = 15 * 3600 * 10**9


def quotes_of(rows):
    """Rows of (window, instrument, is_complete); windows count from 15:00."""
    ends, ids, complete = zip(*[(AFTERNOON + WINDOW * (w + 1), one, known) for w, one, known in rows], strict=True)
    return pa.table({"ts_window_end": ends, "instrument_id": pa.array(ids, pa.uint32()), "is_complete": complete})


def test_a_request_from_the_afternoon_without_a_snapshot_is_a_warning_that_says_so():
    rows = [(w, one, one == 7) for w in range(6) for one in (5, 6, 7)]
    for cut in (0, 3, 9, len(rows) - 3):
        verdict = books_are_complete(quotes_of(part) for part in (rows[:cut], rows[cut:]) if part)
        assert (verdict.passed, verdict.severity, verdict.rejects) == (False, "warn", False)
        assert (verdict.facts["incomplete_instruments"], verdict.facts["incomplete_rows"]) == (2, 12)
        assert verdict.facts["incomplete_from"] == {"1970-01-01 15:00:00 UTC": 2}
        assert "2 of 3 instruments" in verdict.text
        assert "2 whose rows begin at 1970-01-01 15:00:00 UTC without a snapshot" in verdict.text


def test_books_that_a_hole_or_a_late_listing_left_incomplete_are_said_by_their_moment():
    late = [(w, 5, True) for w in range(8)] + [(w, 6, False) for w in (2, 3)]
    hole = [(w, 7, w < 2) for w in (0, 1, 5, 6)]
    verdict = books_are_complete([quotes_of(sorted(late + hole))])
    assert verdict.facts["incomplete_from"] == {"1970-01-01 15:00:10 UTC": 1, "1970-01-01 15:00:25 UTC": 1}
    assert (verdict.facts["incomplete_instruments"], verdict.facts["instruments"]) == (2, 3)
    many = books_are_complete([quotes_of([(2 * one, one, False) for one in range(5)])])
    assert "and 2 moments more" in many.text


def test_complete_books_and_no_rows_pass():
    assert books_are_complete([]).passed
    verdict = books_are_complete([quotes_of([(0, 5, True)])])
    assert (verdict.passed, verdict.facts["instruments"], verdict.facts["incomplete_from"]) == (True, 1, {})
