from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gex_assets.errors import LakeError, SettingsError
from gex_assets.lake.tables import Lake
from gex_assets.lake_address import local_folder
from gex_assets.settings import load

ADDRESSES = ["s3://bucket/lake", "gs://bucket", "foo://x/y", "file:///data", "az://c", "S3://bucket"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_folder_is_refused_in_words_and_nothing_is_made(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gex_assets.sample.market import make_sample

    monkeypatch.chdir(tmp_path)
    said = f"Expected a local folder for the lake, was '{address.replace('///', '//')}': object stores are not supported"
    for given in (address, Path(address)):
        with pytest.raises(LakeError, match=said):
            Lake(given)
    monkeypatch.setenv("GEX_LAKE", address)
    with pytest.raises(SettingsError, match=f"lake: {said}"):
        load()
    with pytest.raises(LakeError, match=said):
        make_sample(Path(address), start=date(2026, 1, 6), days=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "folder", ["data", "./data", "/srv/lake", "C:/lake", "C:\\lake", "a:b/c", "lake s3", "~/lake", "x/s3:/y"]
)
def test_folders_are_folders(folder: str) -> None:
    assert local_folder(folder) == local_folder(Path(folder)) == Path(folder)
