"""No count is kept without a check that reads it or a reason why it is only shown.

The keys of all tallies are read from the code: constants, f-strings, and the few places where a key comes from a list. Such a
place is named in `LISTED` below with the list. Everything must have an entry in `schemas/counted_records.py` or
`schemas/counted_rows.py`, and every entry must be kept somewhere.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from gex_assets.defs.checks import JUDGES
from gex_assets.defs.upkeep.latest_day import LATEST_DAY_HAS_COME
from gex_assets.defs.upkeep.up_to_date import IS_UP_TO_DATE
from gex_assets.kernels.order_book.layout import KINDS
from gex_assets.market.symbols import Refusal
from gex_assets.schemas import checks
from gex_assets.schemas.bronze_option_instruments import BRONZE_OPTION_INSTRUMENTS
from gex_assets.schemas.check_guide import CHECK_GUIDE
from gex_assets.schemas.checks import BLOCKING, ODD_RECORDS, Verdict
from gex_assets.schemas.count_registry import COUNTS, entry_of
from gex_assets.schemas.counts import Count
from gex_assets.schemas.counts_page import counts_page
from gex_assets.schemas.pages import PAGE_CHECKS
from gex_assets_tests.shared_data import ROOT

PACKAGE = ROOT / "gex_assets"

REFUSALS = tuple(reason.value for reason in Refusal)


def keys_of_dict(module: str, function: str, name: str) -> tuple[str, ...]:
    """The constant keys of a dict that a function assigns to a name."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    (body,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    (made,) = [
        node.value
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Dict)
    ]
    return tuple(key.value for key in made.keys if isinstance(key, ast.Constant))


def keys_of_call(module: str, function: str, called: str) -> tuple[str, ...]:
    """The constant keys of the dict that a function gives to another one."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    (body,) = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
    (call,) = [node for node in ast.walk(body) if isinstance(node, ast.Call) and ast.unparse(node.func) == called]
    (made,) = [one for one in call.args if isinstance(one, ast.Dict)]
    return tuple(key.value for key in made.keys if isinstance(key, ast.Constant))


def arguments_of(module: str, function: str, place: int) -> tuple[str, ...]:
    """The constants with which a function of a module is called in it, at one place."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == function]
    return tuple(call.args[place].value for call in calls if isinstance(call.args[place], ast.Constant))


LISTED: Mapping[tuple[str, str], Iterable[str]] = {
    ("stages/bronze/instrument_names.py", "symbol.value"): REFUSALS,
    ("stages/bronze/mbo.py", "reason"): (*REFUSALS, "unknown_instrument", "unclaimed", "superseded"),
    ("stages/bronze/mbo.py", "Refusal.USER_DEFINED_SPREAD.value"): ("user_defined_spread",),
    ("stages/bronze/record_stretches.py", "update"): keys_of_dict("stages/bronze/record_stretches.py", "count_oddities", "found"),
    ("stages/bronze/statistics.py", "reason"): arguments_of("stages/bronze/statistics.py", "_filtered", 2),
    ("stages/silver/quotes.py", "update"): KINDS,
    ("stages/silver/vacuum.py", "update"): KINDS,
    ("defs/bronze.py", "update"): keys_of_call("defs/bronze.py", "_note_unmapped", "day.tally.update"),
}
"""(module, key that is no text, or `update`) -> the keys it stands for."""


