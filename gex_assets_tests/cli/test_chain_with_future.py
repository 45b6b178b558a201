"""`gex chain --with ES` as it is typed: in a terminal, on a phone, as a page, for a program, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gex_assets.cli import main
from gex_assets.errors import GexError
from gex_assets.lake.existing import existing_lake
from gex_assets.report.future_side import future_side
from gex_assets_tests.chain.two_markets.made_up_index import RATE, cboe_quotes
from gex_assets_tests.cli.typed import gex

QUOTED = int(datetime(2026, 1, 6, 14, 35, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture
def folder(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    side = future_side(existing_lake(published), product="ES", until_ns=QUOTED, rate=RATE)
    (tmp_path / "spx.json").write_text(cboe_quotes(side))
    (tmp_path / "next_day.json").write_text(cboe_quotes(side, quoted_ns=QUOTED + 86_400 * 10**9))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main.gex, words)


def test_a_chain_stands_next_to_the_futures_options_of_its_moment(published: Path, folder: Path) -> None:
    for width in (46, 80):
        done = gex("chain", "spx.json", "--with", "es", "--lake", str(published), cwd=folder, COLUMNS=str(width))
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= width
        said = " ".join(done.stdout.split())
        assert said.startswith(
            "combined: ES options + SPX (Cboe delayed quotes, JSON, 15 min delayed, as of 2026-01-06 14:35:00 UTC)"
        )
    lines = done.stdout.splitlines()
    net, gross, share = (next(line.split() for line in lines if line.startswith(name)) for name in ("net", "gross", "of gross"))
    assert len(net) == len(gross) == 7
    assert share[2:] == ["33.6%", "66.4%", "100.0%"]  # 1 and 1.98 of 2.98: twice the contract at 0.99 of the price


def test_a_program_and_a_browser_get_the_same_numbers(published: Path, folder: Path) -> None:
    words = ("chain", "spx.json", "--with", "ES", "--lake", str(published), "--convention", "field", "--convention", "magic8")
    done = run(*words, "--format", "json")
    assert done.exit_code == 0, done.output
    documents = json.loads(done.output)
    assert [one["convention"] for one in documents] == ["field", "magic8"]
    assert run(*words, "--format", "json").output == done.output
    page = run(*words, "--format", "html")
    assert page.exit_code == 0, page.output
    assert page.output.startswith("chain-ES-SPX.html · ")
    assert documents[0]["combined"] in (folder / "chain-ES-SPX.html").read_text()
    rows = run(*words, "--format", "csv").output.splitlines()
    assert len(rows) == 1 + sum(len(one["strikes"]) for one in documents)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["spx.json", "--with", "CL"], "Expected a product of ES, NQ, RTY, YM, was 'CL'"),
        (["spx.json", "--with", "NQ"], "Expected a chain on NDX, NQX, QQQ to stand with NQ, was 'SPX'"),
        (["spx.json", "--with", "ES", "--table", "strikes"], "Expected no --table with --with, was strikes"),
        (["spx.json"], "Expected --with with --lake, was --lake alone"),
        (["next_day.json", "--with", "ES"], "Expected ES of 2026-01-07 in the lake"),
        (["spx.json", "--with", "ES", "--as-of", "2026-01-06T20:00Z"], "that ends in the minute to 2026-01-06 20:00:00 UTC"),
        (["spx.json", "--with", "ES", "--spot", "5000"], "Expected the ratio of ES to SPX between 0.96 and 1.04, was 1.3"),
    ],
)
def test_an_error_is_one_clear_sentence(published: Path, folder: Path, words: list[str], says: str) -> None:
    done = run("chain", *words, "--lake", str(published))
    assert isinstance(done.exception, GexError)
    assert says in str(done.exception)


def test_no_lake_is_said(folder: Path) -> None:
    done = gex("chain", "spx.json", "--with", "ES", "--lake", "nowhere", cwd=folder)
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
