"""What running needs and what tests need are locked at the same versions, by hashes, without the name of a host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Name -> requirement with its version and markers, and its hashes."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for entry in re.split(r"^(?=\w)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]:
        requirement = entry.split("\\")[0].strip()
        distribution, _ = re.split(r"[\[=]", requirement, maxsplit=1)
        found[distribution] = (requirement, frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", entry)))
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", each)[0] for each in requirements}


def test_running_gets_the_versions_and_hashes_that_are_tested() -> None:
    running, tested = (locked(name) for name in LOCKS)
    assert len(running) > 50
    assert running.keys() < tested.keys()
    for name, (requirement, hashes) in running.items():
        assert requirement.partition(";")[0].strip() == tested[name][0].partition(";")[0].strip()
        assert hashes == tested[name][1]


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_has_a_version_and_hashes(name: str) -> None:
    for requirement, hashes in locked(name).values():
        assert "==" in requirement
        assert hashes
    assert "://" not in (ROOT / name).read_text()


def test_tools_of_tests_and_checks_are_not_installed_for_running() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    running, tested = (locked(name).keys() for name in LOCKS)
    tools = names(project["optional-dependencies"]["dev"]) - {project["name"]}
    assert {"pytest", "mypy", "ruff"} <= tools <= tested
    assert not tools & running
    assert names(project["dependencies"]) | names(project["optional-dependencies"]["install"]) <= running
