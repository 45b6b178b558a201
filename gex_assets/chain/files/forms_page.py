"""The page docs/chain_files.md: every form of file that is read, every name of a column; written from the readers' own lists."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from gex_assets.chain.files.cells import MOST_COLUMNS
from gex_assets.chain.files.column_names import ABOUT, ALIASES
from gex_assets.chain.files.contents import MOST_BYTES
from gex_assets.chain.reading import BY_STRIKE, RIGHT_OF

__all__ = ["forms_page"]

FORMS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "Cboe delayed quotes",
        "CSV, JSON",
        "the download of the site in any language, and its JSON; quotes are 15 minutes older than its moment",
    ),
    ("table", "CSV, JSON, JSON lines, Parquet, Excel", "one row per option, or per strike, under the names below"),
    ("Cboe DataShop", "CSV", "moments are New York's; columns that end in 1545 are of 15:45"),
    ("OptionMetrics", "CSV, Parquet", "known by strike_price and cp_flag; strikes are in thousandths"),
    ("optionsDX, ORATS", "CSV", "one row per strike; optionsDX has no open interest"),
    ("thinkorswim", "CSV", "calls left and puts right of the strike, in sections; the price and symbol are asked"),
    ("Schwab, TD Ameritrade", "JSON", "`callExpDateMap` and `putExpDateMap`; volatility in percent"),
    ("Tradier", "JSON", "`options.option`; the price is not in it: `--spot`"),
    ("Polygon, Massive", "JSON", "`results`; several pages may stand in a list or one a line"),
    ("Yahoo", "JSON", "`optionChain`; one expiration unless more were asked for"),
    ("Deribit", "JSON", "book summaries and tickers; a point is worth 1 USD"),
    ("NSE", "JSON", "`records.data` with CE and PE; a contract's size is `marketLot` or `lotSize`, else `--multiplier`"),
    ("Nasdaq", "JSON", "`data.table.rows`; days have no year and take it from the link, or the day of the quotes"),
    ("cached option chain", "JSON", "`data`, then the symbol, then `spot_price` and `option_chain`"),
    ("any other", "JSON", "rows below any key, greeks and quotes in objects of their own; an object keyed by option symbols"),
)
"""(form, kinds of file, how it is known or what is special in it)."""

_HEAD: Final = f"""\
# Chain files

What `gex chain` reads. Written by `make tables` from the readers' own lists.

The content of a file decides its form, not its name. Files packed with gzip or zip are unpacked, and `-` is standard input.
Excel workbooks need the extra `xlsx`: `.venv/bin/pip install -e '.[xlsx]'` in a clone.
A file of more than {MOST_BYTES // 2**20} MB or {MOST_COLUMNS:,} columns is refused.

## Forms
"""

_COLUMNS: Final = """\
## Names of columns

Case, spaces, underscores, dots and brackets do not count: Strike Price, strikePrice and STRIKE_PRICE are one name.
Of several columns with one meaning, the first name in this list counts. Columns under other names are passed over.
A title that ends in percent, pct or (%) says that the volatilities are in percent.
"""

_SIDES: Final = """\
## One row per strike

Columns of calls begin with call, c or ce, columns of puts with put, p or pe; or they end so.
`call_oi`, `C_IV` and `oi_ce` are such.
Where the same titles stand on both sides of the strike, calls are on the left and puts on the right, as brokers draw a chain.
A header that comes again begins a further section; one line may stand above it.
"""

_RULES: Final = f"""\
## What is said, asked and refused

- **One of each.** A chain has one underlying, one moment and one price of the underlying. Several are refused and named.
  `--symbol`, `--date`, `--as-of` and `--spot` pick one. A symbol or a day that the file contradicts is refused.
- **Moments.** The unit of a UNIX time is told by its size: seconds, milliseconds, microseconds or nanoseconds.
  A whole number of eight digits is a day, and one of six: 20260116, 260116. One of five is a spreadsheet's: 46038.
  A midnight is its day, not the evening before, and so it is in `--as-of`. Quotes of a day without a time of day are of its
  close, 15:00 in Chicago. It is said, and `--as-of` sets another moment.
- **Zones.** A moment without a zone, in the file or in `--as-of`, is UTC, or New York's for DataShop, optionsDX and Cboe's table.
  It is said, and `--zone` sets another.
- **Dates.** 01/16/2026 shows that the month is first, 16/01/2026 that the day is: one of them decides for the whole file.
  Where none shows it, the month is taken to be first, and it is said. 16.01.2026 has the day first.
  Months may have names in seven languages: 16 January 2026, Jan 16 '26, 16-JAN-26, 16JAN26.
- **Contracts.** A column of contract sizes says what a point is worth. Of several sizes the most frequent counts.
  Options of another size are left out and said.
- **Numbers.** One decimal mark holds for the whole file: what the cells show decides.
  0,18 shows a comma, 0.18 a point; 1,200 and 1.200 show nothing. What nothing decides is asked: `--decimal`.
- **Scales.** Strikes that fit the price only when multiplied by 10, 100 or 1,000 are refused.
  Strikes next to option symbols are compared with the symbols'.
- **Rights.** {", ".join(RIGHT_OF)}, in any case.
- **Placeholders.** Empty cells, -, n/a, NaN and null are missing; so are -999 and a volatility of 0 or next to it.
"""


def forms_page() -> str:
    """The text of docs/chain_files.md."""
    names = list(dict.fromkeys((*ALIASES, *ABOUT)))
    columns = ((f"`{name}`", ABOUT[name], ", ".join(f"`{alias}`" for alias in ALIASES.get(name, ()))) for name in names)
    sides = ((f"`call_{suffix}`, `put_{suffix}`", f"`{name}`") for suffix, name in BY_STRIKE.items())
    return "\n".join(
        [
            _HEAD,
            *_lines(("form", "files", "how it is known"), FORMS),
            "",
            _COLUMNS,
            *_lines(("column", "what its cells hold", "other names"), columns),
            "",
            _SIDES,
            *_lines(("columns", "become"), sides),
            "",
            _RULES.rstrip(),
            "",
        ]
    )


def _lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


if __name__ == "__main__":
    sys.stdout.buffer.write(forms_page().encode())
