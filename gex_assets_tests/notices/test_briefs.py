"""The levels before a session as a notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.errors import GexError
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.briefs import brief_notices
from gex_assets.notices.notice import MOST_LETTERS, WIDTH

BOTH = NoticeSettings(conventions=("field", "magic8"))


def test_a_brief_is_one_notice_for_each_convention(published: Path) -> None:
    found = brief_notices(Lake(published), BOTH, product="ES")
    assert [one.fields["convention"] for one in found] == ["field", "magic8"]
    assert len({one.key for one in found}) == 2
    for one in found:
        assert one.text.startswith("ES, session of Wed 2026-01-07\n")
        assert one.text.count("known") == 1
        assert one.text.count("Not financial advice.") == 1
        assert len(one.text) <= MOST_LETTERS
        assert max(map(len, one.text.splitlines())) <= WIDTH
        assert one.ts_known is not None


def test_a_brief_of_no_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GexError, match="Expected levels before any session, was none for ES"):
        brief_notices(Lake(tmp_path), BOTH, product="ES")
