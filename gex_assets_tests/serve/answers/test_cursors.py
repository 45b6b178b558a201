"""Cursors are opaque words; whatever else comes is refused in one sentence."""

from __future__ import annotations

import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.serve.answers.cursors import Cursor
from gex_assets.serve.answers.problems import ProblemError

REQUEST = "a" * 64


def cursor(row: int = 5) -> Cursor:
    return Cursor.of(day=date(2026, 1, 6), sha256="b" * 64, row=row, request=REQUEST)


@given(st.integers(0, 2**39))
def test_a_cursor_comes_back(row: int) -> None:
    assert Cursor.parsed(str(cursor(row)), request=REQUEST) == cursor(row)


@given(st.text(max_size=300) | st.binary(max_size=150).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ProblemError, match="begin without a cursor"):
        Cursor.parsed(text, request=REQUEST)


@pytest.mark.parametrize(
    "content",
    [
        '["2026-01-06","x",-1,"y"]',
        '["2026-01-06","x",true,"y"]',
        '["x","x",1,"y"]',
        "[1,2,3,4]",
        "{}",
        "[[[[",
        '["2026-01-06","x",1]',
    ],
)
def test_parts_of_other_types_are_refused(content: str) -> None:
    with pytest.raises(ProblemError, match="Expected a cursor"):
        Cursor.parsed(base64.urlsafe_b64encode(content.encode()).decode(), request=REQUEST)


def test_another_request_or_state_is_refused() -> None:
    with pytest.raises(ProblemError, match="Expected the parameters"):
        Cursor.parsed(str(cursor()), request="c" * 64)
    cursor().check_state("b" * 64)
    with pytest.raises(ProblemError, match="published again"):
        cursor().check_state("c" * 64)
    with pytest.raises(ProblemError, match="published again"):
        Cursor(date(2026, 1, 6), "", 0, REQUEST[:12]).check_state("b" * 64)
