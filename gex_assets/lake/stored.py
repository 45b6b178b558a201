"""Reading a stored table-day. It is opened once, so that one state is read even while the day is replaced.

Writing is `tables.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from gex_assets.errors import LakeError
from gex_assets.lake.filesystem import FileSystem, OpenObject
from gex_assets.lake.lineage import Lineage

__all__ = ["STRETCH_RECORDS", "StoredTable"]

STRETCH_RECORDS: Final = 1_048_576
"""Order tables are cut in time after this many records of the day's merged raw stream, refused records included."""

TALLY_KEY: Final = b"gex_assets.tally"
"""The footer's key for what was counted when the table-day was computed."""

_HASH_BLOCK: Final = 1 << 20


class StoredTable:
    """One state of a Parquet object of the lake.

    Parameters
    ----------
    key : its name in the lake; what the lineage of other tables calls it.
    opened : the state to read, where it is another than the published one.

    Raises
    ------
    LakeError
        There is no such object, or it is no Parquet file.
    """

    def __init__(self, filesystem: FileSystem, key: str, opened: OpenObject | None = None) -> None:
        self.key = key
        self._filesystem = filesystem
        try:
            self._file, self._info = opened or filesystem.open(key)
            self._parquet = pq.ParquetFile(self._file)
        except FileNotFoundError:
            raise LakeError(f"Expected {key} in the lake, was nothing") from None
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"Expected a Parquet file at {filesystem.uri(key)}, was: {error}") from error

    def __repr__(self) -> str:
        return f"StoredTable({self.key!r}, rows={self.num_rows})"

    @property
    def uri(self) -> str:
        """How other programs name the object."""
        return self._filesystem.uri(self.key)

    @property
    def tag(self) -> str:
        """The state that is read: another one after the object was replaced."""
        return self._info.tag

    @property
    def size_bytes(self) -> int:
        """Size of the object."""
        return self._info.size_bytes

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        return int(self._parquet.metadata.num_rows)

    @property
    def num_row_groups(self) -> int:
        """Number of row groups."""
        return int(self._parquet.metadata.num_row_groups)

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns as stored, without metadata."""
        return pa.schema([field.remove_metadata() for field in self._parquet.schema_arrow])

    @cached_property
    def lineage(self) -> Lineage:
        """What it was computed from; LakeError if the footer does not say."""
        return Lineage.from_footer(self._parquet.metadata.metadata, where=self.key)

    @property
    def partial_until_ns(self) -> int | None:
        """As of its lineage; None too where the footer does not say what it was computed from. [UNIX ns UTC]."""
        with contextlib.suppress(LakeError):
            return self.lineage.partial_until_ns
        return None

    @cached_property
    def tally(self) -> dict[str, int]:
        """What was counted when it was computed: records or rows left out or met, by reason."""
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
        """Hash of the object's bytes, computed once per state and noted."""
        noted = self._filesystem.noted_sha256(self.key, self._info.tag)
        if noted is None:
            digest = hashlib.sha256()
            for start in range(0, self.size_bytes, _HASH_BLOCK):
                digest.update(self._file.read_at(_HASH_BLOCK, start))
            noted = digest.hexdigest()
            # A copied or touched object is read once: the hash is stored with its present tag.
            as_published = self._filesystem.published_sha256(self.key) == noted
            self._filesystem.note_sha256(self.key, self._info.tag, noted, stored=as_published)
        return noted

    @property
    def is_as_published(self) -> bool:
        """Whether its bytes have the hash that was stored when it was published."""
        return self._filesystem.published_sha256(self.key) == self.sha256()

    def digest(self, columns: Sequence[str]) -> str:
        """Hash of the values of some columns of a small table. It does not depend on other columns or on the encoding."""
        rows = self.read(sorted(columns))
        digest = hashlib.sha256()
        for name in rows.column_names:
            digest.update(f"{name} {rows.num_rows}\n".encode())
            digest.update(json.dumps(rows[name].to_pylist(), default=str).encode())
        return digest.hexdigest()

    def store_sha256(self) -> None:
        """Store the hash with the object, so that no later process has to compute it."""
        self._filesystem.note_sha256(self.key, self._info.tag, self.sha256(), stored=True)

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows, for tables of modest size."""
        parts = list(self.groups(columns))
        if not parts:
            return self._schema_of(columns).empty_table()
        return _joined(parts)

    def groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """One table per row group, in file order. One row group is in memory at a time."""
        schema = self._schema_of(columns)
        for number in range(self.num_row_groups):
            yield self._group(number, schema)

    def group(self, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one row group."""
        return self._group(number, self._schema_of(columns))

    def rows_of_group(self, number: int) -> int:
        """Number of rows of one row group, by the footer."""
        return int(self._parquet.metadata.row_group(number).num_rows)

    def known_share(self, number: int, columns: Sequence[str]) -> float:
        """The share of a row group's values in some flat columns that are not NULL, by the footer.

        Columns without statistics count as known.
        """
        rows, missing = int(self._parquet.metadata.row_group(number).num_rows), 0
        for column in columns:
            statistics = self._statistics(number, column) if column in self._leaves else None
            missing += int(statistics.null_count) if statistics is not None and statistics.has_null_count else 0
        return 1 - missing / max(1, rows * len(columns))

    def stretches(
        self, columns: Sequence[str] | None = None, only: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[pa.Table]:
        """Order records in the order of the raw stream, one stretch of time in memory at a time.

        Parameters
        ----------
        columns : columns of the result, all by default.
        only : column (`underlying`, `symbol`) -> the values wanted. Row groups without them are not read.

        Yields
        ------
        Rows of one stretch (`record_index` // STRETCH_RECORDS), sorted by `record_index`. Stretches without a wanted row
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

    def group_bounds(self, number: int, column: str) -> tuple[Any, Any] | None:
        """Smallest and largest value of a flat column in one row group, by the footer; None where the footer does not say."""
        return self._bounds(number, column)

    def null_count(self, column: str) -> int | None:
        """NULLs in a flat column, by the footer; None for a nested one and where the footer does not say."""
        if column not in self._leaves:
            return None
        if self._parquet.schema.column(self._leaves[column]).max_definition_level == 0:
            return 0  # declared without NULL: the format cannot store one
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
    """Row numbers by rising `record_index`. Each record has its own place within the stretch, so nothing is sorted."""
    places = record_index.to_numpy() - stretch * STRETCH_RECORDS
    row_at = np.full(STRETCH_RECORDS, -1, dtype=np.int32)
    row_at[places] = np.arange(len(places), dtype=np.int32)
    rows = row_at[row_at >= 0]
    if len(rows) != len(places):
        raise LakeError(f"Expected every record_index once, was more than once {len(places) - len(rows)} times")
    return rows
