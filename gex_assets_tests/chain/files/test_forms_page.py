from __future__ import annotations

from pathlib import Path

from gex_assets.chain.files.column_names import ALIASES
from gex_assets.chain.files.forms_page import forms_page

PAGE = Path(__file__).parents[3] / "docs" / "chain_files.md"


def test_the_page_is_what_the_readers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == forms_page(), "Expected a fresh docs/chain_files.md: run make tables"


def test_every_name_that_is_read_is_on_the_page() -> None:
    text = forms_page()
    assert all(f"`{alias}`" in text for name, aliases in ALIASES.items() for alias in (name, *aliases))
