"""What a table-day was made from, followed upwards to the delivered files."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import LakeError
from gex_assets.lake.lineage import columns_key, sidecars_key
from gex_assets.lake.origins.ancestry import ancestry, ancestry_table
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.sidecars import facts_digest
from gex_assets.lake.tables import Lake
from gex_assets.report.ancestry_page import ancestry_lines
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.made_up_tables import DAY, file_of, folder_of, publish

CHAIN = ("raw_option_mbo", "bronze_option_instruments", "bronze_option_mbo", "silver_option_quotes")


def deliver(lake: Lake, content: bytes) -> str:
    """Lay a file of option orders into the lake; its key."""
    key = f"{raw_folder(kind='option_mbo', product='ES')}/{raw_file_name(kind='option_mbo', day=DAY)}"
    path = folder_of(lake) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return key


def sha256(lake: Lake, key: str) -> str:
    return hashlib.sha256((folder_of(lake) / key).read_bytes()).hexdigest()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A delivered file, and four tables: each made of the one before, the last of all."""
    lake = Lake(tmp_path)
    key = deliver(lake, b"first")
    inputs = {key: sha256(lake, key), sidecars_key(key): facts_digest(lake.fs, key)}
    met: dict[str, str] = {}
    for name in CHAIN:
        stored = publish(lake, TABLES[name], inputs=inputs, settings_hash=f"settings of {name}")
        met |= {stored.key: stored.sha256()}
        inputs = dict(met) if name == "bronze_option_mbo" else {stored.key: stored.sha256()}
    return lake


def found(lake: Lake, name: str = CHAIN[-1]) -> dict[tuple[str, str], str]:
    """Whether each input is what was read, by what was made; without what sidecars say."""
    listed = ancestry(lake, name, product="ES", day=DAY)
    return {(one.made, one.input.split("/")[0]): one.now for one in listed if "#sidecars" not in one.input}


def test_all_tables_on_the_way_come_once_each_with_its_own_inputs(lake: Lake) -> None:
    listed = [(one.made, one.settings_hash) for one in ancestry(lake, CHAIN[-1], product="ES", day=DAY)]
    assert listed[:3] == [("silver_option_quotes", "settings of silver_option_quotes")] * 3
    assert set(found(lake).values()) == {"same"}
    assert set(found(lake)) == {
        *(("silver_option_quotes", name) for name in CHAIN[:3]),
        ("bronze_option_mbo", "bronze_option_instruments"),
        ("bronze_option_instruments", "raw_option_mbo"),
        ("raw_option_mbo", "raw"),
    }
    assert len(listed) == len(found(lake)) + 1  # the file, and what its sidecars say


def test_the_hash_of_a_delivered_file_is_there_whole(lake: Lake) -> None:
    (file,) = (one for one in ancestry(lake, CHAIN[-1], product="ES", day=DAY) if one.input.endswith(".dbn.zst"))
    assert file.sha256 == sha256(lake, file.input)
    rows = ancestry_table(lake, CHAIN[-1], product="ES", day=DAY)
    assert file.sha256 in rows["sha256"].to_pylist()
    assert rows.column_names == ["made", "product", "date", "code_version", "settings_hash", "input", "sha256", "now"]


def test_what_is_another_now_or_gone_is_said_and_ends_the_way(lake: Lake) -> None:
    deliver(lake, b"second")
    assert found(lake)["raw_option_mbo", "raw"] == "changed"
    publish(lake, TABLES["bronze_option_mbo"], code_version="2")
    now = found(lake)
    assert now["silver_option_quotes", "bronze_option_mbo"] == "changed"
    assert not any(made == "bronze_option_mbo" for made, _ in now)  # what it was made from then is not known
    file_of(lake, lake.key("bronze_option_instruments", product="ES", day=DAY)).unlink()
    now = found(lake)
    assert now["silver_option_quotes", "bronze_option_instruments"] == "gone"
    file_of(lake, lake.key("raw_option_mbo", product="ES", day=DAY)).write_bytes(b"no table")
    assert found(lake)["silver_option_quotes", "raw_option_mbo"] == "changed"


def test_columns_that_were_read_are_compared_alone(lake: Lake) -> None:
    stored = lake.open("bronze_option_instruments", product="ES", day=DAY)
    columns = ("instrument_id", "strike")
    publish(lake, TABLES["silver_forward"], inputs={columns_key(stored.key, columns): stored.digest(columns)})
    publish(lake, TABLES["bronze_option_instruments"], code_version="2")  # other bytes, the same columns
    assert found(lake, "silver_forward")["silver_forward", "bronze_option_instruments"] == "same"


def test_what_is_not_published_is_refused(lake: Lake) -> None:
    with pytest.raises(LakeError, match="Expected silver_forward of ES 2026-01-07 in the lake, was nothing"):
        list(ancestry(lake, "silver_forward", product="ES", day=date(2026, 1, 7)))


def test_lines_say_settings_of_now_and_name_each_file_with_its_whole_hash(lake: Lake) -> None:
    stored = lake.open("silver_option_quotes", product="ES", day=DAY)
    publish(lake, TABLES["silver_forward"], inputs={stored.key: stored.sha256()}, settings_hash="of now")
    made_from = list(ancestry(lake, "silver_forward", product="ES", day=DAY))
    version, chosen = TABLES["silver_forward"].version, "rate, reference_price, expirations"
    text = "\n".join(ancestry_lines(made_from, digest=lambda _: "of now"))
    assert f"silver_forward of ES 2026-01-06: code version {version}, settings as now ({chosen})" in text
    assert f"  {stored.sha256()[:12]}  silver_option_quotes\n" in text
    (path,) = folder_of(lake).rglob("*.dbn.zst")
    key = path.relative_to(folder_of(lake)).as_posix()
    assert f"{sha256(lake, key)}  {key}" in text
    assert "others than now" in "\n".join(ancestry_lines(made_from, digest=lambda _: "others"))
    (path,) = folder_of(lake).rglob("*.dbn.zst")
    path.unlink()
    made_from = list(ancestry(lake, "silver_forward", product="ES", day=DAY))
    assert f"{key}  (gone)" in "\n".join(ancestry_lines(made_from, digest=lambda _: "others"))
    assert list(ancestry_lines([], digest=str)) == ["It was made from the code and the settings alone."]
