from __future__ import annotations

import json
import time

import pytest

from gex_assets.chain.files import json_text
from gex_assets.chain.files.json_text import document_of
from gex_assets.errors import ChainError


def test_one_document_or_one_a_line() -> None:
    assert document_of('{"a": NaN}', file="f").is_lines is False
    assert document_of('{"a": 1}\n\n{"a": 2}\n', file="f") == ([{"a": 1}, {"a": 2}], True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "Expected JSON in f, was .* in line 1, column"),
        ('{"a": 1}\n{"a": }', "Expected JSON in f, was Expecting value in line 2, column 7"),
        ('{"a": 1} x', "Expected JSON in f, was Extra data in line 1, column 10"),
        ("[" * 100_000, "Expected JSON nested as a chain is in f, was nested some thousand deep"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "was nested some thousand deep"),
        ("[" + "9" * 5_000 + "]", "Expected numbers of at most some hundred digits in f, was longer"),
        ("{}\n" + "[" * 100_000, "Expected an object in line 2 of f, was nested too deep or too long"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ChainError, match=message):
        document_of(text, file="f")


def test_a_document_beyond_any_chain_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.process_time()
    with pytest.raises(
        ChainError, match=r"Expected at most 64 MB, 2,000,000 objects and 10,000,000 values of JSON in f, was 6 MB, 2,500,001"
    ):
        document_of("[" + "[]" * 2_500_000 + "]" + " " * 1_300_000, file="f")
    assert time.process_time() - before < 2.0
    monkeypatch.setattr(json_text, "_MOST_VALUES", 10)
    with pytest.raises(ChainError, match="10 values"):
        document_of(json.dumps(list(range(12))), file="f")
