from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from gex_assets.lake.dbn import reader as dbn
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.sidecars import read_sidecars
from gex_assets.sample.market import make_sample
from gex_assets_tests.sample.made_up_samples import Made
from gex_assets_tests.shared_data import shared_data

MINUTE = (time(14, 30), time(14, 31))
KINDS = {
    "option_mbo": "product_type=future_option/symbol=ES/table=market_by_order_dbn",
    "future_mbo": "product_type=future/symbol=ES/table=market_by_order_dbn",
    "option_definition": "product_type=future_option/symbol=ES/table=definition_dbn",
    "option_statistics": "product_type=future_option/symbol=ES/table=statistics_dbn",
}


def sidecar(made: Made, kind: str, name: str) -> Any:
    return json.loads((made.path(kind).parent / name).read_bytes())


@pytest.fixture(scope="module")
def sunday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole day without the weight: a Sunday."""
    lake = tmp_path_factory.mktemp("sunday")
    make_sample(lake, start=date(2026, 1, 11), days=1)
    return lake


@pytest.mark.parametrize("kind", KINDS)
def test_files_lie_where_a_batch_download_puts_them(busy: Made, kind: str) -> None:
    path = busy.path(kind)
    folder = busy.lake / "raw" / "source=databento" / KINDS[kind]
    assert path.parent.parent == folder
    assert path.parent.name.startswith("GLBX-2026")
    assert sorted(one.name for one in path.parent.iterdir() if ".dbn" not in one.name) == [
        "condition.json",
        "manifest.json",
        "metadata.json",
        "symbology.json",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_manifest_tells_the_truth(busy: Made, kind: str) -> None:
    folder = busy.path(kind).parent
    manifest = sidecar(busy, kind, "manifest.json")
    assert manifest["job_id"] == folder.name
    named = {entry["filename"] for entry in manifest["files"]}
    assert named == {path.name for path in folder.iterdir()} - {"manifest.json"}
    for entry in manifest["files"]:
        content = (folder / entry["filename"]).read_bytes()
        assert entry["size"] == len(content)
        assert entry["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert read_sidecars(LocalFileSystem(folder)).job_id == folder.name


def test_metadata_and_header_state_the_request(busy: Made) -> None:
    query = sidecar(busy, "option_mbo", "metadata.json")["query"]
    header = busy.header("option_mbo")
    assert (
        (query["start"], query["end"]) == (header.start_ns, header.end_ns) == (busy.market.path.start_ns, busy.market.path.end_ns)
    )
    assert query["symbols"] == list(header.symbols) == ["ES.OPT"]
    assert (query["schema"], query["stype_in"], query["stype_out"]) == ("mbo", "parent", "instrument_id")
    assert sidecar(busy, "future_mbo", "metadata.json")["query"]["symbols"] == ["ES.FUT"]


@pytest.mark.parametrize("name", ["metadata", "manifest"])
def test_sidecars_have_the_fields_of_real_ones(busy: Made, name: str) -> None:
    real = json.loads(shared_data(f"sidecars/es_opt_mbo.{name}.json").read_bytes())
    own = sidecar(busy, "option_mbo", f"{name}.json")
    assert set(own) == set(real)
    if name == "metadata":
        assert set(own["query"]) == set(real["query"])
        assert own["customizations"] == real["customizations"]
    else:
        assert set(own["files"][0]) == set(real["files"][0])


def test_symbology_has_the_fields_of_a_real_one(busy: Made) -> None:
    real = json.loads(shared_data("sidecars/es_opt_mbo.symbology.json").read_bytes())
    own = sidecar(busy, "option_mbo", "symbology.json")
    assert set(own) == set(real)
    assert own["symbols"] == real["symbols"]
    assert set(own["result"]["ESH6 C6950"][0]) == {"d0", "d1", "s"}


def test_a_days_condition_is_stated(busy: Made) -> None:
    assert [(one["date"], one["condition"]) for one in sidecar(busy, "option_mbo", "condition.json")] == [
        ("2026-01-06", "available")
    ]


def test_a_spreads_number_is_given_to_another_spread_within_the_week(make: Callable[..., Made]) -> None:
    made = make(days=3, start=date(2026, 1, 6), session=MINUTE)
    result = sidecar(made, "option_definition", "symbology.json")
    names: dict[str, set[str]] = {}
    for symbol, intervals in result["result"].items():
        for interval in intervals:
            names.setdefault(interval["s"], set()).add(symbol)
    reused = {number: symbols for number, symbols in names.items() if len(symbols) > 1}
    assert reused
    assert all(symbol.startswith("UD:") for symbols in reused.values() for symbol in symbols)
    assert set(result["partial"]) >= set().union(*reused.values())
    assert (result["message"], result["status"]) == ("Partially resolved", 1)
    for one in made.report.files:
        if one.kind == "option_mbo":
            header = dbn.read_header(one.file.path)
            assert all(interval[0] == one.day for mapping in header.mappings for interval in mapping.intervals)


def test_whole_days_lie_in_one_job_a_kind(sunday: Path) -> None:
    folders = [path for path in (sunday / "raw").rglob("GLBX-*") if path.is_dir()]
    assert len(folders) == 4
    metadata = json.loads(next(path for path in folders if "market_by_order" in str(path)).joinpath("metadata.json").read_bytes())
    assert (metadata["query"]["end"] - metadata["query"]["start"]) == 86_400 * 10**9
