"""A table-day as it lies in the lake: opened once, so that what is read is one state even while the day is replaced.

Reading only; how a table-day comes to be is `tables.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem, info_of
from gex_assets.lake.lineage import Lineage

__all__ = ["STRETCH_RECORDS", "StoredTable"]

STRETCH_RECORDS: Final = 1_048_576
"""Order tables are cut in time after this many records of the day's merged raw stream (refused ones included)."""

TALLY_KEY: Final = b"gex_assets.tally"
"""Where the footer keeps what was counted when the table-day was made."""

_HASH_BLOCK: Final = 1 << 20


class StoredTable:
    """One Parquet file of the lake.

    Attributes
    ----------
    path : where the file lay when it was opened.
    key : its name in the lake; what the lineage of other tables calls it.
    """

    def __init__(self, path: Path, *, key: str, filesystem: FileSystem) -> None:
        self.path = path
        self.key = key
        self._filesystem = filesystem
        try:
            self._file, self._fingerprint = _opened(path)
            self._parquet = pq.ParquetFile(self._file)
        except FileNotFoundError:
            raise LakeError(f"Expected {key} in the lake, was nothing") from None
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"Expected a Parquet file at {path}, was: {error}") from error
        self.size_bytes: int = self._file.size()

    def __repr__(self) -> str:
        return f"StoredTable({self.key!r}, rows={self.num_rows})"

    @property
    def num_rows(self) -> int:
        """How many rows it has."""
        return int(self._parquet.metadata.num_rows)

    @property
    def num_row_groups(self) -> int:
        """How many row groups it has."""
        return int(self._parquet.metadata.num_row_groups)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns as stored, without metadata."""
        return pa.schema([field.remove_metadata() for field in self._parquet.schema_arrow])

    @cached_property
    def lineage(self) -> Lineage:
        """What it was made of; LakeError if the footer does not say."""
        return Lineage.from_footer(self._parquet.metadata.metadata, where=self.key)

    @cached_property
    def tally(self) -> dict[str, int]:
        """What was counted when it was made: records or rows left out or met, by reason."""
        text = (self._parquet.metadata.metadata or {}).get(TALLY_KEY, b"{}")
        try:
            return {str(reason): int(count) for reason, count in json.loads(text).items()}
        except (ValueError, AttributeError) as error:
            raise LakeError(f"Expected readable counts in the footer of {self.key}, was {text!r}") from error

    def minimum(self, column: str) -> int | None:
        """Smallest value of an integer column, by the footer's statistics; None without rows."""
        bounds = [self._bounds(group, column) for group in range(self.num_row_groups)]
        return min((int(low_high[0]) for low_high in bounds if low_high is not None), default=None)

    def sha256(self) -> str:
        """Hash of the file's bytes; computed once per file and noted."""
        noted = self._filesystem.noted_sha256(self.key, self._fingerprint)
        if noted is None:
            digest = hashlib.sha256()
            for start in range(0, self.size_bytes, _HASH_BLOCK):
                digest.update(self._file.read_at(_HASH_BLOCK, start))
            noted = digest.hexdigest()
            self._filesystem.note_sha256(self.key, self._fingerprint, noted, keep=False)
        return noted

    @property
    def is_as_published(self) -> bool:
        """Whether its bytes are those of which the hash was kept when they were published."""
        return self._filesystem.kept_sha256(self.key) == self.sha256()

    def digest(self, columns: Sequence[str]) -> str:
        """Hash of what columns of a small table say, row by row, whatever else the file holds and however it is encoded."""
        rows = self.read(sorted(columns))
        digest = hashlib.sha256()
        for name in rows.column_names:
            digest.update(f"{name} {rows.num_rows}\n".encode())
            digest.update(json.dumps(rows[name].to_pylist(), default=str).encode())
        return digest.hexdigest()

    def keep_sha256(self) -> None:
        """Note the hash beside the object too, so that no later process has to compute it."""
        self._filesystem.note_sha256(self.key, self._fingerprint, self.sha256(), keep=True)

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows, for tables of modest size."""
        parts = list(self.groups(columns))
        if not parts:
            return self._schema_of(columns).empty_table()
        return _joined(parts)

    def groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """One table per row group, in file order, one row group in memory at a time."""
        schema = self._schema_of(columns)
        for number in range(self.num_row_groups):
            yield self._group(number, schema)

    def stretches(
        self, columns: Sequence[str] | None = None, only: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[pa.Table]:
        """Order records in the order of the file they came from, one stretch of time in memory at a time.

        Parameters
        ----------
        columns : columns of the result, all by default.
        only : column (`underlying`, `symbol`) -> the values wanted; row groups without them are not read.

        Yields
        ------
        Rows of one stretch (`record_index` // STRETCH_RECORDS), sorted by `record_index`; stretches without a wanted row
        are left out.
        """
        wanted = {column: frozenset(values) for column, values in (only or {}).items()}
        result = self._schema_of(columns)
        needed = self._schema_of([*dict.fromkeys([*result.names, *wanted, "record_index"])])
        for stretch, numbers in groupby(range(self.num_row_groups), key=self._stretch):
            parts = [self._wanted(number, needed, wanted) for number in numbers if self._may_hold(number, wanted)]
            if any(part.num_rows for part in parts):
                rows = _joined(parts)
                yield rows.select(result.names).take(_in_stream_order(rows.column("record_index"), stretch))

    def bounds(self, column: str) -> tuple[Any, Any] | None:
        """Smallest and largest value of a flat column, by the footer; None without rows and where the footer does not say."""
        found = [self._bounds(group, column) for group in range(self.num_row_groups)]
        known = [low_high for low_high in found if low_high is not None]
        if not known or len(known) < len(found):
            return None
        return min(low for low, _ in known), max(high for _, high in known)

    def null_count(self, column: str) -> int | None:
        """NULLs in a flat column, by the footer; None for a nested one and where the footer does not say."""
        if column not in self._leaves:
            return None
        if self._parquet.schema.column(self._leaves[column]).max_definition_level == 0:
            return 0  # declared as one that holds none: the format has no room for it
        total = 0
        for group in range(self.num_row_groups):
            statistics = self._statistics(group, column)
            if statistics is None or not statistics.has_null_count:
                return None
            total += statistics.null_count
        return total

    def _schema_of(self, columns: Sequence[str] | None) -> pa.Schema:
        if columns is None:
            return self.schema
        fields = {field.name: field for field in self.schema}
        unknown = [name for name in columns if name not in fields]
        if unknown:
            raise LakeError(f"Expected columns of {self.key}, was {unknown}")
        return pa.schema([fields[name] for name in columns])

    def _group(self, number: int, schema: pa.Schema) -> pa.Table:
        try:
            rows = self._parquet.read_row_group(number, columns=schema.names)
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"Expected row group {number} of {self.key} to be readable, was: {error}") from error
        return pa.Table.from_arrays(rows.select(schema.names).columns, schema=schema)

    @cached_property
    def _leaves(self) -> dict[str, int]:
        return {self._parquet.schema.column(number).path: number for number in range(self._parquet.metadata.num_columns)}

    def _statistics(self, group: int, column: str) -> Any:
        return self._parquet.metadata.row_group(group).column(self._leaves[column]).statistics

    def _bounds(self, group: int, column: str) -> tuple[Any, Any] | None:
        statistics = self._statistics(group, column)
        return (statistics.min, statistics.max) if statistics is not None and statistics.has_min_max else None

    def _stretch(self, group: int) -> int:
        bounds = self._bounds(group, "record_index")
        if bounds is None or bounds[0] // STRETCH_RECORDS != bounds[1] // STRETCH_RECORDS:
            raise LakeError(f"Expected row group {group} of {self.key} within one stretch, was record_index {bounds}")
        return int(bounds[0]) // STRETCH_RECORDS

    def _may_hold(self, group: int, wanted: Mapping[str, frozenset[str]]) -> bool:
        for column, values in wanted.items():
            bounds = self._bounds(group, column)
            if bounds is not None and not any(bounds[0] <= value <= bounds[1] for value in values):
                return False
        return True

    def _wanted(self, group: int, schema: pa.Schema, wanted: Mapping[str, frozenset[str]]) -> pa.Table:
        import pyarrow.compute as pc  # a seventh of the start of `gex status`, which reads no rows

        rows = self._group(group, schema)
        for column, values in wanted.items():
            bounds = self._bounds(group, column)
            if bounds is None or bounds[0] != bounds[1]:
                rows = rows.filter(pc.is_in(rows.column(column), pa.array(sorted(values), type=pa.string())))
        return rows


def _joined(parts: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def _in_stream_order(record_index: pa.ChunkedArray, stretch: int) -> npt.NDArray[np.int32]:
    """Row numbers by rising `record_index`: every record has its place within the stretch, so no sorting is needed."""
    places = record_index.to_numpy() - stretch * STRETCH_RECORDS
    row_at = np.full(STRETCH_RECORDS, -1, dtype=np.int32)
    row_at[places] = np.arange(len(places), dtype=np.int32)
    rows = row_at[row_at >= 0]
    if len(rows) != len(places):
        raise LakeError(f"Expected every record_index once, was more than once {len(places) - len(rows)} times")
    return rows


def _opened(path: Path) -> tuple[pa.OSFile, str]:
    """Open the file and say which one it was, even if it is replaced at the same moment."""
    while True:
        before = info_of(path)
        source = pa.OSFile(str(path), "rb")
        if before is not None and before == info_of(path):
            return source, before.fingerprint
