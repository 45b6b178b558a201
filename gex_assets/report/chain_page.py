"""The analysis of a chain as a page for a terminal: totals, levels, expirations, the largest strikes, and warnings.

Draws the documents of `chain.summary`; computes nothing.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from gex_assets.analytics.reach import is_in_reach
from gex_assets.report.chain_tables import CHAIN_TABLES, amount_text, further_lines
from gex_assets.report.text import csv_line, lines_of, new_table
from gex_assets.report.zero_gamma import NONE_IN_REACH, zero_gamma_text
from gex_assets.wording import counted

__all__ = ["chain_lines"]

Document = Mapping[str, Any]

_CHICAGO: Final = ZoneInfo("America/Chicago")
_TOP_STRIKES: Final = 20
_SHOWN_STRIKES: Final = "shown are levels, the strikes next to the price, and the largest net exposures: --format csv has all"
_LEVELS: Final = ("call_wall", "secondary_call_wall", "put_wall", "secondary_put_wall", "abs_gamma_strike")
_SIDE_BY_SIDE: Final = 130
_ALL_COLUMNS: Final = 118
_MOST_COLUMNS: Final = 96
_MOST_ROOTS: Final = 3
_SCALE: Final = {
    "usd_per_1pct": "USD of delta per 1 % move",
    "usd_per_point": "spot · gamma · contracts · multiplier",
    "delta_per_point": "contracts × multiplier per point",
    "contracts_per_1pct": "futures to trade per 1 % move",
}
_GAMMA_FROM: Final = {
    "published": "published gammas",
    "iv": "gammas from published volatilities",
    "implied": "forwards, volatilities and gammas from bid and ask",
    "mixed": "gammas by expiration from what it has",
    None: "no gammas",
}
_NO_ZERO_GAMMA: Final = {
    "no_crossing": "net exposure does not change sign within reach",
    "no_repricing": "no volatilities or no times to expiration to re-price with",
    "one_right_only": "only calls or only puts have an exposure",
}


def chain_lines(documents: Sequence[Document], *, style: str, width: int, tables: Sequence[str] = ()) -> Iterator[str]:
    """Documents as a page, as csv of one table, or as one JSON document: an object, or a list with several conventions.

    Parameters
    ----------
    documents : of one chain under one or several conventions.
    style : "table", "csv" or "json".
    width : of the page. [characters]
    tables : of `CHAIN_TABLES`, those shown next to the page's own; the first is the table of a csv, by default the strikes.
    """
    if style == "json":
        yield json.dumps(documents[0] if len(documents) == 1 else list(documents), allow_nan=False)
    elif style == "csv":
        name = tables[0] if tables else "strikes"
        columns = CHAIN_TABLES[name]
        yield ",".join(("convention", *columns))
        for one in documents:
            for row in one[name]:
                yield csv_line([one["convention"], *(row[column] for column in columns)])
    else:
        yield from _head(documents[0], width=width)
        for one in documents:
            yield ""
            yield from _page(one, width=width)
            yield from further_lines(one, tables=tables, width=width)
        yield from _warnings(documents, width=width)


def _wrapped(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width`; days and options keep their hyphens together."""
    yield from textwrap.wrap(text, width=width, subsequent_indent="  ", break_on_hyphens=False)


def _head(one: Document, *, width: int) -> Iterator[str]:
    moment = "time not known" if one["as_of"] is None else f"{_moment(one['as_of'])} Chicago"
    yield from _wrapped(f"{one['symbol']}  {one['spot']:,.2f}  {moment}", width)
    days = [row["expiration"][:10] for row in one["expirations"] if row["expiration"]]
    span = (
        "" if not days else f", {counted(len(days), 'expiration')} {days[0]}" + (f" … {days[-1]}" if days[-1] != days[0] else "")
    )
    left = "" if one["options"] == one["options_in_file"] else f" of {one['options_in_file']:,}"
    yield from _wrapped(f"{one['file']} ({one['form']})", width)
    yield from _wrapped(f"{one['options']:,}{left} options{span}; {_GAMMA_FROM[one['gamma_from']]}", width)


