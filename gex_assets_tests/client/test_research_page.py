"""The page for researchers: its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gex_assets

PAGE = Path(__file__).parents[2] / "docs" / "research.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_examples_run(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = gex_assets.open_lake
    monkeypatch.setattr(gex_assets, "open_lake", lambda _folder: opened(published), raising=False)
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(example, names)  # noqa: S102 (our own page)
    assert len(EXAMPLES) == 2
    assert len(names["levels"].pandas()) == 7  # type: ignore[attr-defined]
