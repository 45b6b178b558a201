"""The width of a terminal, and lines that fit it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.process.terminal import folded, width_of


def test_a_pipe_has_no_width_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert width_of(io.StringIO()) is None
    monkeypatch.setenv("COLUMNS", "71")
    assert width_of(io.StringIO()) == 71
    monkeypatch.setenv("COLUMNS", "wide")
    assert width_of(io.StringIO()) is None


@given(st.lists(st.text("abc-/.", min_size=1, max_size=60), min_size=1, max_size=30), st.integers(0, 4), st.integers(10, 120))
def test_words_stay_whole_and_lines_fit_where_their_words_do(words: list[str], indent: int, width: int) -> None:
    lines = folded(" " * indent + " ".join(words), width=width)
    assert " ".join(lines).split() == words
    for number, line in enumerate(lines):
        assert len(line) <= width or len(line.split()) == 1
        assert line.startswith(" " * (indent + 2 if number else indent))
