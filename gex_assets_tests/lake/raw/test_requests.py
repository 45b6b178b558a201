from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import databento_dbn
import pytest
import zstandard

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import Header, MappingInterval, SymbolMapping, read_header
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.reference_data import mapped_symbols
from gex_assets.lake.raw.requests import request_of, request_warnings
from gex_assets.lake.raw.sidecars import Sidecars
from gex_assets.lake.raw.verify import verify_day
from gex_assets_tests.lake.made_up_files import DAY, MIDNIGHT, mapping, random_orders, write_orders, write_sidecars

JOB = "GLBX-20260107-AAAAAAAAAA"
NAME = "glbx-mdp3-20260106.mbo.dbn.zst"
BY_ID = (SymbolMapping("100", (MappingInterval(date(2026, 1, 6), date(2026, 1, 7), "ESH6 C6900"),)),)


def header(tmp_path: Path, **said: Any) -> Header:
    return read_header(write_orders(tmp_path / "x.dbn.zst", [], **said).path)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("ES", "future_option")),
        ({"symbols": ["ESH6"], "stype_in": "raw_symbol"}, ("ES", "future")),
        ({"symbols": ["ES.OPT", "EW5.OPT"], "not_found": ("EW5.OPT",)}, ("ES", "future_option")),
        (
            {"symbols": ["100"], "stype_in": "instrument_id", "stype_out": "raw_symbol", "mappings": BY_ID},
            ("ES", "future_option"),
        ),
        ({"symbols": ["7", "8"], "stype_in": "instrument_id", "mappings": [mapping("NQH6", 7)]}, ("NQ", "future")),
        (
            {"symbols": ["7", "31"], "stype_in": "instrument_id", "mappings": [mapping("NQH6", 7), mapping("UD:1V: A", 31)]},
            ("NQ", "future"),
        ),
    ],
)
def test_product_and_kind_of_a_request(tmp_path: Path, said: dict[str, Any], expected: tuple[str, str]) -> None:
    assert request_of(header(tmp_path, **said), Sidecars(), name="x") == expected


def test_ids_are_named_by_the_symbology_where_the_header_does_not(tmp_path: Path) -> None:
    asked = header(tmp_path, symbols=["100"], stype_in="instrument_id", mappings=[])
    assert request_of(asked, Sidecars(named=("ESH6 C6900",)), name="x") == ("ES", "future_option")
    with pytest.raises(BadFileError, match=r"x: Expected a header or a symbology\.json that names .* was ids without names"):
        request_of(asked, Sidecars(), name="x")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            {"symbols": ["ES.c.0"], "stype_in": "continuous"},
            r"was a request of continuous symbols \(ES\.c\.0\)\. Ask for a parent",
        ),
        ({"symbols": ["ES.n.0", "ESH6"], "stype_in": "raw_symbol"}, r"was the continuous symbol 'ES\.n\.0'\. Ask for a parent"),
        ({"symbols": ["ESH6"], "stype_in": "continuous"}, "was a request of continuous symbols"),
        ({"stype_out": "raw_symbol"}, "Expected symbols mapped to instrument_id, was 'raw_symbol'"),
        ({"symbols": [], "stype_in": None}, "was a live capture, whose header has neither"),
        (
            {"symbols": ["7", "8"], "stype_in": "instrument_id", "mappings": [mapping("NQH6", 7), mapping("ESH6", 8)]},
            "Expected ids of one product and kind, was future of ES, future of NQ",
        ),
        ({"symbols": ["100"], "stype_in": "instrument_id", "mappings": [mapping("100", 100)]}, "was ids without names"),
    ],
)
def test_requests_that_no_table_is_made_from_are_refused_in_words(tmp_path: Path, said: dict[str, Any], why: str) -> None:
    with pytest.raises(BadFileError, match=rf"^x: .*{why}"):
        request_of(header(tmp_path, **said), Sidecars(), name="x")


