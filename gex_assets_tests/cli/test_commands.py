"""The command as it is typed: what it prints, and that an error is one clear line and a non-zero exit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from gex_assets.lake.tables import Lake
from gex_assets_tests.chain.made_up_chains import quotes, rows
from gex_assets_tests.cli.typed import gex
from gex_assets_tests.conftest import DAY
from gex_assets_tests.long_cases import mostly_long
from gex_assets_tests.shared_data import shared_data


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["query", "SELECT * FROM nothing"], "Table with name nothing does not exist"),
        (["query", "DROP VIEW silver_gex"], "Expected a query that only reads"),
        (["run", "--date", "2026-01-10"], "no Saturday"),
        (["run", "--date", "2026-01-06", "--to", "2026-01-05"], "Expected --to on or after"),
        (["run", "--date", "2026-01-06", "--select", "+++"], "Expected a selection"),
        (["run", "--date", "2026-01-06", "--select", 'key:"regime_history"'], "`gex history --lake lake` makes the others"),
        (["sample", "--start", "2026-01-06", "--defects", "gremlins"], "gremlins"),
        (["study", "truth"], "real days have none, gex sample --lake lake makes days that have"),
        (["study", "truth", "--date", "2026-01-06"], "Expected the truth of 2026-01-06"),
    ],
)
def test_an_error_is_one_clear_line(tmp_path, words, says):
    (tmp_path / "lake").mkdir()
    done = gex(*words, "--lake", "lake", cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_history_says_what_became_of_the_dates(published, tmp_path):
    shutil.copytree(published, tmp_path / "lake")
    for says in (f"1 date made from {DAY} on, 0 reused, 0 removed", "0 dates made, 1 reused, 0 removed"):
        done = gex("history", "--lake", "lake", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert says in done.stdout
    asked = gex("query", "SELECT DISTINCT sessions_seen FROM regime_history", "--format", "csv", "--lake", "lake", cwd=tmp_path)
    assert asked.stdout.split() == ["sessions_seen", "0"]


def test_debug_adds_the_traceback(tmp_path):
    done = gex("--debug", "query", "SELECT * FROM nothing", "--lake", "lake", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_misspelt_setting_is_named(tmp_path):
    done = gex("status", cwd=tmp_path, GEX_MAX_DTE="soon")
    assert done.returncode == 1
    assert "max_dte" in done.stderr


def test_status_says_what_is_there_and_what_is_stale(published, tmp_path):
    whole = gex("status", "--lake", str(published), cwd=tmp_path).stdout
    assert f"ES {DAY}" in whole
    day = gex("status", "--lake", str(published), "--date", str(DAY), cwd=tmp_path, GEX_RATE="0.01").stdout
    lines = {line.split()[1]: line for line in day.splitlines() if line.startswith("ES ")}
    assert "settings changed" in lines["silver_forward"]
    assert "published" in lines["bronze_option_mbo"]
    (tmp_path / "empty").mkdir()
    assert "Nothing was delivered" in gex("status", "--lake", "empty", cwd=tmp_path).stdout


def test_answers_come_as_table_csv_and_json(published, tmp_path):
    sql = "SELECT convention, count(*) AS windows, NULL AS nothing FROM regime_scores GROUP BY ALL ORDER BY 1 LIMIT 1"
    table, csv, lines = (
        gex("query", sql, "--format", style, "--lake", str(published), cwd=tmp_path).stdout for style in ("table", "csv", "json")
    )
    assert table.splitlines()[0].split() == ["convention", "windows", "nothing"]
    assert table.splitlines()[1].split() == ["field", "96", "NULL"]
    assert csv.splitlines() == ["convention,windows,nothing", "field,96,"]
    assert json.loads(lines) == {"convention": "field", "windows": 96, "nothing": None}


@pytest.mark.parametrize("width", mostly_long([80, 40, 160]))
def test_the_first_query_of_the_readme_can_be_read_at_any_width(published, tmp_path, width):
    asked = ("query", "SELECT * FROM regime_scores LIMIT 5", "--lake", str(published))
    for said in (gex(*asked, cwd=tmp_path, COLUMNS=str(width)), gex(*asked, "--width", str(width), cwd=tmp_path)):
        lines = said.stdout.splitlines()
        assert max(map(len, lines)) <= width
        assert sum(line.startswith("ES") for line in lines) == 5
        assert "more columns" in said.stdout
    assert "2026-01-06 14:28:05Z" in gex(*asked, "--width", "80", cwd=tmp_path).stdout


def test_a_query_comes_from_a_file_or_from_standard_input(published, tmp_path):
    (tmp_path / "q.sql").write_text("-- a comment\nSELECT count(*) AS n\nFROM regime_scores;\n", encoding="utf-8-sig")
    asked = ("query", "--lake", str(published), "--format", "csv")
    assert gex(*asked, "-f", "q.sql", cwd=tmp_path).stdout.split()[0] == "n"
    piped = [
        subprocess.run(
            [sys.executable, "-m", "gex_assets.cli", *asked, *words],
            input="SELECT 7 AS n",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for words in (["-"], ["-f", "-"])
    ]
    assert piped == [["n", "7"]] * 2
    assert "Expected a query" in gex(*asked, cwd=tmp_path).stderr
    assert "Expected a query" in gex(*asked, "SELECT 1", "-f", "q.sql", cwd=tmp_path).stderr
    assert "Expected a file with a query, was none.sql" in gex(*asked, "-f", "none.sql", cwd=tmp_path).stderr


def test_a_hostile_query_is_ended_in_one_clear_line(published, tmp_path):
    endless = "SELECT count(*) FROM range(10000000000000) t WHERE t.range % 3 = 7"
    done = gex("query", endless, "--timeout", "2", "--lake", str(published), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("gex: Expected an answer within 2 s, was none")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.long
def test_the_truth_of_a_sample_day_is_shown(published, tmp_path):
    asked = ("study", "truth", "--lake", str(published), "--minutes", "1")
    page = gex(*asked, cwd=tmp_path)
    assert page.returncode == 0, page.stderr
    assert f"{DAY}: expiration 2026-03-20" in page.stdout
    assert "requirements hold" in page.stdout
    rows = [json.loads(line) for line in gex(*asked, "--stale", "0.1", "--format", "json", cwd=tmp_path).stdout.splitlines()]
    measures = [row["measure"] for row in rows if row["subject"] == "forward" and row["measure"].startswith("RMSE")]
    assert measures == ["RMSE, clean", "RMSE, 10 % stale"]
    # a tenth of a quote in a thousand is stale: one strike is as good as never wrong, so a tenth of its error is not reached
    strict = gex(*asked, "--stale", "0.0001", "--strict", cwd=tmp_path)
    assert strict.returncode == 1
    assert "Expected every requirement to hold, was" in strict.stderr


def test_sample_then_run_through_the_command(tmp_path):
    made = gex("sample", "--lake", "lake", "--start", str(DAY), "--session", "15:00-15:02", "--seed", "3", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "option_mbo" in made.stdout
    ran = gex("run", "--lake", "lake", "--date", str(DAY), "--select", "group:raw or group:bronze", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "bronze_option_mbo" in ran.stdout
    assert (tmp_path / "lake" / "gex.duckdb").is_file()


def test_a_failed_day_is_said_and_exits_non_zero(fresh, tmp_path):
    for path in fresh.rglob("*.mbo.dbn.zst"):
        path.write_bytes(path.read_bytes()[:1000])
        (path.parent / "manifest.json").unlink()
    done = gex("run", "--lake", str(fresh), "--date", str(DAY), "--select", "group:raw", cwd=tmp_path)
    assert done.returncode == 1
    assert "Expected" in done.stdout
    assert done.stderr.strip().endswith("1 failed")


def test_a_batch_folder_is_taken_in_and_a_spoilt_file_refused(fresh, tmp_path):
    jobs = sorted(path.parent for path in fresh.rglob("*.definition.dbn.zst"))
    done = gex("ingest", str(jobs[0]), "--lake", "other", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("added") == 1
    again = gex("ingest", str(jobs[0]), "--lake", "other", cwd=tmp_path)
    assert "unchanged" in again.stdout
    spoilt = tmp_path / "download"
    shutil.copytree(jobs[0], spoilt)
    (file,) = spoilt.glob("*.dbn.zst")
    file.write_bytes(file.read_bytes()[:-1])
    refused = gex("ingest", str(spoilt), "--lake", "third", cwd=tmp_path)
    assert refused.returncode == 1
    assert "refused" in refused.stdout
    assert not list((tmp_path / "third").rglob("*.dbn.zst"))
    said = gex("status", "--lake", "third", cwd=tmp_path).stdout
    assert "refused by `gex ingest --lake third`, and not in the lake: 1 file\n" in said
    assert f"correct it and run `gex ingest --lake third {file}`, or remove it" in said
    told = gex("status", "--json", "--exit-code", "--lake", "third", cwd=tmp_path)
    assert (told.returncode, json.loads(told.stdout)["refused"]) == (1, str(file))
    file.unlink()
    assert gex("status", "--json", "--exit-code", "--lake", "third", cwd=tmp_path).returncode == 0


@pytest.mark.long
def test_the_real_future_day_ends_where_it_should(tmp_path):
    """ESH4 on 2023-12-25: a lone real file through ingest, raw, bronze and the books."""
    done = gex("ingest", str(shared_data("dbn/esh4-glbx-mdp3-20231225.mbo.dbn.zst")), "--lake", "lake", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    ran = gex("run", "--lake", "lake", "--date", "2023-12-25", "--select", '+key:"silver_future_quotes"', cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answer = gex(
        "query",
        "SELECT count(*) AS n, count(*) FILTER (WHERE book_state = 'crossed') AS crossed, last(bid_price) AS bid, "
        "last(ask_price) AS ask FROM silver_future_quotes",
        "--format",
        "json",
        "--lake",
        "lake",
        cwd=tmp_path,
    )
    assert json.loads(answer.stdout) == {"n": 720, "crossed": 0, "bid": 4810.0, "ask": 4810.25}
    quotes = Lake(tmp_path / "lake").open("silver_future_quotes", product="ES", day=DAY.replace(year=2023, month=12, day=25))
    assert quotes.tally["resting_orders"] == 11_217


@pytest.mark.long
def test_the_real_header_keeps_its_outrights_and_counts_the_rest(tmp_path):
    """A month of ES.OPT definitions: 3,276 of 11,294 symbols are mapped on its first day, of which 1,898 are quarterlies."""
    gex("ingest", str(shared_data("dbn/definition-glbx-es-opt.dbn.zst")), "--lake", "lake", cwd=tmp_path)
    ran = gex("run", "--lake", "lake", "--date", "2023-08-01", "--select", '+key:"bronze_option_instruments"', cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    stored = Lake(tmp_path / "lake").open("bronze_option_instruments", product="ES", day=DAY.replace(year=2023, month=8, day=1))
    assert stored.num_rows == 1_898
    assert stored.tally["user_defined_spread"] == 1_378


def test_a_chain_file_is_analysed_and_compared(tmp_path):
    (tmp_path / "spx.json").write_text(quotes(rows()))
    ours = gex("chain", "spx.json", "--convention", "all", "--format", "json", cwd=tmp_path, GEX_RATE="0.05").stdout
    field, magic8 = json.loads(ours)
    assert (field["convention"], magic8["convention"]) == ("field", "magic8")
    (tmp_path / "ours.json").write_text(json.dumps(field))
    (tmp_path / "theirs.csv").write_text(f"total_gex,{field['net_gex'] * 1.02}\ngamma_flip,{field['levels']['zero_gamma']}\n")
    apart = gex("compare", "ours.json", "theirs.csv", cwd=tmp_path)
    assert apart.returncode == 0, apart.stderr
    assert apart.stdout.splitlines()[-1].startswith("1 of 2 values differ by more than 1 % of A; prices by more than")
    assert apart.stderr.startswith("net_gex differs by 2 %")
    assert gex("compare", "ours.json", "theirs.csv", "--strict", cwd=tmp_path).returncode == 1
    assert gex("compare", "ours.json", "theirs.csv", "--strict", "--tolerance", "0.03", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chain", "none.csv"], "Expected a file, was none.csv"),
        (["chain", "empty.csv"], "Expected a chain in empty.csv, was an empty file"),
        (["chain", "empty.csv", "--convention", "mad"], "Expected a convention of field"),
        (["compare", "empty.csv", "none.csv"], "Expected a result in empty.csv"),
    ],
)
def test_a_chain_that_cannot_be_read_is_one_clear_line(tmp_path, words, says):
    (tmp_path / "empty.csv").write_text("")
    done = gex(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
