"""Spoiled files and sidecars go through every function that reads them: they are refused in the proper form, or read right.

The twin says what a file holds.

Run it as a process, `python -m gex_assets_tests.lake.dbn.dbn_fuzz files|sidecars|folders|lone FIRST LAST`. Then a crash, a hang
and a giant allocation are seen. It prints as JSON what was met and what went wrong, by seed.
"""

from __future__ import annotations

import faulthandler
import hashlib
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import databento_dbn
import pyarrow as pa

from gex_assets.errors import BadFileError
from gex_assets.lake.dbn.reader import DbnFile, Header, blocks, read_header
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.raw.ingest import ingest
from gex_assets.lake.raw.layout import FoundFile, RawKind, day_bounds, raw_file_name, raw_folder, source_of_file
from gex_assets.lake.raw.reference_data import definitions, mapped_symbols, statistics
from gex_assets.lake.raw.sidecars import ManifestFile, Sidecars, read_sidecars, read_symbology
from gex_assets.lake.raw.verify import verify_day, verify_file
from gex_assets.schemas.registry import TABLES
from gex_assets_tests.lake.dbn.spoiled_files import Spoiled, framed, plain_files, spoiled
from gex_assets_tests.lake.made_up_files import DAY, write_sidecars
from gex_assets_tests.lake.raw.spoiled_sidecars import spoiled_json
from gex_assets_tests.twins import dbn_reader
from gex_assets_tests.twins.dbn_reader import Content

KINDS: dict[str, RawKind] = {"mbo": "option_mbo", "definition": "option_definition", "statistics": "option_statistics"}
SECONDS_A_CASE = 60
SPARE_BYTES = 400 << 20
"""Memory that a case may take: zstd's largest window is 128 MiB, the largest header that is read 64 MiB."""
REFUSAL = re.compile(r"Expected .*\bwas\b", re.DOTALL)
JOB = "GLBX-20260107-AAAAAAAAAA"


T = TypeVar("T")


class WrongError(Exception):
    """A reader accepted, refused or returned what it must not."""


def expect(held: bool, otherwise: str) -> None:
    if not held:
        raise WrongError(otherwise)


def refused_or(read: Callable[[], T], *, naming: str) -> T | None:
    """What a reader returns; None where it refuses in the proper form."""
    try:
        return read()
    except BadFileError as error:
        expect(bool(REFUSAL.search(str(error))) and naming in str(error), f"refused with {error}")
        return None


def judge_file(root: Path, seed: int) -> str:
    """One spoiled file through every reader of the lake."""
    dice, file = random.Random(-seed - 1), spoiled(seed)
    found = _placed(root, file)
    source = source_of_file(LocalFileSystem(root), found.key)
    stated = dice.choice(["nothing", "nothing", "its hash", "another hash"])
    truth = _truth(file.content, header_alone_is_whole=stated != "nothing")
    block_records = dice.choice([1, 3, 16, 4096])

    def read() -> tuple[Header, bytes]:
        with DbnFile(root / found.key, digest=True, header_alone_is_whole=stated != "nothing") as opened:
            blocks = list(opened.blocks(block_records=block_records))
            expect(opened.sha256 == hashlib.sha256(file.content).hexdigest(), "another hash")
            return opened.header, b"".join(block.tobytes() for block in blocks)

    taken = refused_or(read, naming=found.file_name)
    if isinstance(truth, str):
        expect(taken is None, f"taken, although {truth}")
    else:
        expect(taken is not None, "refused, although it is whole")
    header = refused_or(lambda: read_header(root / found.key), naming=found.file_name)
    row = refused_or(
        lambda: verify_file(found, source, sidecars=_sidecars(found, file.content, stated), block_records=block_records).row,
        naming=found.file_name,
    )
    expect(row is None or not (isinstance(truth, str) or stated == "another hash"), "verified")
    if isinstance(truth, str) or taken is None:
        return "refused"
    expect(header == taken[0] and _same(taken[0], truth), "another header")
    expect(taken[1] == b"".join(truth.records), f"other records than the {len(truth.records)} it holds")
    if dice.random() < 0.2:
        _vendor_agrees(file.content, truth)
    if row is None:
        expect(bool(file.done) or stated == "another hash", "refused, although nothing was spoiled")
        return "taken"
    expect(row["records"] == len(truth.records), "another count of records")
    _reference_data(root, file.schema, row, truth)
    return "verified"


def _placed(root: Path, file: Spoiled) -> FoundFile:
    kind = KINDS[file.schema]
    name = raw_file_name(kind=kind, day=DAY)
    key = f"{raw_folder(kind=kind, product='ES')}/{name}"
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.content)
    info = LocalFileSystem(root).info(key)
    assert info is not None
    return FoundFile(DAY, "", name, kind, "ES", key, info)


