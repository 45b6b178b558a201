from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np

import gex_assets.chain
from gex_assets.chain.chain_warnings import ChainWarning, Warnings

SOURCES = sorted(path for path in Path(gex_assets.chain.__file__).parent.rglob("*.py"))
DOCUMENT = Path(gex_assets.chain.__file__).parents[2] / "docs" / "methods" / "chains.md"


def test_a_warning_is_its_code_and_has_a_sentence() -> None:
    one = ChainWarning("few_strikes", "Expected ten, was two")
    assert one == "few_strikes"
    assert one.text == "Expected ten, was two"
    again = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    assert (again, again.text) == (one, one.text)
    assert repr(one) == "<few_strikes: Expected ten, was two>"


def test_each_code_comes_once_and_rows_are_counted() -> None:
    warnings = Warnings()
    warnings.add("odd", "first")
    warnings.add("odd", "second")
    warnings.count("none", np.zeros(3, dtype=np.bool_), "are missing")
    warnings.count("some", np.array([True, False, True]), "are missing")
    assert [(str(one), one.text) for one in warnings.all()] == [("odd", "first"), ("some", "2 of 3 options are missing")]


CODE = re.compile(r"""(?:warnings|said)\.(?:add|count|append)\(\s*(?:ChainWarning\()?f?"([a-z0-9_{}]+)\"""")


def test_every_code_is_explained() -> None:
    """Codes are the first argument of `add` and `count`; those made of a column's name are explained by their beginning."""
    found = {code.split("{")[0] for path in SOURCES for code in CODE.findall(path.read_text())}
    assert len(found) > 20
    text = DOCUMENT.read_text()
    missing = sorted(code for code in found if f"`{code}" not in text)
    assert not missing, f"Expected every warning in {DOCUMENT.name}, was without {missing}: say when it comes and what to do"
