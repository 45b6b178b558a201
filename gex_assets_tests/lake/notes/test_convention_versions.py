"""A name and version of a convention stand for the same choices for ever, in one lake."""

from __future__ import annotations

from typing import Any

import pytest

from gex_assets.conventions import conventions
from gex_assets.errors import LakeError, SettingsError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.keys import ledger_key
from gex_assets.lake.notes.convention_versions import check_versions, keep_versions
from gex_assets.lake.tables import Lake
from gex_assets_tests.lake.memory_filesystem import MemoryFileSystem

MINE = {"name": "mine", "version": 1, "sign_model": "gross"}


@pytest.fixture(params=["folder", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Any) -> Lake:
    place: FileSystem | Any = MemoryFileSystem() if request.param == "memory" else tmp_path
    return Lake(place)


def keep(lake: Lake, *chosen: dict[str, Any]) -> None:
    keep_versions(lake, conventions(chosen))


@pytest.mark.parametrize(
    "change",
    [
        {"scale": "usd_per_point"},
        {"neutral_share": 0.06},
        {"weights": ["volume", "open_interest"]},
        {"extreme_above": 6e9},
    ],
)
def test_other_choices_under_the_same_version_are_refused(lake: Lake, change: dict[str, Any]) -> None:
    keep(lake, MINE)
    for ask in (check_versions, keep_versions):
        with pytest.raises(SettingsError, match=r"^convention mine\.version: Expected a number above 1, .*, was 1: raise it"):
            ask(lake, conventions([MINE | change]))
    keep(lake, MINE | change | {"version": 2})
    keep(lake, MINE)  # the old version is what it was


def test_what_is_left_out_is_the_same_as_its_default(lake: Lake) -> None:
    keep(lake, MINE)
    keep(lake, MINE | {"wall_rule": "net_side"})


def test_looking_keeps_nothing(lake: Lake) -> None:
    check_versions(lake, conventions([MINE]))
    keep(lake)
    assert lake.fs.info(ledger_key("conventions")) is None


def test_others_are_kept_next_to_it(lake: Lake) -> None:
    keep(lake, MINE)
    keep(lake, MINE | {"name": "yours", "sign_model": "short_call_long_put"})
    with pytest.raises(SettingsError, match="convention mine"):
        keep(lake, MINE | {"flip_rule": "strike_sign_change"}, MINE | {"name": "theirs"})
    keep(lake, MINE | {"name": "theirs", "flip_rule": "strike_sign_change"})  # nothing was kept of the refused ones


@pytest.mark.parametrize("text", ["[1]", "{", '{"mine 1": {}}', '{"mine 1": 1}'])
def test_what_cannot_be_read_is_named(lake: Lake, text: str) -> None:
    staged = lake.fs.stage(ledger_key("conventions"))
    staged.path.write_text(text)
    staged.publish()
    with pytest.raises(
        LakeError, match=r"Expected a (JSON object in _ledgers/conventions\.json|digest of the convention mine 1)"
    ):
        keep(lake, MINE)
