"""A small reader of Pine scripts of version 6: what our scripts use, no more. It refuses everything else.

Names and arguments are those of TradingView's reference manual (https://www.tradingview.com/pine-script-reference/v6/).
Blocks and wrapped lines follow its user manual. A block is indented by four spaces more, a wrapped line by a number that four
does not divide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Call", "PineError", "read_script"]

FUNCTIONS: Final = {
    "indicator": "title shorttitle overlay format precision scale max_bars_back timeframe timeframe_gaps explicit_plot_zorder "
    "max_lines_count max_labels_count max_boxes_count calc_bars_count max_polylines_count dynamic_requests behind_chart",
    "line.new": "x1 y1 x2 y2 xloc extend color style width force_overlay",
    "label.new": "x y text xloc yloc color style textcolor size textalign tooltip text_font_family force_overlay text_formatting",
    "box.new": "left top right bottom border_color border_width border_style extend xloc bgcolor text text_size text_color "
    "text_halign text_valign text_wrap text_font_family force_overlay text_formatting",
    "color.new": "color transp",
}
REQUIRED: Final = {"indicator": 1, "line.new": 4, "label.new": 2, "box.new": 4, "color.new": 2}
BUILT_IN: Final = {
    *("bar_index", "close", "na", "true", "false", "barstate.islastconfirmedhistory", "extend.both", "label.style_none"),
    *("line.style_dashed", "line.style_solid", "size.small"),
}
TYPES: Final = ("int", "float", "bool", "string", "color")
_TOKEN: Final = re.compile(
    r'(?P<space> +)|(?P<string>"(?:[^"\\\n]|\\[\\"nt])*")|(?P<colour>#[0-9A-Fa-f]{6}(?![0-9A-Fa-f]))'
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z_]\w*(?:\.[a-z_]\w*)*)|(?P<mark>=>|[-+(),=>])"
)
_LONGEST_STRING: Final = 4096


class PineError(Exception):
    """The script is not one that the manual allows, or uses more than this reader knows."""


@dataclass(frozen=True)
class Call:
    """A call: its function, and its arguments by the names of the manual, each as its tokens."""

    function: str
    arguments: dict[str, list[str]]


def read_script(text: str) -> list[Call]:
    """All calls of a script, in order; those within arguments come first."""
    lines = _logical_lines(text)
    if not lines or lines[0] != (0, "//@version=6"):
        raise PineError("the first line is not the version's annotation")
    functions, calls = dict(FUNCTIONS), list[Call]()
    names, depth, opened = set(BUILT_IN), 0, True
    for indent, line in lines[1:]:
        if line.startswith("//"):
            continue
        if indent % 4 or indent > depth + 4 or (indent > depth and not opened) or (opened and indent <= depth and calls):
            raise PineError(f"a block begins or ends wrongly: {line}")
        depth = indent
        tokens = list(_tokens(line))
        opened = False
        if tokens[-1] == "=>":
            name, parameters = _definition(tokens)
            functions[name] = " ".join(parameters)
            names |= set(parameters)
            opened = True
        elif tokens[0] == "if":
            _expression(tokens[1:], names, functions, calls)
            opened = True
        else:
            _expression(tokens, names, functions, calls)
            if tokens[1] != "(":
                raise PineError(f"a statement is no call: {line}")
    if opened:
        raise PineError("the last block is empty")
    return calls


def _logical_lines(text: str) -> list[tuple[int, str]]:
    if "\t" in text or "\r" in text or not text.endswith("\n"):
        raise PineError("a tab, a carriage return, or no line break at the end")
    found: list[tuple[int, str]] = []
    open_brackets = 0
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip(" "))
        body = line[indent:]
        if open_brackets:
            if indent % 4 == 0 or indent <= found[-1][0]:
                raise PineError(f"a wrapped line is indented like a block: {line}")
            found[-1] = (found[-1][0], f"{found[-1][1]} {body}")
        else:
            found.append((indent, body))
        if not body.startswith("//"):
            tokens = list(_tokens(body))
            open_brackets += tokens.count("(") - tokens.count(")")
            if open_brackets < 0:
                raise PineError(f"a bracket closes that none opens: {line}")
    if open_brackets:
        raise PineError("a bracket stays open")
    return found


def _tokens(line: str) -> Iterator[str]:
    place = 0
    while place < len(line):
        match = _TOKEN.match(line, place)
        if match is None:
            raise PineError(f"no token of Pine at {line[place:]!r}")
        place = match.end()
        if match.lastgroup == "string" and len(match.group()) > _LONGEST_STRING:
            raise PineError("a string is too long")
        if match.lastgroup != "space":
            yield match.group()


def _definition(tokens: list[str]) -> tuple[str, list[str]]:
    name, opening, *inner, closing, _ = tokens
    if (opening, closing) != ("(", ")") or name in FUNCTIONS or name in BUILT_IN:
        raise PineError(f"no definition of a function: {tokens}")
    parameters = _split(inner)
    if any(len(part) != 2 or part[0] not in TYPES for part in parameters):
        raise PineError(f"a parameter is no type and name: {inner}")
    return name, [part[1] for part in parameters]


def _split(tokens: list[str]) -> list[list[str]]:
    """Tokens between brackets, cut at the commas of that depth."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in tokens:
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    if any(not part for part in parts):
        raise PineError(f"an argument is empty: {tokens}")
    return parts


def _expression(tokens: list[str], names: set[str], functions: dict[str, str], calls: list[Call]) -> None:
    """Operands with operators between them; an operand is a literal, a name, or a call."""
    place, wants_operand = 0, True
    while place < len(tokens):
        token = tokens[place]
        if not wants_operand:
            if token not in ("+", "-", ">"):
                raise PineError(f"no operator: {token} in {tokens}")
            place, wants_operand = place + 1, True
            continue
        wants_operand = False
        if place + 1 < len(tokens) and tokens[place + 1] == "(":
            end = _closing(tokens, place + 1)
            calls.append(_call(token, tokens[place + 2 : end], names, functions, calls))
            place = end + 1
        elif token[0] in '"#' or token[0].isdigit() or token in names:
            place += 1
        else:
            raise PineError(f"no such name: {token}")
    if wants_operand:
        raise PineError(f"an operand is missing: {tokens}")


def _closing(tokens: list[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] == "(") - (tokens[place] == ")")
        if depth == 0:
            return place
    raise PineError("a bracket stays open")


def _call(name: str, inner: list[str], names: set[str], functions: dict[str, str], calls: list[Call]) -> Call:
    if name not in functions:
        raise PineError(f"no such function: {name}")
    known = functions[name].split()
    arguments: dict[str, list[str]] = {}
    for number, part in enumerate(_split(inner)):
        is_named = len(part) > 1 and part[1] == "="
        if not is_named and len(arguments) != number:
            raise PineError(f"an argument without a name follows one with a name: {part}")
        if not is_named and number >= len(known):
            raise PineError(f"too many arguments of {name}")
        if not is_named and any(list(arguments)[place] != known[place] for place in range(number)):
            raise PineError(f"an argument without a name follows one with a name: {part}")
        key = part[0] if is_named else known[number]
        if key not in known or key in arguments:
            raise PineError(f"{name} has no argument {key}, or has it twice")
        arguments[key] = part[2:] if is_named else part
        _expression(arguments[key], names, functions, calls)
    missing = [one for one in known[: REQUIRED.get(name, len(known))] if one not in arguments]
    if missing:
        raise PineError(f"{name} lacks {missing}")
    return Call(name, arguments)
