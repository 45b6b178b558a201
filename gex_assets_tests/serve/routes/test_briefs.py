"""The brief of a session over HTTP: drawn from what is published, or why there is none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gex_assets.brief.facts import read_brief
from gex_assets.lake.tables import Lake
from gex_assets.pages.brief.page import brief_page
from gex_assets_tests.conftest import DAY
from gex_assets_tests.serve.servers import Client

NEXT = DAY + timedelta(days=1)
LINKS = [("days", "/products/ES"), ("history", "/history/ES")]


def test_the_page_is_that_of_the_published_tables(served: Client, with_history: Path) -> None:
    made = read_brief(Lake(with_history), product="ES", session=NEXT, convention="field")
    answer = served.ask(f"/briefs/ES/{NEXT}")
    assert answer.plain.decode() == brief_page(made, links=LINKS)
    assert answer.plain == served.ask("/briefs/ES").plain
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert served.ask("/briefs/ES?convention=magic8").plain != answer.plain


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/briefs/ES/2026-01-05", 404, "Expected levels before the session of 2026-01-05, was none"),
        ("/briefs/ES?convention=nobody", 404, "Expected a convention of"),
        (f"/briefs/ES/{NEXT}?at=22:30", 404, "Expected a moment of the session"),
        ("/briefs/ES?at=25:00", 422, "at: Expected"),
        ("/briefs/ES?since=1", 422, "since"),
        ("/briefs/ES/yesterday", 422, "session"),
    ],
)
def test_what_is_not_there_is_said(served: Client, path: str, status: int, said: str) -> None:
    answer = served.ask(path)
    assert answer.status == status
    assert said in answer.plain.decode()


def test_a_product_without_levels_has_a_page_that_says_so(served: Client) -> None:
    answer = served.ask("/briefs/NQ")
    assert answer.status == 200
    assert b"Expected levels before any session, was none for NQ" in answer.plain
