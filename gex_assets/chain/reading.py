"""The first step of `analyze`: a caller's chain in any of its forms, read into arrays of one row per option.

Accepted are Arrow objects (tables and record batches, pandas, polars, DuckDB relations), the dataframe interchange protocol, a
mapping of columns, and a list of rows. A row is an option, with `right`, or a strike, with call_gamma, call_oi, put_gamma and
put_oi. Rows that cannot be used are left out with a warning; a chain that cannot be read is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import interchange

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.moments import moments_ns
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError

__all__ = ["Options", "columns_of", "numbers_of", "read_chain"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_NUMBERS: Final = ("gamma", "iv", "bid", "ask", "years", *WEIGHTS)
_SIGNED: Final = ("flow_inventory", "years")
"""Columns in which negative values are valid."""
_BY_STRIKE: Final = {"gamma": "gamma", "oi": "open_interest"}
"""Suffix of a column of calls and one of puts -> the column that they become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One row per option, in the order given.

    Attributes
    ----------
    strike : (n,) positive. [index points]
    is_call : (n,)
    entry : (n,) the caller's row, where rows are strikes with a call and a put; None where rows are options.
    ts_expiration : (n,) UNIX ns UTC, or None without expirations.
    numbers : column -> (n,) values, NaN where missing; only columns that were given.
    """

    strike: Float
    is_call: Bool
    entry: NDArray[np.int64] | None
    ts_expiration: NDArray[np.int64] | None
    numbers: Mapping[str, Float] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.strike.size

    def digest(self) -> bytes:
        """Hash of the content."""
        names = sorted(self.numbers)
        found = hashlib.blake2b(repr((len(self), names)).encode(), digest_size=16)
        for values in (self.strike, self.is_call, self.entry, self.ts_expiration, *(self.numbers[name] for name in names)):
            found.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
        return found.digest()

    def only(self, chosen: Bool | NDArray[np.int64]) -> Options:
        """The options chosen, by truth values or in an order of their positions."""
        return replace(
            self,
            strike=self.strike[chosen],
            is_call=self.is_call[chosen],
            entry=None if self.entry is None else self.entry[chosen],
            ts_expiration=None if self.ts_expiration is None else self.ts_expiration[chosen],
            numbers={name: values[chosen] for name, values in self.numbers.items()},
        )


def read_chain(chain: object, *, warnings: Warnings) -> Options:
    """Read a chain.

    Parameters
    ----------
    chain : in any form that the module lists; None is an empty chain.
    warnings : told of rows left out and values taken for missing.

    Raises
    ------
    ChainError
        The form is not known, columns are missing or differ in length, or a column holds what it cannot hold.
    """
    columns = columns_of(chain)
    if not columns or len(next(iter(columns.values()))) == 0:
        nothing = np.empty(0)
        return Options(strike=nothing, is_call=nothing.astype(np.bool_), entry=None, ts_expiration=None)
    if "strike" not in columns:
        raise ChainError(f"Expected a chain with a column strike, was {', '.join(columns)}")
    options = _by_option(columns) if "right" in columns else _by_strike(columns)
    return _usable(options, warnings)


def columns_of(chain: object) -> dict[str, pa.Array]:
    """Column name -> values, all of one length.

    Raises
    ------
    ChainError
        The form is not known, or columns differ in length.
    """
    try:
        if chain is None:
            return {}
        if isinstance(chain, Mapping):
            columns = {str(name): _array(str(name), values) for name, values in chain.items()}
        elif hasattr(chain, "__arrow_c_stream__") or hasattr(chain, "__arrow_c_array__"):
            columns = _of_table(pa.table(chain))
        elif hasattr(chain, "__dataframe__"):
            columns = _of_table(interchange.from_dataframe(chain))
        elif isinstance(chain, Sequence) and not isinstance(chain, str | bytes):
            columns = _of_rows(chain)
        else:
            raise ChainError(f"Expected a table, a mapping of columns or a list of rows, was {type(chain).__name__}")
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ChainError(f"Expected a readable chain, was {type(chain).__name__}: {error}") from error
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ChainError(f"Expected columns of one length, was {lengths}")
    return columns


def _of_table(table: pa.Table) -> dict[str, pa.Array]:
    return {name: table[name] for name in table.column_names}


def _of_rows(rows: Sequence[object]) -> dict[str, pa.Array]:
    names: dict[str, None] = {}
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ChainError(f"Expected row {place} of the chain as a mapping, was {type(row).__name__}")
        names.update(dict.fromkeys(str(name) for name in row))
    return {name: _array(name, [row.get(name) for row in rows]) for name in names}  # type: ignore[attr-defined]


def _array(name: str, values: object) -> pa.Array:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ChainError(f"Expected an array in column {name}, was {type(values).__name__}")
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if not hasattr(values, "__array__") and not hasattr(values, "__arrow_c_array__"):
        values = list(values)
    return pa.array(values, from_pandas=True)


def numbers_of(columns: Mapping[str, pa.Array], name: str) -> Float:
    """A column as numbers, NaN where missing or infinite.

    Raises
    ------
    ChainError
        The column holds no numbers.
    """
    values = columns[name]
    try:
        floats = pc.cast(values, pa.float64(), safe=False)
    except (pa.ArrowException, TypeError) as error:
        raise ChainError(f"Expected numbers in column {name}, was {values.type}: {error}") from error
    numbers = np.array(
        floats.to_numpy(zero_copy_only=False) if isinstance(floats, pa.Array) else floats.to_numpy(), dtype=np.float64
    )
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _by_option(columns: Mapping[str, pa.Array]) -> Options:
    strike = numbers_of(columns, "strike")
    return Options(
        strike=strike,
        is_call=_is_call(columns["right"]),
        entry=None,
        ts_expiration=moments_ns(columns["expiration"]) if "expiration" in columns else None,
        numbers={name: numbers_of(columns, name) for name in _NUMBERS if name in columns},
    )


def _is_call(column: pa.Array) -> Bool:
    """Calls are C or call, puts P or put, in any case."""
    try:
        text = pc.utf8_upper(pc.utf8_trim_whitespace(pc.cast(column, pa.string())))
    except pa.ArrowException as error:
        raise ChainError(f"Expected C or P in column right, was {column.type}") from error
    is_call = pc.is_in(text, pa.array(["C", "CALL"]))
    known = pc.or_(is_call, pc.is_in(text, pa.array(["P", "PUT"])))
    if not pc.all(known).as_py():
        odd = pc.filter(column, pc.invert(known))[0].as_py()
        raise ChainError(f"Expected C or P in column right, was {odd!r}")
    return np.asarray(
        is_call.to_numpy(zero_copy_only=False) if isinstance(is_call, pa.Array) else is_call.to_numpy(), dtype=np.bool_
    )


def _by_strike(columns: Mapping[str, pa.Array]) -> Options:
    """Two options of every row, call first."""
    present = [name for suffix in _BY_STRIKE for name in (f"call_{suffix}", f"put_{suffix}") if name in columns]
    if not present:
        raise ChainError(
            "Expected a column right, or one row per strike with call_gamma, call_oi, put_gamma, put_oi, "
            f"was {', '.join(columns)}"
        )
    strike = numbers_of(columns, "strike")
    missing = np.full(strike.size, np.nan)
    numbers = {}
    for suffix, name in _BY_STRIKE.items():
        sides = [
            numbers_of(columns, f"{right}_{suffix}") if f"{right}_{suffix}" in columns else missing for right in ("call", "put")
        ]
        numbers[name] = np.stack(sides, axis=1).ravel()
    if "years" in columns:
        numbers["years"] = np.repeat(numbers_of(columns, "years"), 2)
    ts_expiration = moments_ns(columns["expiration"]) if "expiration" in columns else None
    return Options(
        strike=np.repeat(strike, 2),
        is_call=np.tile([True, False], strike.size),
        entry=np.repeat(np.arange(strike.size), 2),
        ts_expiration=None if ts_expiration is None else np.repeat(ts_expiration, 2),
        numbers=numbers,
    )


def _usable(options: Options, warnings: Warnings) -> Options:
    """Without rows that have no strike; negative values become missing ones."""
    good = options.strike > 0.0
    warnings.count("bad_strike", ~good, "have no positive strike and are left out")
    options = options.only(good)
    numbers = dict(options.numbers)
    for name, values in numbers.items():
        negative = values < 0.0
        if name not in _SIGNED and negative.any():
            warnings.count(f"negative_{name}", negative, f"have a negative {name}, which is taken for missing")
            numbers[name] = np.where(negative, np.nan, values)
    return replace(options, numbers=numbers)