def _page(one: Document, *, width: int) -> Iterator[str]:
    weight = (one["weight_used"] or "no weight").replace("_", " ")
    assumed = (
        f"{one['convention']} v{one['convention_version']}: {weight}, {_SCALE.get(one['scale'], one['scale'])}, "
        f"{one['multiplier']:g} USD per point"
    )
    yield from _wrapped(assumed, width)
    if one["levels"] is None:
        yield "  no numbers: see the warnings"
        return
    yield ""
    totals, levels = _totals(one), _levels(one)
    if width >= _SIDE_BY_SIDE:
        both = Table.grid(padding=(0, 6))
        both.add_row(totals, levels)
        yield from lines_of(both, width)
    else:
        yield from lines_of(totals, width)
        yield ""
        yield from lines_of(levels, width)
    reason = one["levels"]["zero_gamma_reason"]
    if one["levels"]["zero_gamma"] is None and reason in _NO_ZERO_GAMMA:
        yield f"no zero gamma: {_NO_ZERO_GAMMA[reason]}"
    yield ""
    scores = ", ".join(f"{strategy} {score:.4g}" for strategy, score in one["scores"].items())
    yield from _wrapped(f"scores by regime: {scores}", width)
    if any(row["expiration"] or row["years"] is not None for row in one["expirations"]):
        yield ""
        yield from lines_of(_expirations(one, width=width), width)
    yield ""
    yield from lines_of(_strikes(one, width=width), width)
    if sum(row["net_gex"] is not None for row in one["strikes"]) > _TOP_STRIKES:
        yield from _wrapped(_SHOWN_STRIKES, width)


def _table(*columns: str, title: str) -> Table:
    """A table without lines; the first column has the title and is aligned to the left."""
    table = new_table()
    table.add_column(title, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="left" if name in ("", " ") else "right", no_wrap=True)
    return table


def _totals(one: Document) -> Table:
    levels, judged = one["levels"], one["regime_analysis"]
    table = _table("", title="exposure")
    rounding = one["net_gex_rounding"]
    table.add_row("net", amount_text(one["net_gex"]) + (f"  ± {amount_text(rounding)} by rounded gammas" if rounding else ""))
    table.add_row("calls", amount_text(one["total_call_gex"]))
    table.add_row("puts", amount_text(one["total_put_gex"]))
    strikes = levels["strikes"]
    table.add_row("gross", f"{amount_text(levels['gross_gex'])}, {strikes:,} strike{'' if strikes == 1 else 's'}")
    table.add_row("coverage", "–" if levels["coverage"] is None else f"{levels['coverage']:.1%} of the weight has a gamma")
    for name, value, unit in (
        ("delta", levels["dex"], "USD"),
        ("vanna", levels["vanna_exposure"], "USD per vol point"),
        ("charm", levels["charm_exposure"], "USD per day"),
    ):
        table.add_row(name, "–" if value is None else f"{amount_text(value)} {unit}")
    table.add_row("regime", f"{one['regime']}, {judged['magnitude']}" if judged else "–")
    return table


def _levels(one: Document) -> Table:
    levels, spot = one["levels"], one["spot"]
    table = _table("price", "from spot", "exposure", "share", title="level")

    def row(name: str, price: float | None, exposure: float | None = None, share: float | None = None) -> None:
        if price is not None:
            table.add_row(
                name,
                f"{price:,.2f}",
                f"{price / spot - 1.0:+.2%}",
                "" if exposure is None else amount_text(exposure),
                "" if share is None else f"{share:.0%} of its side",
            )

    row("call wall", levels["call_wall"], levels["call_wall_gex"], levels["call_wall_share"])
    row("secondary call wall", levels["secondary_call_wall"])
    row("put wall", levels["put_wall"], levels["put_wall_gex"], levels["put_wall_share"])
    row("secondary put wall", levels["secondary_put_wall"])
    row("largest gross gamma", levels["abs_gamma_strike"])
    shown = zero_gamma_text(
        levels["zero_gamma"],
        error=None,
        low=levels["zero_gamma_low"],
        high=levels["zero_gamma_high"],
        sigmas=levels["zero_gamma_sigmas"],
    )
    if levels["zero_gamma"] is None or not is_in_reach(levels["zero_gamma_sigmas"]):
        table.add_row("zero gamma", shown)
    else:
        table.add_row("zero gamma", shown, f"{levels['zero_gamma'] / spot - 1.0:+.2%}")
        others = sorted(
            (root for root in levels["zero_gamma_roots"] if root != levels["zero_gamma"]), key=lambda at: abs(at - spot)
        )
        for root in others[:_MOST_ROOTS]:
            row("  another root", root)
        if len(others) > _MOST_ROOTS:
            table.add_row(f"  and {len(others) - _MOST_ROOTS} more")
    return table


