"""The lake: one object per table, product and day, written to scratch, audited, and only then made visible.

This module stores, replaces and rejects. Storage itself is `filesystem.py`, reading is `stored.py`, checking is `audit.py`,
keys are `keys.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import ContractError, LakeError
from gex_assets.lake.conform import conform
from gex_assets.lake.encodings import writer_options
from gex_assets.lake.filesystem import NO_WAITING, FileSystem, StagedObject, Waiting, disk_errors
from gex_assets.lake.keys import DayKey, parsed_day_key, parsed_reason_key, reason_key, table_day_key, table_folder
from gex_assets.lake.lineage import Lineage
from gex_assets.lake.local_filesystem import LocalFileSystem
from gex_assets.lake.rejections import Rejection, read_rejection, write_rejection
from gex_assets.lake.stored import STRETCH_RECORDS, TALLY_KEY, StoredTable
from gex_assets.schemas.table import Table

__all__ = ["STRETCH_RECORDS", "Lake", "Rejection", "Staged", "StoredTable"]

_LARGEST_GROUP: Final = 1 << 26
_HASH_BLOCK: Final = 1 << 20
_IDENTITY_LETTERS: Final = 16


class Lake:
    """All tables of one installation.

    Parameters
    ----------
    place : the lake's local folder, or the file system that holds its objects.

    Attributes
    ----------
    fs : the file system.

    Raises
    ------
    LakeError
        `place` is an address that is not supported, such as `s3://…`.
    """

    def __init__(self, place: Path | str | FileSystem) -> None:
        self.fs: FileSystem = LocalFileSystem(place) if isinstance(place, (Path, str)) else place

    def __repr__(self) -> str:
        return f"Lake({self.uri!r})"

    @property
    def uri(self) -> str:
        """How messages name the lake."""
        return self.fs.uri("")

    @property
    def identity(self) -> str:
        """A word that is equal for lakes at one place, however they were named, and that does not tell the place."""
        place = self.uri if "://" in self.uri else os.path.realpath(self.uri)
        return hashlib.sha256(place.encode()).hexdigest()[:_IDENTITY_LETTERS]

    def folder(self, name: str, *, product: str, rejected: bool = False) -> str:
        """Key of the folder that holds a table's days."""
        return table_folder(name, product=product, rejected=rejected)

    def key(self, name: str, *, product: str, day: date, rejected: bool = False) -> str:
        """Key of a table-day; lineages name inputs by it."""
        return table_day_key(name, product=product, day=day, rejected=rejected)

    def table_day(self, key: str) -> DayKey | None:
        """Table, product and day that `key` names; None for any other key."""
        return parsed_day_key(key)

    def find(self, name: str, *, product: str, day: date, rejected: bool = False) -> StoredTable | None:
        """The published (or rejected) table-day, or None."""
        key = self.key(name, product=product, day=day, rejected=rejected)
        if self.fs.info(key) is None:
            return None
        return StoredTable(self.fs, key)

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

    def object_sha256(self, key: str) -> tuple[str, str]:
        """Tag and hash of the object that is there now, a table's or a page's; it is read where its hash was never noted.

        Raises
        ------
        LakeError
            There is none.
        """
        try:
            file, info = self.fs.open(key)
        except FileNotFoundError:
            raise LakeError(f"Expected {key} in the lake, was nothing") from None
        noted = self.fs.noted_sha256(key, info.tag)
        if noted is None:
            digest = hashlib.sha256()
            for start in range(0, info.size_bytes, _HASH_BLOCK):
                digest.update(file.read_at(_HASH_BLOCK, start))
            noted = digest.hexdigest()
            self.fs.note_sha256(key, info.tag, noted, stored=False)
        return info.tag, noted

    def days(self, name: str, product: str, *, rejected: bool = False) -> list[date]:
        """Days with a published (or rejected) object, in order."""
        folder = self.folder(name, product=product, rejected=rejected)
        found = (parsed_day_key(key, rejected=rejected) for key in self.fs.keys(folder))
        return [named.day for named in found if named is not None]

    def refused_days(self, name: str, product: str) -> list[date]:
        """Days for which a reason is kept, in order: with rejected rows, or without any where files were refused."""
        folder = self.folder(name, product=product, rejected=True)
        found = (parsed_reason_key(key) for key in self.fs.keys(folder))
        return [named.day for named in found if named is not None]

    def rejection(self, name: str, *, product: str, day: date) -> Rejection | None:
        """Why the latest delivery of a table-day was rejected; None if it was not."""
        return read_rejection(self.fs, name, product=product, day=day)

    def refuse(self, name: str, *, product: str, day: date, waiting: Waiting = NO_WAITING, **why: Any) -> Rejection:
        """Keep why the delivered files of a table-day were refused. What is published stays.

        Parameters
        ----------
        why : the arguments of `rejections.write_rejection`.

        Raises
        ------
        LakeBusyError
            Another process is replacing the table-day.
        LakeError
            The lake cannot be written.
        """
        with self.fs.lock(self.key(name, product=product, day=day), waiting):
            rejected = self.key(name, product=product, day=day, rejected=True)
            with disk_errors(rejected):
                self.fs.delete(rejected)  # rows of an earlier delivery: the latest one has none
                return write_rejection(self.fs, name, product=product, day=day, **why)

    def reuse(self, table: Table, *, product: str, day: date, waiting: Waiting = NO_WAITING) -> StoredTable:
        """Confirm the published state. As publishing does, this removes what was rejected since.

        Raises
        ------
        LakeBusyError
            Another process is replacing the table-day.
        LakeError
            There is none.
        """
        key = self.key(table.name, product=product, day=day)
        with self.fs.lock(key, waiting):
            stored = self.open(table.name, product=product, day=day)
            self.fs.delete(self.key(table.name, product=product, day=day, rejected=True))
            self.fs.delete(reason_key(table.name, product=product, day=day))
        return stored

    def remove(self, table: Table, *, product: str, day: date, waiting: Waiting = NO_WAITING) -> None:
        """Remove a published table-day; nothing happens where there is none.

        Raises
        ------
        LakeBusyError
            Another process is replacing it.
        """
        key = self.key(table.name, product=product, day=day)
        with self.fs.lock(key, waiting):
            self.fs.delete(key)

    @contextlib.contextmanager
    def replace(
        self, table: Table, *, product: str, day: date, lineage: Lineage, waiting: Waiting = NO_WAITING
    ) -> Iterator[Staged]:
        """Write a new state of a table-day to scratch while holding its lock; `Staged.publish` makes it visible.

        A state that is neither published nor rejected when the block ends is discarded.

        Parameters
        ----------
        waiting : how long to wait while another process replaces the same table-day.

        Raises
        ------
        LakeBusyError
            Another process is still replacing it after waiting.
        LakeError
            The lineage is of another table-day.
        """
        if (lineage.table, lineage.product, lineage.day) != (table.name, product, day):
            raise LakeError(f"Expected the lineage of {table.name} {product} {day}, was {lineage}")
        key = self.key(table.name, product=product, day=day)
        with self.fs.lock(key, waiting):
            for leftover in (key, reason_key(table.name, product=product, day=day)):
                self.fs.clear_staged(leftover)
            staged = Staged(table, self.fs, lineage)
            try:
                yield staged
            finally:
                staged.discard()


