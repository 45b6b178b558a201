from __future__ import annotations

import gzip
import io
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from gex_assets.chain.files import contents
from gex_assets.chain.files.contents import bytes_of, is_spreadsheet, name_of, text_of, unpacked
from gex_assets.errors import ChainError


def test_encodings_and_binary_files() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert text_of("σ,1\n".encode(encoding), file="a.csv") == "σ,1\n"
    with pytest.raises(ChainError, match=r"Expected text in UTF-8 in a.csv, was byte 0xe9 in line 3: save the file as UTF-8"):
        text_of(b"a\nb\ncaf\xe9", file="a.csv")
    with pytest.raises(ChainError, match=r"Expected text in a.csv, was a binary file"):
        text_of(b"a\0b", file="a.csv")


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def test_packed_files_are_unpacked_by_their_content() -> None:
    assert unpacked(gzip.compress(b"strike"), file="a") == b"strike"
    assert unpacked(gzip.compress(b"str") + gzip.compress(b"ike"), file="a") == b"strike"
    assert unpacked(zipped(chain=b"strike"), file="a") == b"strike"
    assert unpacked(b"strike", file="a.gz") == b"strike"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(b"strike" * 100, mtime=0)[:-10], "Expected a whole gzip file, was a.gz, which ends early: fetch it again"),
        (b"\x1f\x8b" + b"x" * 40, "Expected a readable gzip file, was a.gz"),
        (zipped(one=b"1", two=b"2"), r"Expected one file in the archive a.gz, was 2 \(one, two\): unpack it and name one"),
        (b"PK\x03\x04" + b"x" * 40, "Expected a readable archive, was a.gz"),
    ],
)
def test_what_cannot_be_unpacked(data: bytes, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        unpacked(data, file="a.gz")


def test_a_file_that_unpacks_to_more_than_a_chain_is_refused_without_unpacking_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_BYTES", 2**20)
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    for data in (bomb, zipped(chain=bytes(2**22))):
        with pytest.raises(ChainError, match="Expected at most 1 MB in a, was more: keep one underlying and one moment of it"):
            unpacked(data, file="a")
    (tmp_path / "a").write_bytes(bytes(2**20 + 1))
    with pytest.raises(ChainError, match="Expected at most 1 MB in a, was more"):
        bytes_of(tmp_path / "a")


def test_standard_input_and_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Piped:
        buffer = io.BytesIO(b"strike")

    monkeypatch.setattr(sys, "stdin", Piped())
    assert bytes_of("-") == b"strike"
    assert name_of("-") == "standard input"
    assert name_of("folder/a\x1b[2J.csv") == r"a\x1b[2J.csv"
    with pytest.raises(ChainError, match=r"Expected a file, was .*: Is a directory"):
        bytes_of(tmp_path)


def test_an_archive_is_a_spreadsheet_by_its_workbook() -> None:
    assert is_spreadsheet(zipped(**{"xl/workbook.xml": b"<workbook/>"}))
    assert not is_spreadsheet(zipped(chain=b"strike"))
    assert not is_spreadsheet(b"PK\x03\x04")