def _expirations(one: Document, *, width: int) -> Table:
    """One row per expiration; a narrow page has fewer columns."""
    spot, gross = one["spot"], one["levels"]["gross_gex"] or 1.0
    shown = ["days", "options", "forward", "±", "net", "gross", "share", "put wall", "call wall", "zero gamma"]
    for narrower_than, missed in ((_ALL_COLUMNS, ("options", "±", "gross")), (_MOST_COLUMNS, ("forward", "share"))):
        if width < narrower_than:
            shown = [name for name in shown if name not in missed]
    table = _table(*shown, title="expiration, Chicago")
    for row in one["expirations"]:
        quoted = bool(row["forward_pairs"])
        forward = "–" if row["forward"] is None else "spot" if not quoted and row["forward"] == spot else _price(row["forward"])
        cells = {
            "days": "–" if row["years"] is None else f"{row['years'] * 365.0:,.2f}",
            "options": f"{row['options']:,}",
            "forward": forward,
            "±": f"{row['forward_se']:.2f}" if quoted and row["forward_se"] is not None else "",
            "net": amount_text(row["net_gex"]),
            "gross": amount_text(row["gross_gex"]),
            "share": "" if row["gross_gex"] is None else f"{row['gross_gex'] / gross:.1%}",
            "put wall": _price(row["put_wall"]),
            "call wall": _price(row["call_wall"]),
            "zero gamma": _price(row["zero_gamma"]) if is_in_reach(row["zero_gamma_sigmas"]) else NONE_IN_REACH,
        }
        moment = "–" if row["expiration"] is None else f"{datetime.fromisoformat(row['expiration']):%a %Y-%m-%d %H:%M}"
        table.add_row(moment, *(cells[name] for name in shown))
    return table


def _strikes(one: Document, *, width: int) -> Table:
    """Strikes of levels, next to the price and of large exposure, from the highest down, with the spot price among them."""
    known = [row for row in one["strikes"] if row["net_gex"] is not None]
    wanted = {one["levels"][name] for name in _LEVELS} | _around([row["strike"] for row in known], one["spot"])
    top = sorted(known, key=lambda row: (row["strike"] not in wanted, -abs(row["net_gex"])))[:_TOP_STRIKES]
    top.sort(key=lambda row: -row["strike"])
    title = f"{len(top)} of {counted(len(known), 'strike')}" if len(top) < len(known) else "strike"
    table = _table("calls", "puts", "net", "", title=title)
    largest = max((abs(row["net_gex"]) for row in top), default=0.0)
    half = max(8, (width - 62) // 2)
    marked = False
    names = _names(one["levels"])
    for row in top:
        if not marked and row["strike"] <= one["spot"]:
            table.add_row(f"{one['spot']:,.2f}", "", "", "spot", "─" * half + "┼" + "─" * half)
            marked = True
        table.add_row(
            f"{row['strike']:,.2f}",
            amount_text(row["call_gex"]),
            amount_text(row["put_gex"]),
            amount_text(row["net_gex"]),
            Text(_bar(row["net_gex"], largest, half, label=names.get(row["strike"], "")), overflow="crop"),
        )
    return table


def _around(strikes: Sequence[float], spot: float) -> set[float]:
    """The strikes next to the price: the last at or below it, and the first above."""
    below, above = [one for one in strikes if one <= spot], [one for one in strikes if one > spot]
    return {*sorted(below)[-1:], *sorted(above)[:1]}


def _names(levels: Document) -> dict[float, str]:
    pairs = (("secondary_put_wall", "2nd put wall"), ("secondary_call_wall", "2nd call wall"), ("put_wall", "put wall"))
    names = {levels[name]: text for name, text in (*pairs, ("call_wall", "call wall")) if levels[name] is not None}
    if levels["call_wall"] is not None and levels["call_wall"] == levels["put_wall"]:
        names[levels["call_wall"]] = "walls"
    return names


def _bar(value: float, largest: float, half: int, *, label: str) -> str:
    """A bar from the middle, to the left where the value is negative; a label stands on the empty side."""
    eighths = round(abs(value) / largest * half * 8) if largest else 0
    full, rest = divmod(eighths, 8)
    if value >= 0.0:
        return f"{label:>{half}}│" + "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
    # blocks grow from the left only: a bar to the left ends in a half or a whole one
    part = "▐" if rest >= 4 else ""
    return f"{part + '█' * full:>{half}}│{label}"


def _warnings(documents: Sequence[Document], *, width: int) -> Iterator[str]:
    """Each warning once; where not all conventions have it, with the names of those that do."""
    said: dict[tuple[str, str], list[str]] = {}
    for one in documents:
        for warning in one["warnings"]:
            said.setdefault((warning["code"], warning["text"]), []).append(one["convention"])
    if said:
        yield ""
    for (code, text), conventions in said.items():
        under = "" if len(conventions) == len(documents) else f" [{', '.join(conventions)}]"
        yield from _wrapped(f"warning {code}: {text}{under}", width)


def _moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(_CHICAGO):%a %Y-%m-%d %H:%M}"


def _price(value: float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
