"""Every SQL recipe of docs/sql.md is answered, and has rows where a day of the sample has what it asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gex_assets.lake.queries import query

RECIPES = re.findall(
    r"^([^\n]+:|[^\n]+\?)\n\n```sql\n(.*?)```",
    (Path(__file__).parents[1] / "docs" / "sql.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
WITHOUT_ROWS = {"When a wall moved:", "The day among the sessions before it:"}
"""What eight minutes of one day need not have."""


def test_there_are_twenty() -> None:
    assert len(RECIPES) == 20


@pytest.mark.parametrize(("about", "sql"), RECIPES, ids=[about for about, _ in RECIPES])
def test_a_recipe_is_answered(published: Path, about: str, sql: str) -> None:
    assert query(published, sql).num_rows or about in WITHOUT_ROWS
