"""The cursor's text: read back as written, small for ten years, replaced where it is of another form."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.defs.sensor_cursor import (
    MOST_BYTES_A_DAY,
    Cursor,
    Seen,
    Watched,
    parsed_cursor,
    same_files,
    short_listing,
    short_state,
)

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SEEN = st.builds(
    lambda files, sidecars, state, serial: Seen(short_listing(files, sidecars), short_state(state), serial),
    HEX,
    HEX,
    HEX,
    st.integers(0, 9_999),
)
DAYS = st.dates(date(2017, 5, 21), date(2030, 12, 31))
WATCHED = st.builds(lambda listing, seconds: Watched(short_listing(listing, listing), seconds), HEX, st.integers(0, 3_600))


@given(st.dictionaries(DAYS, SEEN), st.dictionaries(DAYS, WATCHED, max_size=3), st.integers(0, 2**40), st.integers(0, 2**40))
def test_it_is_read_back_as_it_was_written(days, watched, began, ticked):
    cursor = Cursor(began, days, watched, ticked)
    assert parsed_cursor(cursor.text(), now_s=7) == (cursor, None)


@pytest.mark.parametrize("serial", [0, 1, 9_999])
def test_ten_years_are_bounded_whatever_the_number_of_files(serial):
    seen = Seen(short_listing("9f" * 32, "8e" * 32), short_state("9f" * 32), serial)
    days = {date(2017, 1, 1) + timedelta(days=n): seen for n in range(3_650)}
    text = Cursor(1_800_000_000, days).text()
    assert len(text) <= 3_650 * MOST_BYTES_A_DAY + 60
    if serial == 1:
        assert len(text) < 66_000
    assert parsed_cursor(text, now_s=7)[0].days == days


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps({"raw/source=databento/glbx-mdp3-20260106.mbo.dbn.zst": "123-456"}), "of an earlier version"),
        (json.dumps({}), "of an earlier version"),
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"version": 3, "began": 1, "days": {"2026-01": "6abc"}}', "cannot be read"),
        ('{"version": 3, "began": 1, "days": {"2026-02": "vabcdefghabcdefg"}}', "cannot be read"),
        ('{"version": 3, "days": {}}', "cannot be read"),
    ],
)
def test_another_form_is_replaced_in_words(text, says):
    cursor, why = parsed_cursor(text, now_s=7)
    assert cursor == Cursor(7)
    assert says in str(why)
    assert "compared with what is published" in str(why)


def test_days_that_an_older_version_watched_are_watched_from_the_beginning():
    """It kept the moment at which it first saw them."""
    text = '{"version": 3, "began": 1, "days": {}, "watching": {"1800000000": {"2026-01": "6abcdefgh"}}}'
    assert parsed_cursor(text, now_s=7) == (Cursor(1), None)


@pytest.mark.parametrize("text", [None, ""])
def test_no_cursor_is_a_new_one_without_a_word(text):
    assert parsed_cursor(text, now_s=7) == (Cursor(7), None)


def test_digests_that_differ_are_kept_apart():
    digests = [f"{n:064x}"[::-1] for n in range(4_096)]
    assert len({short_listing(digest, digest) for digest in digests}) == len({short_state(one) for one in digests}) == 4_096
    files, sidecars = short_listing(digests[0], digests[1]), short_listing(digests[0], digests[2])
    assert same_files(files, sidecars)
    assert files != sidecars
    assert not same_files(files, short_listing(digests[1], digests[1]))
