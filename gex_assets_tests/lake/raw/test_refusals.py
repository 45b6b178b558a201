"""Refused files are known again by size, time and tag, and a touched one by its bytes."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import BadFileError
from gex_assets.lake.raw.layout import raw_file_name, raw_folder
from gex_assets.lake.raw.refusals import is_still_refused, refuse_files
from gex_assets.lake.tables import Lake

DAY = date(2026, 1, 6)
FOLDERS = [raw_folder(kind="option_mbo", product="ES", job_id=job) for job in ("GLBX-20260121-AAA", "GLBX-20260122-BBB")]
KEYS = [f"{folder}/{raw_file_name(kind='option_mbo', day=DAY)}" for folder in FOLDERS]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    for key in KEYS:
        put(lake, key, b"content")
    return lake


def put(lake: Lake, key: str, content: bytes) -> Path:
    path = Path(lake.uri) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refuse(lake: Lake, text: str):
    files = {key: lake.fs.info(key) for key in KEYS}
    return refuse_files(lake, kind="option_mbo", product="ES", day=DAY, error=BadFileError(text), files=files)


@pytest.mark.parametrize(
    ("text", "reason", "expected", "was"),
    [
        ("{uri}: Expected 5 bytes, was 4", "refused: GLBX-20260121-AAA/{name}: Expected 5 bytes, was 4", "5 bytes", "4"),
        (
            "{uri}: Expected the symbols of ES, was: Expected an ES symbol, was X",
            "refused: GLBX-20260121-AAA/{name}: Expected the symbols of ES, was Expected an ES symbol, was X",
            "the symbols of ES",
            "Expected an ES symbol, was X",
        ),
        (
            "Expected a readable file at {uri}, was: denied",
            "refused: Expected a readable file at {uri}, was: denied",
            None,
            "denied",
        ),
        ("{uri} is odd", "refused: {uri} is odd", "", "{uri} is odd"),
    ],
)
def test_the_reason_names_job_and_file_and_keeps_expected_and_was(lake, text, reason, expected, was):
    names = {"uri": lake.fs.uri(KEYS[0]), "name": raw_file_name(kind="option_mbo", day=DAY)}
    kept = refuse(lake, text.format(**names))
    assert kept.reason == reason.format(**names)
    assert kept.was == was.format(**names)
    assert expected is None or kept.expected == expected
    assert kept.failures == ("deliver it again, or remove it and run `gex run --date 2026-01-06`",)
    assert kept.files[KEYS[0]].sha256 is not None
    assert kept.files[KEYS[1]].sha256 is None
    assert lake.rejection("raw_option_mbo", product="ES", day=DAY) == kept


def test_a_sidecar_that_is_named_stands_for_the_files_of_its_folder(lake):
    kept = refuse(lake, f"{lake.fs.uri(FOLDERS[1])}/manifest.json: Expected JSON, was: nothing")
    assert [key for key, state in kept.files.items() if state.sha256 is not None] == [KEYS[1]]
    assert kept.file.endswith("GLBX-20260122-BBB/manifest.json")


def same(lake: Lake, kept, keys=KEYS) -> bool:
    return is_still_refused(lake, kept, keys=keys)


def test_what_has_not_changed_is_still_refused_and_a_touched_file_too(lake):
    kept = refuse(lake, f"{lake.fs.uri(KEYS[0])}: Expected 5 bytes, was 4")
    assert same(lake, kept)
    path = put(lake, KEYS[0], b"content")
    os.utime(path, (1, 1))
    assert same(lake, kept)
    put(lake, KEYS[0], b"another")
    assert not same(lake, kept)


@pytest.mark.parametrize("how", ["another size", "one more", "one less", "a sidecar", "an unhashed one"])
def test_any_change_ends_it(lake, how):
    kept = refuse(lake, f"{lake.fs.uri(KEYS[0])}: Expected 5 bytes, was 4")
    keys = list(KEYS)
    if how == "another size":
        put(lake, KEYS[0], b"longer than before")
    elif how == "one more":
        keys.append(KEYS[0].replace("AAA", "CCC"))
    elif how == "one less":
        keys.pop()
    elif how == "a sidecar":
        put(lake, f"{FOLDERS[0]}/manifest.json", b'{"job_id": "x", "files": []}')
    else:
        os.utime(Path(lake.uri) / KEYS[1], (1, 1))
    assert not same(lake, kept, keys)
