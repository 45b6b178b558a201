"""What the reader accepts, however it is written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.serve.answers.negotiation import accepted_encoding, accepted_format, compressed
from gex_assets.serve.answers.problems import ProblemError


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ("", "json"),
        ("application/json", "json"),
        ("TEXT/CSV", "csv"),
        ("text/*", "csv"),
        ("text/csv;q=0.4, application/json;q=0.5", "json"),
        ("text/csv ; charset=utf-8 ; q=1", "csv"),
        ("application/*;q=0.1, application/json;q=0", "arrow"),
        ("*/*;q=0.1, text/csv", "csv"),
    ],
)
def test_formats(accept: str, found: str) -> None:
    assert accepted_format(None, accept) == found
    assert accepted_format("arrow", accept) == "arrow"


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/csv;q=x"])
def test_nothing_that_is_offered(accept: str) -> None:
    with pytest.raises(ProblemError, match="Expected Accept with one of"):
        accepted_format(None, accept)


@given(st.text(max_size=200))
def test_any_header_is_answered(text: str) -> None:
    assert accepted_encoding(text) in ("", "gzip", "zstd")
    with contextlib.suppress(ProblemError):  # no other error
        assert accepted_format(None, text) in ("json", "csv", "arrow")


def test_small_bodies_stay_as_they_are() -> None:
    assert compressed(b"x" * 100, "gzip") == (b"x" * 100, "")
    assert compressed(b"x" * 1000, "")[1] == ""
    packed, used = compressed(b"x" * 1000, "gzip")
    assert used == "gzip"
    assert len(packed) < 100
    assert packed == compressed(b"x" * 1000, "gzip")[0]
