"""`gex chain` and `gex compare`: settings, options on the command line, and what is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gex_assets.chain import analyze, read_chain_file
from gex_assets.cli.main import gex
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
    assert chain("--rate", "3%")["net_gex"] == chain("--rate", "0.03")["net_gex"]
    forwards = [one["expirations"][-1]["forward"] for one in (chain(), found, asked)]
    assert len(set(forwards)) == 3


def test_multipliers_of_the_installation_count_unless_one_is_asked_for(folder: Path) -> None:
    assert [chain("--convention", name)["multiplier"] for name in ("field", "magic8")] == [100.0, 10.0]
    (folder / "gex.toml").write_text("[multipliers]\nspx = 25\nDEFAULT = 7\n")
    assert [chain("--convention", name)["multiplier"] for name in ("field", "magic8")] == [25.0, 25.0]
    (folder / "some.csv").write_text("strike,right,oi,gamma\n100,C,1,.01\n100,P,2,.01\n")
    other = run("chain", "some.csv", "--spot", "100", "--symbol", "XYZ", "--format", "json")
    assert json.loads(other.output)["multiplier"] == 7.0
    assert chain("--multiplier", "3")["multiplier"] == 3.0
    assert chain(GEX_MULTIPLIERS='{"SPX": 40}')["multiplier"] == 40.0
    refused = run("chain", "spx.json", "--symbol", "ES", GEX_MULTIPLIERS='{"ES": 40}')
    assert refused.exit_code == 1
    assert "multipliers: Expected symbols other than ES, NQ, RTY, YM, was ES" in str(refused.exception)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("value", ["0", "-5", "NaN", '"ten"'])
def test_a_multiplier_that_is_no_positive_number_is_refused(value: str) -> None:
    done = run("chain", "spx.json", GEX_MULTIPLIERS=f'{{"SPX": {value}}}')
    assert done.exit_code == 1
    assert "multipliers.SPX: Expected" in str(done.exception)


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
        (["--rate", "five"], "Expected a number such as 0.05 or 5%, was 'five'"),
        (["--spot", "6,012.5"], "Expected a number such as 6012.5, was '6,012.5'"),
        (["--multiplier", "5%"], "Expected a number such as 6012.5, was '5%'"),
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


@pytest.mark.usefixtures("folder")
def test_several_conventions_are_one_json_document() -> None:
    done = run("chain", "spx.json", "--convention", "field", "--convention", "magic8", "--format", "json")
    assert done.exit_code == 0, done.output
    assert [one["convention"] for one in json.loads(done.output)] == ["field", "magic8"]
    assert isinstance(json.loads(run("chain", "spx.json", "--format", "json").output), dict)
    compared = run("compare", "both.json", "both.json", "--convention", "magic8", "--format", "json")
    assert compared.exit_code == 1
    Path("both.json").write_text(done.output)
    compared = run("compare", "both.json", "both.json", "--convention", "magic8", "--format", "json")
    assert json.loads(compared.output)["conventions"] == ["magic8", "magic8"]


@pytest.mark.usefixtures("folder")
def test_a_tolerance_may_be_in_percent_and_is_not_negative() -> None:
    Path("a.json").write_text(run("chain", "spx.json", "--format", "json").output)
    Path("b.json").write_text(run("chain", "spx.json", "--spot", "6020", "--format", "json").output)
    of = {each: run("compare", "a.json", "b.json", "--tolerance", each).output for each in ("1%", "0.01", "50%")}
    assert of["1%"] == of["0.01"] != of["50%"]
    done = run("compare", "a.json", "b.json", "--tolerance", "-1%")
    assert (done.exit_code, "Expected at least 0, was -1%" in done.output) == (2, True)


@pytest.mark.usefixtures("folder")
def test_one_document_holds_whatever_is_asked() -> None:
    words = ("--table", "strike_greeks", "--table", "strike_expirations", "--expiration", "2026-01-05..2026-01-16")
    found = chain(*words)
    assert {row["expiration"][:10] for row in found["strike_expirations"]} == {"2026-01-07", "2026-01-16"}
    assert {"dex", "vanna_exposure", "charm_exposure"} <= set(found["strike_greeks"][0])
    assert [row["part"] for row in found["zero_dte"]] == ["0dte", "later"]
    assert "strike_greeks" not in chain()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("which", "days"),
    [
        ("next", ["2026-01-07"]),
        ("monthly", ["2026-01-16", "2026-01-16", "2026-06-18"]),
        ("2026-01-16..2026-12-31", ["2026-01-16", "2026-01-16", "2026-06-18"]),
    ],
)
def test_expirations_are_chosen_by_name_or_range(which: str, days: list[str]) -> None:
    assert [row["expiration"][:10] for row in chain("--expiration", which)["expirations"]] == days


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("table", ["strikes", "expirations", "zero_dte", "strike_greeks", "strike_expirations"])
def test_every_table_is_a_csv(table: str) -> None:
    lines = run("chain", "spx.json", "--format", "csv", "--table", table).output.splitlines()
    assert len(lines) > 2
    assert len({line.count(",") for line in lines}) == 1
    assert lines[1].startswith("field,")


@pytest.mark.usefixtures("folder")
def test_a_chain_from_standard_input_and_with_what_the_file_leaves_open() -> None:
    text = "as_of;strike;right;oi;gamma\n2026-01-06 09:00:00;6000;C;1.200;0,002\n2026-01-07 09:00:00;6000;C;1;0,002\n"
    words = ("--symbol", "SPX", "--spot", "6000", "--zone", "America/Chicago", "--format", "json")
    done = CliRunner().invoke(gex, ["chain", "-", *words, "--date", "2026-01-06"], input=text)
    found = json.loads(done.output)
    assert (found["file"], found["as_of"]) == ("standard input", "2026-01-06T15:00:00+00:00")
    assert found["net_gex"] == pytest.approx(0.002 * 1_200 * 100 * 6000.0 * 6000.0 * 0.01)
    several = CliRunner().invoke(gex, ["chain", "-", *words], input=text)
    assert "was 2 days (2026-01-06, 2026-01-07): pick one with --date or --as-of" in str(several.exception)
    picked = CliRunner().invoke(gex, ["chain", "-", *words, "--as-of", "2026-01-07 20:00"], input=text)
    assert json.loads(picked.output)["as_of"] == "2026-01-08T02:00:00+00:00"
    assert "Expected a time zone such as America/New_York or UTC, was 'Mars'" in run("chain", "spx.json", "--zone", "Mars").output


@pytest.mark.parametrize("words", [["--date", "2026-01-06"], ["--as-of", "2026-01-06"], []])
def test_the_end_of_a_day_needs_no_moment(folder: Path, words: list[str]) -> None:
    lines = ["date,symbol,strike,right,oi,iv,expiration,spot", "2026-01-06,SPX,5900,P,9,.2,2026-01-16,6000"]
    (folder / "eod.csv").write_text("\n".join([*lines, "2026-01-06,SPX,6100,C,8,.2,2026-01-16,6000\n"]))
    done = run("chain", "eod.csv", *words, COLUMNS="80")
    assert done.output.startswith("SPX  6,000.00  Tue 2026-01-06 15:00 Chicago\n")
    assert "its close is taken, 15:00 in Chicago; --as-of says another" in done.output.replace("\n  ", " ")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("style", ["table", "csv", "html", "json"])
def test_a_chain_without_any_exposure_is_an_error_but_an_answer_for_programs(style: str) -> None:
    done = run("chain", "spx.json", "--as-of", "2027-01-06T15:00Z", "--format", style)
    assert done.exit_code == (0 if style == "json" else 1)
    if style == "json":
        assert json.loads(done.output)["reason"] == "no_exposure"
    else:
        message = r"Expected options with an exposure in spx.json, was none: \d+ of \d+ options have expired and are left out"
        assert re.fullmatch(message, str(done.exception))


@pytest.mark.parametrize("words", [["chain"], ["compare"], ["study", "truth"]])
def test_examples_fit_a_terminal_of_80_columns(words: list[str]) -> None:
    assert max(map(len, run(*words, "--help", COLUMNS="80").output.splitlines())) <= 80


@pytest.mark.parametrize("words", [["chain", "-"], ["compare", "-", "spx.json"], ["query", "-"]])
def test_a_command_that_waits_for_typing_says_so_and_a_pipe_is_not_typing(folder: Path, words: list[str]) -> None:
    (folder / "data").mkdir()
    command = [sys.executable, "-m", "gex_assets.cli", *words]
    ours, theirs = os.openpty()
    try:
        os.write(ours, b"\x04")  # Ctrl-D
        typed = subprocess.run(command, cwd=folder, stdin=theirs, capture_output=True, text=True, timeout=60, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert typed.stderr.startswith("gex: reading standard input until Ctrl-D\n")
    piped = subprocess.run(command, cwd=folder, input="", capture_output=True, text=True, timeout=60, check=False)
    assert "reading standard input" not in piped.stderr


HOSTILE = "\x1b]0;title\x07\x1b[2J[/bad][link=x]<img src=x>"


def test_what_a_file_says_never_steers_the_terminal(folder: Path) -> None:
    document = json.loads((folder / "spx.json").read_text())
    document["symbol"] = HOSTILE
    (folder / "odd\x1b[2J.json").write_text(json.dumps(document))
    (folder / "odd.csv").write_text(f"strike,{HOSTILE},gamma\n6000,C,high\n")
    for words in (
        ["odd\x1b[2J.json"],
        ["odd\x1b[2J.json", "--format", "csv"],
        ["odd\x1b[2J.json", "--format", "json"],
        ["odd.csv"],
    ):
        done = run("chain", *words)
        shown = done.output + str(done.exception)
        assert "\x1b" not in shown
        assert "\x07" not in shown


@pytest.mark.usefixtures("folder")
def test_an_unknown_symbols_multiplier_is_said() -> None:
    Path("some.csv").write_text("strike,right,oi,gamma\n100,C,1,.01\n100,P,2,.01\n")
    words = ("chain", "some.csv", "--spot", "100", "--format", "json")
    said = {one["code"]: one["text"] for one in json.loads(run(*words, "--symbol", "NIFTY").output)["warnings"]}
    assert said["multiplier_assumed"].endswith("say another with --multiplier (multiplier in Python)")
    for known in (("--symbol", "SPY"), ("--symbol", "NIFTY", "--multiplier", "75")):
        assert "multiplier_assumed" not in [one["code"] for one in json.loads(run(*words, *known).output)["warnings"]]
    Path("mine.csv").write_text("root,strike,right,oi,gamma\nMINE,100,C,1,.01\nMINE,100,P,2,.01\n")
    listed = json.loads(run("chain", "mine.csv", "--spot", "100", "--format", "json").output)
    assert "multiplier_assumed" not in [one["code"] for one in listed["warnings"]]


@pytest.mark.parametrize("words", [["chain"], ["compare"], ["study", "truth"]])
def test_help_has_one_line_per_option_on_a_terminal_of_80_columns(words: list[str]) -> None:
    lines = run(*words, "--help", COLUMNS="80").output.partition("Options:\n")[2].partition("\nExamples:")[0].splitlines()
    assert len(lines) > 4
    assert all(line.lstrip().startswith("-") for line in lines), lines
