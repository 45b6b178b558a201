"""The lake: one object per table, product and day, written aside, audited, and only then made visible.

What is stored, replaced and refused is said here; storage itself is `filesystem.py`, reading is `stored.py`, judging is
`audit.py`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import ContractError, LakeError
from gex_assets.lake.conform import conform
from gex_assets.lake.encodings import writer_options
from gex_assets.lake.filesystem import FileSystem, LocalFileSystem, StagedObject
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.names import checked_product, checked_table, day_named
from gex_assets.lake.stored import STRETCH_RECORDS, TALLY_KEY, StoredTable
from gex_assets.schemas.table import Table

__all__ = ["STRETCH_RECORDS", "Lake", "Rejection", "Staged", "StoredTable"]

_DATA: Final = "data.parquet"
_REASON: Final = "reason.json"
_DAY_KEY: Final = re.compile(rf"date=(\d{{4}}-\d{{2}}-\d{{2}})/{re.escape(_DATA)}")
_TABLE_KEY: Final = re.compile(rf"([a-z][a-z0-9_]*)/product=([A-Z0-9]+)/{_DAY_KEY.pattern}")
_LARGEST_GROUP: Final = 1 << 26


class Rejection(NamedTuple):
    """Why the latest delivery of a table-day was not published."""

    reason: str
    failures: tuple[str, ...]
    rejected_at: str


class Lake:
    """All tables below one root.

    Attributes
    ----------
    root : folder of the lake.
    fs : where its objects are.
    """

    def __init__(self, root: Path | str, filesystem: FileSystem | None = None) -> None:
        self.root = Path(root).absolute()
        self.fs: FileSystem = filesystem or LocalFileSystem(self.root)

    def __repr__(self) -> str:
        return f"Lake({str(self.root)!r})"

    def folder(self, name: str, *, product: str, rejected: bool = False) -> str:
        """Key of the folder that holds a table's days."""
        return f"{'_rejected/' if rejected else ''}{checked_table(name)}/product={checked_product(product)}"

    def key(self, name: str, *, product: str, day: date, rejected: bool = False) -> str:
        """Key of a table-day, as lineages name it."""
        return f"{self.folder(name, product=product, rejected=rejected)}/date={day.isoformat()}/{_DATA}"

    def table_day(self, key: str) -> tuple[str, str, date] | None:
        """Table, product and day that `key` names; None for the key of anything else."""
        match = _TABLE_KEY.fullmatch(key)
        return (match[1], match[2], day_named(match[3])) if match else None

    def find(self, name: str, *, product: str, day: date, rejected: bool = False) -> StoredTable | None:
        """The published (or rejected) table-day, or None."""
        key = self.key(name, product=product, day=day, rejected=rejected)
        if self.fs.info(key) is None:
            return None
        return StoredTable(self.fs.local_path(key), key=key, filesystem=self.fs)

    def open(self, name: str, *, product: str, day: date) -> StoredTable:
        """The published table-day.

        Raises
        ------
        LakeError
            There is none.
        """
        stored = self.find(name, product=product, day=day)
        if stored is None:
            raise LakeError(f"Expected {name} of {product} {day} in the lake, was nothing")
        return stored

    def days(self, name: str, product: str, *, rejected: bool = False) -> list[date]:
        """Days with a published (or rejected) object, in order."""
        folder = self.folder(name, product=product, rejected=rejected)
        found = (_DAY_KEY.fullmatch(key.removeprefix(f"{folder}/")) for key in self.fs.list(folder))
        return [day_named(match[1]) for match in found if match]

    def rejection(self, name: str, *, product: str, day: date) -> Rejection | None:
        """Why the latest delivery of a table-day was rejected; None if it was not."""
        key = self.key(name, product=product, day=day, rejected=True)
        if self.fs.info(key) is None:
            return None
        try:
            values = json.loads(self.fs.local_path(_beside(key)).read_text(encoding="utf-8"))
            return Rejection(str(values["reason"]), tuple(values["failures"]), str(values["rejected_at"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Rejection("its reason cannot be read", (), "")

    def keep(self, table: Table, *, product: str, day: date) -> StoredTable:
        """Say again that the published state holds, as publishing it anew would: what was rejected since is removed.

        Raises
        ------
        LakeBusyError
            Another process is replacing the table-day.
        LakeError
            There is none.
        """
        key = self.key(table.name, product=product, day=day)
        rejected = self.key(table.name, product=product, day=day, rejected=True)
        with self.fs.lock(key):
            stored = self.open(table.name, product=product, day=day)
            self.fs.delete(rejected)
            self.fs.delete(_beside(rejected))
        return stored

    def remove(self, table: Table, *, product: str, day: date) -> None:
        """Take a table-day out of the lake; nothing happens where there is none.

        Raises
        ------
        LakeBusyError
            Another process is replacing it.
        """
        key = self.key(table.name, product=product, day=day)
        with self.fs.lock(key):
            self.fs.delete(key)

    @contextlib.contextmanager
    def replace(self, table: Table, *, product: str, day: date, lineage: Lineage) -> Iterator[Staged]:
        """Write a new state of a table-day aside while holding its lock; `Staged.publish` makes it visible.

        Whatever is neither published nor rejected when the block ends is discarded.

        Raises
        ------
        LakeBusyError
            Another process is replacing the same table-day.
        LakeError
            The lineage speaks of another table-day.
        """
        if (lineage.table, lineage.product, lineage.day) != (table.name, product, day):
            raise LakeError(f"Expected the lineage of {table.name} {product} {day}, was {lineage}")
        key = self.key(table.name, product=product, day=day)
        rejected = self.key(table.name, product=product, day=day, rejected=True)
        with self.fs.lock(key):
            for leftover in (key, _beside(rejected)):
                self.fs.clear_staged(leftover)
            staged = Staged(table, self.fs, key=key, rejected_key=rejected, lineage=lineage)
            try:
                yield staged
            finally:
                staged.discard()


class Staged:
    """A table-day that nobody sees yet: rows are written, the file is finished, judged, then published or rejected."""

    def __init__(self, table: Table, fs: FileSystem, *, key: str, rejected_key: str, lineage: Lineage) -> None:
        self.table = table
        self._fs = fs
        self._key = key
        self._rejected_key = rejected_key
        self._lineage = lineage
        self._schema = table.arrow_schema()
        self._object: StagedObject | None = None
        self._writer: pq.ParquetWriter | None = None
        self._stored: StoredTable | None = None
        self._settled = False
        self._tally: dict[str, int] = {}
        self._rows = 0

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return self._rows

    def write(self, rows: pa.Table) -> None:
        """Append rows as one row group; a table without rows appends nothing.

        NULL in a column that promises none is stored all the same: the audit has to see it, and a rejected day shows it.

        Raises
        ------
        ContractError
            Columns or types are not those of the table.
        LakeError
            The disk is full, or the file was finished before.
        """
        self._refuse_if(self._stored is not None or self._settled)
        rows = conform(self.table, rows)
        if rows.num_rows > _LARGEST_GROUP:
            raise ContractError(f"Expected at most {_LARGEST_GROUP} rows per row group of {self.table.name}, was {rows.num_rows}")
        surprising = [
            name for name in self._schema.names if rows.column(name).null_count and not self._schema.field(name).nullable
        ]
        with _disk_errors(self._key):
            if surprising:
                self._allow_null(surprising)
            if rows.num_rows:
                self._append(self._open_writer(), rows)
                self._rows += rows.num_rows

    def note(self, tally: Mapping[str, int]) -> None:
        """Keep in the footer what was counted on the way: records or rows left out or met, by reason."""
        self._refuse_if(self._stored is not None or self._settled)
        self._tally = {reason: int(count) for reason, count in tally.items() if count}

    def finish(self) -> StoredTable:
        """Close the file and open it for reading; it is still invisible."""
        self._refuse_if(self._settled)
        if self._stored is None:
            with _disk_errors(self._key):
                self._close()
            self._stored = self._read_back()
        return self._stored

    def publish(self) -> StoredTable:
        """Make it the published state of its table-day, at once; what was rejected of this day before is removed."""
        self.finish()
        with _disk_errors(self._key):
            # Removed first: a rejected day is then always newer than what is published.
            self._fs.delete(self._rejected_key)
            self._fs.delete(_beside(self._rejected_key))
            self._present().publish()
        self._settled = True
        published = StoredTable(self._fs.local_path(self._key), key=self._key, filesystem=self._fs)
        published.keep_sha256()
        return published

    def reject(self, reason: str, failures: Sequence[str] = ()) -> StoredTable:
        """Put it aside under `_rejected/` with its reason; what was published before stays."""
        self.finish()
        note = {"reason": reason, "failures": list(failures), "rejected_at": datetime.now(UTC).isoformat(timespec="seconds")}
        with _disk_errors(self._rejected_key):
            because = self._fs.stage(_beside(self._rejected_key))
            because.path.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
            because.publish()
            self._present().publish(self._rejected_key)
        self._settled = True
        return StoredTable(self._fs.local_path(self._rejected_key), key=self._rejected_key, filesystem=self._fs)

    def discard(self) -> None:
        """Forget it, unless it was published or rejected."""
        if self._settled:
            return
        self._settled = True
        if self._writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):
                self._writer.close()
            self._writer = None
        if self._object is not None:
            self._object.discard()

    def _refuse_if(self, too_late: bool) -> None:  # noqa: FBT001
        if too_late:
            raise LakeError(f"Expected {self._key} to be still open for writing, was finished")

    def _present(self) -> StagedObject:
        if self._object is None:
            self._object = self._fs.stage(self._key)
        return self._object

    def _open_writer(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = pq.ParquetWriter(str(self._present().path), self._schema, **writer_options(self.table))
        return self._writer

    def _append(self, writer: pq.ParquetWriter, rows: pa.Table) -> None:
        rows = pa.Table.from_arrays(rows.columns, schema=self._schema)
        try:
            writer.write_table(rows, row_group_size=rows.num_rows)
        except pa.ArrowInvalid as error:
            raise ContractError(f"Expected rows that {self.table.name} can hold, was: {error}") from error

    def _close(self) -> None:
        writer = self._open_writer()
        writer.add_key_value_metadata(
            self._lineage.to_footer() | {TALLY_KEY: json.dumps(self._tally, sort_keys=True, separators=(",", ":")).encode()}
        )
        writer.close()
        self._writer = None

    def _read_back(self) -> StoredTable:
        return StoredTable(self._present().path, key=self._key, filesystem=self._fs)

    def _allow_null(self, names: list[str]) -> None:
        """Begin again with a file whose columns `names` may hold NULL, and copy what was written."""
        written: StoredTable | None = None
        before = self._object
        if self._writer is not None:
            self._close()
            written = self._read_back()
        self._object = None
        self._schema = pa.schema([field.with_nullable(field.nullable or field.name in names) for field in self._schema])
        try:
            for rows in written.groups() if written is not None else ():
                self._append(self._open_writer(), rows)
        finally:
            if before is not None:
                before.discard()


def _beside(data_key: str) -> str:
    return f"{data_key.removesuffix(_DATA)}{_REASON}"


@contextlib.contextmanager
def _disk_errors(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(f"Expected room and permission to write {key}, was: {error}") from error