def _sidecars(found: FoundFile, content: bytes, stated: str) -> Sidecars:
    if stated == "nothing":
        return Sidecars()
    digest = hashlib.sha256(content + b"?" * (stated == "another hash")).hexdigest()
    return Sidecars(job_id=JOB, files={found.file_name: ManifestFile(found.file_name, len(content), digest)})


def _truth(content: bytes, *, header_alone_is_whole: bool) -> Content | str:
    try:
        return dbn_reader.read(content, header_alone_is_whole=header_alone_is_whole)
    except dbn_reader.RefusedError as error:
        return str(error)


def _same(header: Header, truth: Content) -> bool:
    mappings = {one.raw_symbol: [tuple(part) for part in one.intervals] for one in header.mappings}
    said = header.version, header.schema, header.start_ns, header.end_ns, list(header.symbols), mappings
    return said == (truth.version, truth.schema, truth.start_ns, truth.end_ns, truth.symbols, truth.mappings)


def _vendor_agrees(content: bytes, truth: Content) -> None:
    plain = content if content[:3] == b"DBN" else dbn_reader.decompressed(content)[0]
    decoder = databento_dbn.DBNDecoder(upgrade_policy=databento_dbn.VersionUpgradePolicy.AS_IS)
    decoder.write(plain)
    records = decoder.decode()[1:]
    expect([bytes(record) for record in records] == truth.records, "other records than the vendor's decoder gives")


def _reference_data(root: Path, schema: str, row: dict[str, Any], truth: Content) -> None:
    """Reference data of a verified file has its records, one for one."""
    files = pa.Table.from_pylist([row], schema=TABLES[f"raw_{KINDS[schema]}"].arrow_schema())
    mapped = refused_or(lambda: mapped_symbols(LocalFileSystem(root), files, day=DAY), naming=".dbn.zst")
    if mapped is None:
        return
    of_the_day = {
        symbol: said
        for symbol, intervals in truth.mappings.items()
        for start, end, said in intervals
        if said and start <= DAY < end
    }
    expect(
        {*mapped["raw_symbol"].to_pylist()} == {symbol for symbol, said in of_the_day.items() if symbol != said}, "other symbols"
    )
    ids = {int(said) for said in of_the_day.values()}
    records = _claimed(truth)
    if schema == "definition":
        found = definitions(LocalFileSystem(root), files, block_records=3)["instrument_id"].to_pylist()
        expect([one for one in found if one in ids] == [one for one in records if one in ids], "other definitions")
    if schema == "statistics":
        tables = list(statistics(LocalFileSystem(root), files, file_date=DAY, block_records=3))
        found = [one for table in tables for one in table["instrument_id"].to_pylist()]
        expect([one for one in found if one in ids] == [one for one in records if one in ids], "other statistics")


def _claimed(truth: Content) -> list[int]:
    """Instruments of the records within the request and the day, by the running maximum of ts_recv."""
    start, end = day_bounds(DAY)
    start, end = max(start, truth.start_ns), end if truth.end_ns is None else min(end, truth.end_ns)
    found, largest = [], -(2**63)
    for record in truth.records:
        largest = max(largest, int.from_bytes(record[16:24], "little", signed=True))
        if start <= largest < end:
            found.append(int.from_bytes(record[4:8], "little"))
    return found


def judge_sidecars(root: Path, seed: int) -> str:
    """A job's folder with spoiled sidecars. The header of its file maps no symbols."""
    dice = random.Random(seed)
    kind: RawKind = "option_mbo"
    folder = root / raw_folder(kind=kind, product="ES", job_id=dice.choice(["", JOB]))
    path = folder / raw_file_name(kind=kind, day=DAY)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(framed(next(file for file in plain_files() if len(file.body) == 56), random.Random(1))))
    write_sidecars(folder, job_id=JOB)
    names = dice.sample(["metadata.json", "condition.json", "symbology.json", "manifest.json"], dice.choice([1, 1, 2]))
    for name in names:
        (folder / name).write_bytes(spoiled_json((folder / name).read_bytes(), dice))
    if "manifest.json" not in names:
        (folder / "manifest.json").unlink()
    sidecars = refused_or(lambda: read_sidecars(LocalFileSystem(folder)), naming=".json")
    refused_or(lambda: read_symbology(LocalFileSystem(folder), "symbology.json"), naming="symbology.json")
    table = refused_or(lambda: verify_day(LocalFileSystem(root), kind=kind, product="ES", day=DAY).table, naming=folder.name)
    if table is None:
        return "refused"
    expect(sidecars is not None, "verified, although its sidecars cannot be read")
    _stored(table)
    _stored(mapped_symbols(LocalFileSystem(root), table, day=DAY))
    return "verified"


