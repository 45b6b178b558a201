"""The first step of `analyze`: a caller's chain in any of its forms, read into arrays of one row per option.

Accepted are Arrow objects (tables and record batches, pandas, polars, DuckDB relations), the dataframe interchange protocol, a
mapping of columns, and a list of rows. A row is an option, with `right`, or a strike, with call_gamma, call_oi, put_gamma and
put_oi. Rows that cannot be used are left out with a warning; a chain that cannot be read is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gex_assets.chain.chain_warnings import Warnings
from gex_assets.chain.moments import moments_ns
from gex_assets.conventions import WEIGHTS
from gex_assets.errors import ChainError

__all__ = ["BY_STRIKE", "IV_DECIMAL", "IV_PERCENT", "RIGHT_OF", "Column", "Options", "columns_of", "numbers_of", "read_chain"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

Column: TypeAlias = pa.Array | pa.ChunkedArray | NDArray[np.generic]
"""Arrays of numpy with numbers or texts stay what they are: Arrow's converter imports pandas, which takes longer than a chain."""

IV_PERCENT: Final = "iv_percent"
IV_DECIMAL: Final = "iv_decimal"
"""Columns of volatilities whose unit is told by their name, whatever the size of the numbers; `iv` is decimal."""

_NUMBERS: Final = ("gamma", "iv", IV_PERCENT, IV_DECIMAL, "bid", "ask", "years", *WEIGHTS)
_SIGNED: Final = ("flow_inventory", "years")
"""Columns in which negative values are valid."""
_OF_BOTH_RIGHTS: Final = ("gamma", "iv", IV_PERCENT, IV_DECIMAL, "years")
"""Columns that may stand once in a row of a strike, for its call and its put."""
BY_STRIKE: Final[Mapping[str, str]] = MappingProxyType(
    {"gamma": "gamma", "oi": "open_interest", "iv": "iv", "bid": "bid", "ask": "ask", "volume": "volume"}
)
"""Suffix of a column of calls and one of puts -> the column that they become."""
RIGHT_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"C": "C", "CALL": "C", "CALLS": "C", "CE": "C", "P": "P", "PUT": "P", "PUTS": "P", "PE": "P"}
)
"""Word of a right in capitals -> C or P. CE and PE are India's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One row per option, in the order given.

    Attributes
    ----------
    strike : (n,) positive. [index points]
    is_call : (n,)
    entry : (n,) the caller's row, where rows are strikes with a call and a put; None where rows are options.
    ts_expiration : (n,) UNIX ns UTC, or None without expirations.
    future : (n,) symbol of the future that the option is exercised into, "" where unknown; None where the chain does not say.
    numbers : column -> (n,) values, NaN where missing; only columns that were given.
    """

    strike: Float
    is_call: Bool
    entry: NDArray[np.int64] | None
    ts_expiration: NDArray[np.int64] | None
    future: NDArray[np.str_] | None = None
    numbers: Mapping[str, Float] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.strike.size

    def digest(self) -> bytes:
        """Hash of the content."""
        names = sorted(self.numbers)
        found = hashlib.blake2b(repr((len(self), names)).encode(), digest_size=16)
        for values in (
            self.strike,
            self.is_call,
            self.entry,
            self.ts_expiration,
            *(self.numbers[name] for name in names),
        ):
            found.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
        found.update(repr(None if self.future is None else self.future.tolist()).encode())
        return found.digest()

    def only(self, chosen: Bool | NDArray[np.int64]) -> Options:
        """The options chosen, by truth values or in an order of their positions."""
        return replace(
            self,
            strike=self.strike[chosen],
            is_call=self.is_call[chosen],
            entry=None if self.entry is None else self.entry[chosen],
            ts_expiration=None if self.ts_expiration is None else self.ts_expiration[chosen],
            future=None if self.future is None else self.future[chosen],
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


def columns_of(chain: object) -> dict[str, Column]:
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
            columns: dict[str, Column] = {str(name): _array(str(name), values) for name, values in chain.items()}
        elif hasattr(chain, "__arrow_c_stream__") or hasattr(chain, "__arrow_c_array__"):
            columns = _of_table(pa.table(chain))
        elif hasattr(chain, "__dataframe__"):
            from pyarrow import interchange

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


def _of_table(table: pa.Table) -> dict[str, Column]:
    return {name: table[name] for name in table.column_names}


def _of_rows(rows: Sequence[object]) -> dict[str, Column]:
    names: dict[str, None] = {}
    mappings: list[Mapping[str, Any]] = []
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ChainError(f"Expected row {place} of the chain as a mapping, was {type(row).__name__}")
        mappings.append(row)
        names.update(dict.fromkeys(str(name) for name in row))
    return {name: _array(name, [row.get(name) for row in mappings]) for name in names}


def _array(name: str, values: object) -> Column:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ChainError(f"Expected an array in column {name}, was {type(values).__name__}")
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if type(values) is np.ndarray and values.ndim == 1 and values.dtype.kind in "fiuU":
        return values
    if not hasattr(values, "__array__") and not hasattr(values, "__arrow_c_array__"):
        values = list(values)
    return pa.array(values, from_pandas=True)


def numbers_of(columns: Mapping[str, Column], name: str) -> Float:
    """A column as numbers, NaN where missing or infinite.

    Raises
    ------
    ChainError
        The column holds no numbers.
    """
    values = columns[name]
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        numbers = values.astype(np.float64)
    else:
        numbers = _cast_numbers(_as_arrow(values), name)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _as_arrow(column: Column) -> pa.Array | pa.ChunkedArray:
    return pa.array(column, from_pandas=True) if isinstance(column, np.ndarray) else column


def _cast_numbers(values: pa.Array | pa.ChunkedArray, name: str) -> Float:
    import pyarrow.compute as pc

    try:
        floats = pc.cast(values, pa.float64(), safe=False)
    except (pa.ArrowException, TypeError) as error:
        raise ChainError(f"Expected numbers in column {name}, was {values.type}: {error}") from error
    return np.array(
        floats.to_numpy(zero_copy_only=False) if isinstance(floats, pa.Array) else floats.to_numpy(), dtype=np.float64
    )


def _by_option(columns: Mapping[str, Column]) -> Options:
    strike = numbers_of(columns, "strike")
    return Options(
        strike=strike,
        is_call=_is_call(columns["right"]),
        entry=None,
        ts_expiration=moments_ns(columns["expiration"]) if "expiration" in columns else None,
        future=_words(columns["future"]) if "future" in columns else None,
        numbers={name: numbers_of(columns, name) for name in _NUMBERS if name in columns},
    )


def _words(column: Column) -> NDArray[np.str_]:
    """A column as words in capitals, "" where missing."""
    return np.array(["" if value is None else str(value).strip().upper() for value in _texts(column)], dtype=np.str_)


def _is_call(column: Column) -> Bool:
    """Calls and puts by the words of `RIGHT_OF`, in any case."""
    values = _texts(column)
    odd_type = next((value for value in values if value is not None and not isinstance(value, str)), None)
    if odd_type is not None:
        raise ChainError(f"Expected C or P in column right, was {odd_type!r}")
    right_of = {value: RIGHT_OF.get((value or "").strip().upper()) for value in dict.fromkeys(values)}
    odd = next((value for value, right in right_of.items() if right is None), "C")
    if right_of.get(odd, "C") is None:
        raise ChainError(f"Expected C or P in column right, was {odd!r}")
    return np.array([right_of[value] == "C" for value in values], dtype=np.bool_)


def _texts(column: Column) -> list[Any]:
    """Values of a column as Python's own, None where missing; texts in bytes (numpy's S, Arrow's binary) as texts."""
    values: list[Any] = column.tolist() if isinstance(column, np.ndarray) else column.to_pylist()
    return [value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value for value in values]


def _by_strike(columns: Mapping[str, Column]) -> Options:
    """Two options of every row, call first."""
    present = [name for suffix in BY_STRIKE for name in (f"call_{suffix}", f"put_{suffix}") if name in columns]
    if not present:
        raise ChainError(
            "Expected a column right, or one row per strike with call_gamma (or call_iv, or call_bid and call_ask), call_oi, "
            f"put_gamma, put_oi, was {', '.join(columns)}"
        )
    strike = numbers_of(columns, "strike")
    missing = np.full(strike.size, np.nan)
    # a column without a right in its name is of both: ORATS has one gamma a strike
    numbers = {name: np.repeat(numbers_of(columns, name), 2) for name in _OF_BOTH_RIGHTS if name in columns}
    for suffix, name in BY_STRIKE.items():
        names = [f"{right}_{suffix}" for right in ("call", "put")]
        if any(one in columns for one in names):
            sides = [numbers_of(columns, one) if one in columns else missing for one in names]
            numbers[name] = np.stack(sides, axis=1).ravel()
    nothing = np.full(2 * strike.size, np.nan)
    if not {"gamma", "iv", IV_PERCENT, IV_DECIMAL, "bid"} & set(numbers):
        numbers["gamma"] = nothing
    if not set(WEIGHTS) & set(numbers):
        numbers["open_interest"] = nothing
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
