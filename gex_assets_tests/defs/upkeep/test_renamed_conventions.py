"""A convention of gex.toml under another name, taken out, and one more: what everybody says before and after `gex refresh`.

Afterwards the tables are those of a lake that never had another name, and nobody knows the old one any more.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gex_assets.cli.main import gex
from gex_assets.client import open_lake
from gex_assets.errors import GexError, LakeError
from gex_assets.lake.queries import query
from gex_assets.lake.tables import Lake
from gex_assets.notice_settings import NoticeSettings
from gex_assets.notices.telling import notices_of_day
from gex_assets.schemas.pages import PAGES
from gex_assets_tests.defs.faults.tiny_lake import DAYS, make_tiny, objects
from gex_assets_tests.defs.upkeep.settled_lake import choose, reached, run_all, stale
from gex_assets_tests.serve.servers import running

pytestmark = pytest.mark.long

THE_DAY = DAYS[:1]
DAY = DAYS[0]
OLD, NEW = "olddesk", "ourdesk"
BUILT_IN = {"field", "flow", "magic8"}
REMEDY = "`gex refresh` makes what is new in the settings"


def named(*names: str) -> dict[str, Any]:
    """The same choices under each name."""
    return {"conventions": [{"name": name, "version": 1, "neutral_share": 0.1} for name in names]} if names else {}


@pytest.fixture(scope="module")
def delivered_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny") / "lake", days=1)


def settled(delivered: Path, lake: Path, *names: str) -> Path:
    """A lake that was made with these conventions from the beginning."""
    shutil.copytree(delivered, lake)
    if names:
        choose(lake, named(*names))
    run_all(lake, THE_DAY)
    return lake


@pytest.fixture(scope="module")
def with_old(delivered_tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return settled(delivered_tiny, tmp_path_factory.mktemp("old") / "lake", OLD)


def typed(*words: str, lake: Path) -> tuple[int, str]:
    done = CliRunner().invoke(gex, [*words, "--lake", str(lake)])
    assert done.exception is None or isinstance(done.exception, SystemExit | GexError), done.exception
    return done.exit_code, done.output + (str(done.exception) if isinstance(done.exception, GexError) else "")


def everybody_shows(lake: Path, name: str) -> None:
    """The commands, the views, the client and the server have levels of the convention."""
    for words in (["levels"], ["levels", "--date", str(DAY)], ["brief"]):
        code, said = typed(*words, "--convention", name, lake=lake)
        assert (code, name in said) == (0, True), said
    assert name in {row["convention"] for row in query(Lake(lake), "SELECT convention FROM latest_levels").to_pylist()}
    with open_lake(lake) as client:
        assert client.table("silver_gex_levels", convention=name).arrow().num_rows
    with running(lake) as server:
        for path in paths(name):
            assert server.ask(path).status == 200, path


def nobody_shows(lake: Path, name: str, remedy: str) -> None:
    """All of them name the conventions that there are, and say what to do."""
    for words in (["levels"], ["levels", "--date", str(DAY)], ["brief"]):
        code, said = typed(*words, "--convention", name, lake=lake)
        assert (code, remedy in said) == (1, True), said
        assert f"was {name}" in said
    assert name not in {row["convention"] for row in query(Lake(lake), "SELECT convention FROM latest_levels").to_pylist()}
    with open_lake(lake) as client, pytest.raises(LakeError, match=f"was {name}: .*{remedy}"):
        client.table("silver_gex_levels", convention=name)
    with pytest.raises(LakeError, match=f"was {name}: .*{remedy}"):
        notices_of_day(Lake(lake), NoticeSettings(conventions=(name,)), product="ES", day=None)
    with running(lake) as server:
        for path in paths(name):
            answer = server.ask(path)
            assert answer.status in (404, 422), path
            assert f"was {name}: " in answer.plain.decode()
            assert remedy in answer.plain.decode(), path


def paths(name: str) -> list[str]:
    return [
        f"/v1/levels/ES?convention={name}",
        f"/v1/features/ES?convention={name}",
        f"/v1/history/ES?convention={name}&from=2026-01-01",
        f"/v1/levels/ES/latest?convention={name}",
        f"/v1/levels/ES/chart?convention={name}",
        f"/v1/levels/ES/chart?convention={name}&session=latest",
        f"/v1/score/ES?convention={name}",
        f"/briefs/ES?convention={name}",
    ]


def pages_name(lake: Path, name: str) -> bool:
    """Whether any page of the lake names the convention, those that `gex pages` writes too."""
    code, said = typed("pages", lake=lake)
    assert code == 0, said
    found = list((lake / "_pages").rglob("*.html"))
    assert len(found) > len(PAGES)
    return any(name in page.read_text() for page in found)


@pytest.mark.parametrize("then", [(NEW,), (), (OLD, NEW)], ids=["renamed", "taken out", "one more"])
def test_before_and_after_a_refresh(with_old: Path, delivered_tiny: Path, tmp_path: Path, then: tuple[str, ...]) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(with_old, lake)
    everybody_shows(lake, OLD)
    assert pages_name(lake, OLD)

    choose(lake, named(*then))
    assert set(stale(lake, THE_DAY)) == reached({"conventions": None})
    everybody_shows(lake, OLD)  # what is published stays, and the status says that it is stale
    if NEW in then:
        nobody_shows(lake, NEW, REMEDY)
    code, said = typed("refresh", "--dry-run", lake=lake)
    assert (code, "settings changed: one of conventions" in said) == (0, True), said
    code, said = typed("refresh", lake=lake)
    assert code == 0, said

    assert stale(lake, THE_DAY) == {}
    assert objects(lake) == objects(settled(delivered_tiny, tmp_path / "never", *then))
    for name in then:
        everybody_shows(lake, name)
        assert pages_name(lake, name)
    if OLD not in then:
        nobody_shows(lake, OLD, REMEDY)
        assert not pages_name(lake, OLD)
    shown = {row["convention"] for row in query(Lake(lake), "SELECT convention FROM latest_levels").to_pylist()}
    assert shown == {*BUILT_IN, *then}