def _stored(table: pa.Table) -> None:
    """The table can be written and read again."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    expect(pa.ipc.open_stream(sink.getvalue()).read_all().equals(table), "a table that changes when it is stored")


def judge_folder(root: Path, seed: int) -> str:
    """A delivered folder with a spoiled file, its manifest from before or after, taken into a lake."""
    dice = random.Random(seed)
    lake, downloads = root / "lake", root / "downloads" / JOB
    good = plain_files()[dice.choice([1, 2, 3])]
    name = raw_file_name(kind="option_mbo", day=DAY)
    before = downloads / name
    downloads.mkdir(parents=True, exist_ok=True)
    before.write_bytes(b"".join(framed(good, dice)))
    write_sidecars(downloads, job_id=JOB)
    published = dice.random() < 0.5
    if published:
        expect([one.status for one in ingest(LocalFileSystem(lake), [downloads])] == ["added"], "a good folder was refused")
    there = _everything(lake)
    content = next(one.content for one in map(spoiled, range(1000 * seed, 1000 * seed + 1000)) if one.schema == "mbo")
    roll = dice.random()
    if roll < 0.3:
        content = before.read_bytes()[: -dice.randint(1, 100)]
    elif roll < 0.5:
        content = b"".join(framed(good, dice))
    same = content == before.read_bytes()
    before.write_bytes(content)
    stale = dice.random() < 0.5
    if not stale:
        write_sidecars(downloads, job_id=JOB)
    (one,) = ingest(LocalFileSystem(lake), [downloads])
    truth = _truth(content, header_alone_is_whole=True)
    if one.status == "refused":
        expect(bool(REFUSAL.search(one.why)), f"refused with {one.why}")
        expect(_everything(lake) == there, "a refused folder changed the lake")
        return "refused"
    expect(same or not (stale or isinstance(truth, str)), "taken in, although the manifest or the twin says otherwise")
    expect((lake / str(one.key)).read_bytes() == content, "other bytes in the lake")
    table = verify_day(LocalFileSystem(lake), kind="option_mbo", product="ES", day=DAY).table
    expect(not isinstance(truth, str) and table["records"].to_pylist() == [len(truth.records)], "another count of records")
    return one.status


def judge_lone(root: Path, seed: int) -> str:
    """A spoiled file, given alone: refused, taken as it is, or split into dates without loss."""
    file, lake, source = spoiled(seed), root / "lake", root / "given.dbn.zst"
    source.write_bytes(file.content)
    truth = _truth(file.content, header_alone_is_whole=False)
    results = ingest(LocalFileSystem(lake), [source])
    if results[0].status == "refused":
        expect(len(results) == 1 and bool(REFUSAL.search(results[0].why)), f"refused with {results[0].why}")
        expect(source.name in results[0].why, "refused without its name")
        expect(not _everything(lake), "a refused file changed the lake")
        return "refused"
    if isinstance(truth, str):
        raise WrongError(f"taken in, although {truth}")
    pieces = [b"".join(block.tobytes() for block in blocks(lake / str(one.key), block_records=7)) for one in results]
    expect(b"".join(pieces) == b"".join(truth.records), "other records than the twin finds")
    expect([one.status for one in ingest(LocalFileSystem(lake), [source])] == ["unchanged"] * len(results), "not the same again")
    return "split" if len(results) > 1 else "taken"


def _everything(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"
    }


JUDGES: dict[str, Callable[[Path, int], str]] = {
    "files": judge_file,
    "sidecars": judge_sidecars,
    "folders": judge_folder,
    "lone": judge_lone,
}


def run(judge: Callable[[Path, int], str], first: int, last: int) -> dict[str, Any]:
    """What was met, and what went wrong, by seed."""
    met: Counter[str] = Counter()
    wrong: dict[int, str] = {}
    for seed in range(first, last):
        faulthandler.dump_traceback_later(SECONDS_A_CASE, exit=True)
        with tempfile.TemporaryDirectory() as folder:
            try:
                met[judge(Path(folder), seed)] += 1
            except Exception as error:  # noqa: BLE001 - whatever comes that is no refusal is what is looked for
                wrong[seed] = f"{type(error).__name__}: {error}"[:300]
    faulthandler.cancel_dump_traceback_later()
    return {"met": met, "wrong": wrong}


def limit_memory() -> None:
    """Whatever asks for much more than the process has now fails, and is seen. Linux only."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + SPARE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(what: str, first: int, last: int) -> None:
    run(JUDGES[what], first, first + 10)  # what is loaded and compiled once is no case's own
    limit_memory()
    sys.stdout.write(json.dumps(run(JUDGES[what], first, last)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
