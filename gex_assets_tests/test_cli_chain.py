"""`gex chain` and `gex compare`: settings, options on the command line, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gex_assets.chain import analyze, read_chain_file
from gex_assets.cli import gex
from gex_assets.defaults import MIN_STRIKES_REQUIRED, RATE
from gex_assets.settings import Settings
from gex_assets_tests.chain.made_up_chains import quotes, rows

SETTINGS = """
rate = 0.07
min_strikes_required = 50

[base_scores]
Vertical = 60.0
Calendar = 30.0

[[conventions]]
name = "by_volume"
version = 1
weights = ["volume"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "spx.json").write_text(quotes(rows()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(gex, words, env=environment)


def chain(*words: str, **environment: str) -> dict[str, Any]:
    done = run("chain", "spx.json", "--gamma", "implied", "--format", "json", *words, **environment)
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.output.splitlines()[0])
    return document


def scores_of_one(document: dict[str, Any]) -> dict[str, float]:
    """Base scores, from scores that a regime multiplied."""
    one = {"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 1.0, "Calendar": 1.0}
    path = Path("spx.json")
    found = read_chain_file(path)
    columns = {name: values for name, values in found.columns.items() if name not in ("gamma", "iv")}
    unit = analyze(symbol="SPX", spot=found.spot, chain=columns, as_of=found.as_of, base_scores=one, rate=0.07).scores
    return {name: score / unit[name] for name, score in document["scores"].items()}


def few_strikes(document: dict[str, Any]) -> list[str]:
    return [warning["text"] for warning in document["warnings"] if warning["code"] == "few_strikes"]


def test_a_chain_goes_by_the_settings_of_the_installation(folder: Path) -> None:
    without = chain()
    assert few_strikes(without) == []
    (folder / "gex.toml").write_text(SETTINGS)
    found = chain()
    assert few_strikes(found) == ["Expected at least 50 strikes with an exposure, was 41"]
    assert found["net_gex"] is not None
    assert scores_of_one(found) == pytest.approx({"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 60.0, "Calendar": 30.0})
    assert found["expirations"][-1]["forward"] != without["expirations"][-1]["forward"]
    assert chain("--convention", "by_volume")["weight_used"] == "volume"


def test_the_environment_wins_over_the_file_and_an_option_over_both(folder: Path) -> None:
    (folder / "gex.toml").write_text(SETTINGS)
    environment = {"GEX_MIN_STRIKES_REQUIRED": "42", "GEX_RATE": "0.05", "GEX_BASE_SCORES": '{"Vertical": 70}'}
    found = chain(**environment)
    assert few_strikes(found) == ["Expected at least 42 strikes with an exposure, was 41"]
    assert scores_of_one(found)["Vertical"] == pytest.approx(70.0)
    words = ("--min-strikes", "41", "--rate", "0.03", "--base-score", "Vertical=80")
    asked = chain(*words, **environment)
    assert few_strikes(asked) == []
    assert scores_of_one(asked) == pytest.approx({"Iron_Condor": 1.0, "Butterfly": 1.0, "Vertical": 80.0, "Calendar": 30.0})
    forwards = [one["expirations"][-1]["forward"] for one in (chain(), found, asked)]
    assert len(set(forwards)) == 3


@pytest.mark.usefixtures("folder")
def test_defaults_have_one_source() -> None:
    assert (Settings().rate, Settings().min_strikes_required) == (RATE, MIN_STRIKES_REQUIRED)
    assert chain()["net_gex"] == chain("--rate", str(RATE), "--min-strikes", str(MIN_STRIKES_REQUIRED))["net_gex"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--base-score", "Vertical"], "Expected NAME=VALUE, e.g. Vertical=60, was 'Vertical'"),
        (["--base-score", "Vertical=high"], "Expected NAME=VALUE, e.g. Vertical=60, was 'Vertical=high'"),
        (["--gamma", "vendor"], "'vendor' is not one of 'published', 'iv', 'implied'"),
    ],
)
def test_options_that_cannot_be_used(words: list[str], message: str) -> None:
    done = run("chain", "spx.json", *words)
    assert done.exit_code == 2
    assert message in done.output


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rate", "5"], "rate: Expected less than 1, was 5.0"),
        (["--min-strikes", "0"], "min_strikes_required: Expected greater than or equal to 1, was 0"),
    ],
)
def test_an_option_is_checked_as_the_setting_is(words: list[str], message: str) -> None:
    assert str(run("chain", "spx.json", *words).exception).startswith(message)


@pytest.mark.parametrize("words", [["chain"], ["compare"], ["study", "truth"]])
def test_help_has_one_line_per_option_on_a_terminal_of_80_columns(words: list[str]) -> None:
    lines = run(*words, "--help", COLUMNS="80").output.partition("Options:\n")[2].splitlines()
    assert len(lines) > 4
    assert all(line.lstrip().startswith("-") for line in lines), lines
