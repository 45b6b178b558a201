"""What comes from a file is shown as it is, wherever it is shown: it steers no terminal and no page."""

from __future__ import annotations

import html
import json
import pickle
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gex_assets.cli.main import gex
from gex_assets.cli.options import out
from gex_assets.defs.execution.preview import preview
from gex_assets.defs.execution.shown import check_result
from gex_assets.errors import BadFileError, GexError, LakeBusyError
from gex_assets.escaping import as_markdown, as_text, from_markdown, visible
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.layout import find_files, raw_folder
from gex_assets.lake.raw.refusals import refuse_files
from gex_assets.lake.status import TableState
from gex_assets.lake.tables import Lake
from gex_assets.report.lake import ingest_lines
from gex_assets.report.status_page import states_of_days, status_lines
from gex_assets.report.text import answer_lines
from gex_assets.schemas.checks import files_are_vouched_for
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_files import random_orders, write_orders, write_sidecars

NASTY = "a\x1b[2J\x07\nb\x9b31m\u202eX[/bad][link=file:///etc]<img src=x onerror=alert(1)>:boom:"
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
JOB = "GLBX-20260107-AAAAAAAAAA"
NAME = "glbx-mdp3-20260106.mbo.dbn.zst"


@given(st.text())
def test_nothing_that_steers_is_left_and_nothing_else_is_touched(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text
    assert visible(text, line_breaks=True).replace("\n", "").replace("\t", "").isprintable()
    assert from_markdown(as_markdown(text)) == html.unescape(as_text(text)) == shown
    assert not set("<>[]|*`\\") & set(as_markdown(text))


def test_every_error_of_ours_can_be_shown(tmp_path: Path) -> None:
    assert str(BadFileError(f"x: Expected y, was {NASTY}")).startswith(
        "x: Expected y, was a\\x1b[2J\\x07\\nb\\x9b31m\\u202eX[/bad]"
    )
    busy = LakeBusyError("held by\x1b[2J", holder="process\x1b[2J")
    assert (str(busy), busy.holder) == ("held by\\x1b[2J", "process\\x1b[2J")
    assert str(pickle.loads(pickle.dumps(GexError("a\nb")))) == "a\\nb"  # noqa: S301 (our own bytes)


def command(*words: str) -> str:
    done = CliRunner().invoke(gex, list(words))
    text = done.output + (str(done.exception) if done.exception else "")
    assert not STEERS.search(text), text
    return text


def test_names_in_a_delivery_do_not_steer_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File names, a job id, symbols that were not found, the schema of a manifest: through `gex ingest`."""
    lake = str(tmp_path / "lake")
    odd = tmp_path / "one" / "a\x1b[2J\nadded [/bad]:boom:.dbn.zst"
    write_orders(odd, [random_orders(5, seed=1)], symbols=["ES.OPT", "[/bad]\x1b[2J"], not_found=("[/bad]\x1b[2J",))
    said = command("ingest", str(odd), "--lake", lake)
    assert "a\\x1b[2J\\nadded [/bad]:boom:.dbn.zst" in said
    assert said.count("\nadded") == 1
    assert "was not: [/bad]\\x1b[2J" in " ".join(said.split())
    folder = tmp_path / "two"
    write_orders(folder / NAME, [random_orders(5, seed=1)])
    write_sidecars(folder, job_id=NASTY)
    said = command("ingest", str(folder), "--lake", lake)
    assert "Expected a job's name of letters" in said
    manifest = {"job_id": JOB, "files": [{"filename": NASTY, "size": 1, "hash": "md5:\x1b[2J"}]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    said = command("ingest", str(folder), "--lake", lake)
    assert "Expected a sha256 for a\\x1b[2J\\x07\\nb" in " ".join(said.split())


def test_answers_of_sql_do_not_steer_the_terminal(tmp_path: Path) -> None:
    sql = "SELECT chr(27) || '[2J[/bad]' AS a, 'x' || chr(10) || 'y' AS b, ':boom:' AS \"c\x1b[2J\""
    said = {style: command("query", sql, "--format", style, "--lake", str(tmp_path)) for style in ("table", "csv", "json")}
    assert re.search(r"\\x1b\[2J\[/bad\] +x\\ny +:boom:", said["table"])
    assert said["csv"].splitlines() == ["a,b,c\\x1b[2J", '\\x1b[2J[/bad],"x', 'y",:boom:']
    assert json.loads(said["json"]) == {"a": "\x1b[2J[/bad]", "b": "x\ny", "c\x1b[2J": ":boom:"}


def test_reasons_of_a_state_do_not_steer_the_terminal() -> None:
    state = TableState(table="raw_option_mbo", product="ES", day=date(2026, 1, 6), state="rejected", why=(NASTY,))
    for day in (None, state.day):
        lines = list(status_lines(states_of_days([state]), day=day, width=200))
        assert not STEERS.search("".join(lines))
        assert any("[/bad][link=file:///etc]<img src=x onerror=alert(1)>:boom:" in line for line in lines)
        with out.capture() as shown:
            for line in lines:
                out.print(line)
        assert "[/bad][link=file:///etc]" in shown.get()
        assert ":boom:" in shown.get()


@pytest.mark.parametrize("words", [("status",), ("status", "--date", "2026-01-06")])
def test_a_refusal_that_is_kept_does_not_steer_the_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Its reason quotes a file, and whoever may write to the lake may have written it."""
    fs = LocalFileSystem(tmp_path)
    write_orders(tmp_path / raw_folder(kind="option_mbo", product="ES") / NAME, [random_orders(5, seed=1)])
    (found,) = find_files(fs, kind="option_mbo", product="ES")
    error = BadFileError(f"{found.key}: Expected y, was {NASTY}")
    refuse_files(Lake(fs), kind="option_mbo", product="ES", day=found.day, error=error, files={found.key: found.info})
    (reason,) = tmp_path.rglob("reason.json")
    reason.write_text(reason.read_text().replace(r"\\x1b", r"\u001b"))
    assert "\x1b[2J" in json.loads(reason.read_text())["reason"]
    said = " ".join(command(*words, "--lake", str(tmp_path)).split())
    assert "rejected" in said
    assert re.search(r"was a\\x1b\[2J\\x07\\nb", said)


def test_names_in_checks_are_no_markdown_and_no_html() -> None:
    files = pa.table(
        {"file_name": [NASTY, "b|c"], "sha256_expected": pa.array([None, None], pa.string()), "condition": ["x", "x"]}
    )
    result = check_result(files_are_vouched_for(files), asset_key=dg.AssetKey("raw_option_mbo"))
    assert result.description is not None
    assert not set("<>[]|") & set(result.description)
    assert not STEERS.search(result.description)
    assert visible(NASTY) in from_markdown(result.description)
    facts = json.dumps({name: value.value for name, value in result.metadata.items()})
    assert "<img" not in facts
    assert "\\u001b" not in facts
    assert "&lt;img src=x onerror=alert(1)&gt;" in facts


def test_cells_of_a_preview_are_no_markdown_and_no_html(tmp_path: Path) -> None:
    """Rows of a table, as the UI shows them: a symbol may end neither its cell nor the table."""
    spec = TABLES["raw_option_mbo"]
    row = dict.fromkeys(spec.column_names) | {"job_id": NASTY, "file_name": "a|b\n| c"}
    rows = pa.Table.from_pylist([row], schema=pa.schema([field.with_nullable(True) for field in spec.arrow_schema()]))
    stored = SimpleNamespace(
        lineage=SimpleNamespace(table=spec.name),
        num_row_groups=1,
        known_share=lambda number, columns: 1.0,
        group=lambda number, columns: rows.select(columns),
    )
    head, line, cells = preview(stored).split("\n\n")[0].split("\n")  # type: ignore[arg-type]
    assert head.count("|") == line.count("|") == cells.count("|")
    assert not STEERS.search(cells)
    assert "<" not in cells
    assert "[" not in cells


@pytest.mark.parametrize("style", ["table", "csv"])
def test_a_name_of_a_column_is_shown_as_it_is(style: str) -> None:
    lines = list(answer_lines(pa.table({"[red]x": ["[/red]"]}), style=style, width=80))
    assert [line.strip() for line in lines] == ["[red]x", "[/red]"]


def test_results_of_an_ingest_fit_a_terminal_of_80_columns(tmp_path: Path) -> None:
    day = 86_400 * 10**9
    long = write_orders(tmp_path / "session.dbn.zst", [random_orders(9, seed=1)], end_ns=1_767_657_600 * 10**9 + 3 * day).path
    one = write_orders(tmp_path / "one.dbn.zst", [random_orders(9, seed=1)]).path
    bad = tmp_path / "bad.dbn.zst"
    bad.write_bytes(one.read_bytes()[:-1])
    lines = list(ingest_lines(ingest(LocalFileSystem(tmp_path / "lake"), [long, one, bad]), width=80))
    assert all(len(line) <= 80 for line in lines), lines
    assert lines[0].startswith("split      session.dbn.zst into 3 dates (")
    assert [line.split()[:2] for line in lines[2:5]] == [[f"2026-01-0{n}", "added"] for n in (6, 7, 8)]
    assert any("warning (2 dates): Expected an opening snapshot, was none" in line for line in lines)
    assert any(line.startswith("added      one.dbn.zst (") for line in lines)
    refused = lines[lines.index("refused    bad.dbn.zst") + 1 :]
    said = " ".join(line.strip() for line in refused)
    assert re.fullmatch(r"Expected the last zstd frame to end, was the end of the file after \d+ bytes", said)