def is_tally(node: ast.expr) -> bool:
    """A name or attribute that ends in `tally`."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("tally")


def shape_of(key: ast.expr) -> str | None:
    """The text of a key, with `{}` for what varies; None where it is no text."""
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return key.value
    if isinstance(key, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in key.values)
    return None


def kept_by(path: Path, text: str, listed: Mapping[tuple[str, str], Iterable[str]]) -> set[str]:
    """Shapes of the counts that a module keeps."""
    module, kept = path.relative_to(PACKAGE).as_posix(), set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.AugAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            keys = [one.slice for one in targets if isinstance(one, ast.Subscript) and is_tally(one.value)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
            keys = [ast.Name("update")] if is_tally(node.func.value) else []
        else:
            continue
        for key in keys:
            shape = shape_of(key)
            if shape is not None:
                kept.add(shape)
                continue
            place = (module, ast.unparse(key))
            assert place in listed, f"Expected the keys of a tally as text, was {place}: name them in LISTED of this module"
            kept |= set(listed[place])
    return kept


def kept_in_the_code() -> set[str]:
    paths = [path for path in sorted(PACKAGE.rglob("*.py")) if "schemas" not in path.parts]
    return set().union(*(kept_by(path, path.read_text(encoding="utf-8"), LISTED) for path in paths))


def test_every_count_has_an_entry_and_every_entry_is_kept() -> None:
    kept, entered = kept_in_the_code(), {count.shape for count in COUNTS}
    assert not kept - entered, (
        f"Expected an entry for every count, was none for {sorted(kept - entered)}: add it to schemas/counted_records.py or "
        "schemas/counted_rows.py with meaning, when to worry, and the check that reads it or the reason why it is only shown; "
        "then `make tables`"
    )
    assert not entered - kept, f"Expected every entry to be kept somewhere, was nowhere: {sorted(entered - kept)}"


def test_every_entry_has_a_reader_or_a_reason() -> None:
    for count in COUNTS:
        assert bool(count.read_by) != bool(count.only_shown), count.name
        assert set(count.read_by) <= set(CHECK_GUIDE), count.name
        assert count.about.endswith("."), count.name
        assert count.worry.endswith("."), count.name
    assert len({count.shape for count in COUNTS}) == len(COUNTS)


def something_was_selected(tally: Mapping[str, int]) -> Verdict:
    return checks.something_was_selected(BRONZE_OPTION_INSTRUMENTS.empty(), max_dte=45, tally=tally)


BASES = {"records", "worst_file_records", "other_family"}
"""Counts of which others are shares or parts."""

READERS: Mapping[str, Callable[[Mapping[str, int]], Verdict]] = {
    "books_are_sane": checks.books_are_sane,
    "names_and_terms_agree": checks.names_and_terms_agree,
    "statistics_are_usable": checks.statistics_are_usable,
    "tables_fit_each_other": checks.tables_fit_each_other,
    "something_was_selected": something_was_selected,
}
"""The checks that judge counts."""


@pytest.mark.parametrize(
    ("check", "count"),
    [(check, count) for count in COUNTS for check in count.read_by if count.name not in BASES],
    ids=lambda one: one.name if isinstance(one, Count) else one,
)
def test_the_check_that_is_named_notices_the_count(check: str, count: Count) -> None:
    key = count.name.format(family="weekly") if "{" in count.name else count.name
    judge = READERS[check]
    records = dict.fromkeys(("records", "worst_file_records"), 1_000)
    assert judge({**records, key: 0}) == judge(records)
    verdict = judge({**records, key: 51})
    assert not verdict.passed
    assert "51" in verdict.text or "5.1000%" in verdict.text or check == "something_was_selected"


def test_a_check_reads_no_other_count() -> None:
    """What is only shown changes no verdict."""
    shown = [count.name for count in COUNTS if count.only_shown and "{" not in count.name]
    assert len(shown) > 20
    for check, judge in READERS.items():
        assert judge({"records": 1_000, **dict.fromkeys(shown, 51)}) == judge({"records": 1_000}), check


def test_odd_records_are_those_that_their_check_reads() -> None:
    read = {count.name for count in COUNTS if "books_are_sane" in count.read_by}
    assert set(ODD_RECORDS) == read - BASES - {"worst_file_unmapped"}


def test_every_check_is_explained_and_no_other() -> None:
    assert set(CHECK_GUIDE) == {name for name, *_ in JUDGES} | {*BLOCKING, *PAGE_CHECKS, IS_UP_TO_DATE, LATEST_DAY_HAS_COME}
    for name, said in CHECK_GUIDE.items():
        assert said.about.endswith("."), name
        assert said.todo.endswith("."), name


def test_the_page_is_fresh_and_has_every_check_and_count() -> None:
    page = (ROOT / "docs/counts.md").read_text(encoding="utf-8")
    assert page == counts_page(), "Expected docs/counts.md to be what the schemas say, was another text: run `make tables`"
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| `")]
    assert Counter(rows) == Counter([f"`{name}`" for name in CHECK_GUIDE] + [f"`{count.name}`" for count in COUNTS])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("iv_OK", "iv_{status}"),
        ("regime_negative", "regime_{regime}"),
        ("regime_unknown_no_chain", "regime_unknown_{reason}"),
        ("outcome_unknown", "outcome_unknown"),
        ("triggers", "triggers"),
        ("other_family_weekly", "other_family_{family}"),
    ],
)
def test_a_key_has_the_entry_that_says_most(key: str, name: str) -> None:
    assert entry_of(key).name == name


def test_a_key_without_an_entry_is_refused() -> None:
    with pytest.raises(KeyError, match=r"counted_records\.py"):
        entry_of("something_new")


def test_a_new_count_a_new_list_and_another_table_are_noticed() -> None:
    path = PACKAGE / "stages" / "new.py"
    assert kept_by(path, 'tally["new"] += 1\nself._tally[f"new_{name}_x"] += 2\nother["old"] += 1', {}) == {"new", "new_{}_x"}
    with pytest.raises(AssertionError, match="LISTED"):
        kept_by(path, "tally[name] += 1", {})
    with pytest.raises(AssertionError, match="LISTED"):
        kept_by(path, "day.tally.update(found)", {})
    assert kept_by(path, "tally[name] += 1", {("stages/new.py", "name"): ("a", "b")}) == {"a", "b"}