def test_names_that_were_not_found_are_said(tmp_path: Path) -> None:
    many = tuple(f"E{n}Z.OPT" for n in range(9))
    asked = header(tmp_path, symbols=["ES.OPT", *many], not_found=many[:7])
    (said,) = request_warnings(asked, Sidecars(not_found=many[6:]), name="x")
    names = "E0Z.OPT, E1Z.OPT, E2Z.OPT, E3Z.OPT, E4Z.OPT and 4 more"
    assert said == f"x: Expected every symbol of the request to be found, was not: {names}"
    assert request_warnings(header(tmp_path), Sidecars(), name="x") == ()


def test_one_name_that_was_not_found_does_not_refuse_the_rest_of_a_job(tmp_path: Path) -> None:
    folder, lake = tmp_path / JOB, LocalFileSystem(tmp_path / "lake")
    write_orders(folder / NAME, [random_orders(20, seed=1)], symbols=["ES.OPT", "EW5.OPT"])
    write_sidecars(folder, job_id=JOB, symbols=["ES.OPT", "EW5.OPT"])
    (refused,) = ingest(lake, [folder])
    assert (refused.status, "was 'EW5.OPT'" in refused.why) == ("refused", True)
    symbology = json.loads((folder / "symbology.json").read_text())
    (folder / "symbology.json").write_text(json.dumps({**symbology, "not_found": ["EW5.OPT"]}))
    (folder / "manifest.json").unlink()
    (taken,) = ingest(lake, [folder])
    assert (taken.status, taken.product, taken.job_id) == ("added", "ES", JOB)
    assert any("Expected every symbol of the request to be found, was not: EW5.OPT" in one for one in taken.warnings)
    day = verify_day(lake, kind="option_mbo", product="ES", day=DAY)
    assert day.table["records"].to_pylist() == [20]
    assert any(one.endswith("was not: EW5.OPT") for one in day.warnings)


@pytest.mark.parametrize("named_by", ["header", "symbology"])
def test_a_request_by_ids_comes_in_and_has_its_names(tmp_path: Path, named_by: str) -> None:
    """Case B16: `was '100'`."""
    folder, lake = tmp_path / JOB, LocalFileSystem(tmp_path / "lake")
    asked: dict[str, Any] = {"symbols": ["100"], "stype_in": "instrument_id", "stype_out": "raw_symbol"}
    mappings = BY_ID if named_by == "header" else ()
    write_orders(folder / NAME, [random_orders(20, seed=1, ids=[100])], mappings=mappings, **asked)
    write_sidecars(folder, job_id=JOB, **asked)
    if named_by == "symbology":
        result = {"100": [{"d0": "2026-01-06", "d1": "2026-01-07", "s": "ESH6 C6900"}]}
        (folder / "symbology.json").write_text(json.dumps({"result": result, "stype_in": "instrument_id"}))
        (folder / "manifest.json").unlink()
    (taken,) = ingest(lake, [folder])
    assert (taken.status, taken.kind, taken.product) == ("added", "option_mbo", "ES"), taken.why
    files = verify_day(lake, kind="option_mbo", product="ES", day=DAY).table
    (mapped,) = mapped_symbols(lake, files, day=DAY).to_pylist()
    assert (mapped["instrument_id"], mapped["raw_symbol"]) == (100, "ESH6 C6900")


def test_a_live_capture_is_refused_for_what_it_is(tmp_path: Path) -> None:
    said = {"dataset": "GLBX.MDP3", "start": MIDNIGHT, "end": None, "symbols": [], "partial": [], "not_found": [], "mappings": []}
    live = databento_dbn.Metadata(
        **said, stype_in=None, stype_out=databento_dbn.SType.INSTRUMENT_ID, schema=None, limit=None, ts_out=False, version=3
    )
    source = tmp_path / "live.dbn.zst"
    source.write_bytes(zstandard.ZstdCompressor().compress(live.encode()))
    (refused,) = ingest(LocalFileSystem(tmp_path / "lake"), [source])
    assert refused.status == "refused"
    assert refused.why.endswith(
        "Expected one schema and the symbols that were asked for, was a live capture, whose header has neither."
        " Download the same time from the vendor's history"
    )