class Staged:
    """A table-day that nobody else sees yet. Rows are written, the file is finished, audited, then published or rejected."""

    def __init__(self, table: Table, fs: FileSystem, lineage: Lineage) -> None:
        self.table = table
        self._fs = fs
        product, day = lineage.product, lineage.day
        self._key = table_day_key(table.name, product=product, day=day)
        self._rejected_key = table_day_key(table.name, product=product, day=day, rejected=True)
        self._reason_key = reason_key(table.name, product=product, day=day)
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

        NULL is stored also in a column whose schema has none: the audit must see it, and a rejected day shows it.

        Raises
        ------
        ContractError
            Columns or types are not those of the table.
        LakeError
            The storage is full, or the file was finished before.
        """
        self._refuse_if(too_late=self._stored is not None or self._settled)
        rows = conform(self.table, rows)
        if rows.num_rows > _LARGEST_GROUP:
            raise ContractError(f"Expected at most {_LARGEST_GROUP} rows per row group of {self.table.name}, was {rows.num_rows}")
        surprising = [
            name for name in self._schema.names if rows.column(name).null_count and not self._schema.field(name).nullable
        ]
        with disk_errors(self._key, self._path):
            if surprising:
                self._allow_null(surprising)
            if rows.num_rows:
                self._append(self._open_writer(), rows)
                self._rows += rows.num_rows

    def note(self, tally: Mapping[str, int]) -> None:
        """Store in the footer what was counted: records or rows left out or met, by reason."""
        self._refuse_if(too_late=self._stored is not None or self._settled)
        self._tally = {reason: int(count) for reason, count in tally.items() if count}

    def finish(self) -> StoredTable:
        """Close the file and open it for reading. It is not published yet."""
        self._refuse_if(too_late=self._settled)
        if self._stored is None:
            with disk_errors(self._key, self._path):
                self._close()
            self._stored = self._read_back()
        return self._stored

    def publish(self) -> StoredTable:
        """Make it the published state of its table-day, at once. What was rejected of this day before is removed."""
        self.finish()
        with disk_errors(self._key, self._path):
            # Removed first, so that a rejected day is always newer than the published one.
            self._fs.delete(self._rejected_key)
            self._fs.delete(self._reason_key)
            self._present().publish()
        self._settled = True
        published = StoredTable(self._fs, self._key)
        published.store_sha256()
        return published

    def reject(self, reason: str, failures: Sequence[str] = ()) -> StoredTable:
        """Store it under `_rejected/` with its reason. The published state stays."""
        self.finish()
        name, product, day = self.table.name, self._lineage.product, self._lineage.day
        with disk_errors(self._rejected_key, self._path):
            write_rejection(self._fs, name, product=product, day=day, reason=reason, failures=failures)
            self._present().publish(self._rejected_key)
        self._settled = True
        return StoredTable(self._fs, self._rejected_key)

    def discard(self) -> None:
        """Remove it, unless it was published or rejected."""
        if self._settled:
            return
        self._settled = True
        if self._writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):
                self._writer.close()
            self._writer = None
        if self._object is not None:
            self._object.discard()

    def _refuse_if(self, *, too_late: bool) -> None:
        if too_late:
            raise LakeError(f"Expected {self._key} to be still open for writing, was finished")

    def _present(self) -> StagedObject:
        if self._object is None:
            self._object = self._fs.stage(self._key)
        return self._object

    def _path(self) -> Path | None:
        return None if self._object is None else self._object.path

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
        return StoredTable(self._fs, self._key, self._present().open())

    def _allow_null(self, names: list[str]) -> None:
        """Start a new file whose columns `names` may hold NULL, and copy what was written."""
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
