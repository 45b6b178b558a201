from __future__ import annotations

import pytest

from gex_assets.chain.files.column_names import ABOUT, ALIASES, is_header, named_columns, our_name


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("strike", ("strike", 0, False)),
        ("StrikePrice", ("strike", 1, False)),
        ("OPEN INTEREST", ("open_interest", 0, False)),
        ("[QUOTE_UNIXTIME]", ("as_of", 2, False)),
        ("IV (%)", ("iv", 0, True)),
        ("impliedVolatilityPct", ("iv", 1, True)),
        ("callOpenInterest", ("call_oi", 0, False)),
        ("C_IV", ("call_iv", 0, False)),
        ("put_oi", ("put_oi", 1, False)),
        ("oi_ce", ("call_oi", 1, False)),
        ("PE_bid", ("put_bid", 0, False)),
    ],
)
def test_titles_of_many_sources(title: str, expected: tuple[str, int, bool]) -> None:
    assert our_name(title) == expected


@pytest.mark.parametrize("title", ["theta", "strike_percent", "call", "", "c_strike", "call_put_ratio", "%"])
def test_other_titles_mean_nothing(title: str) -> None:
    assert our_name(title) is None


def test_the_first_name_of_several_counts() -> None:
    found = named_columns(["quote_date", "quote_datetime", "vol", "Volume"])
    assert [one.place for one in found["as_of"]] == [1, 0]
    assert [one.place for one in found["volume"]] == [3, 2]


def test_a_header_names_strikes_or_symbols() -> None:
    assert is_header(["Type", "Strike Price"])
    assert is_header(["contractSymbol"])
    assert not is_header(["Type", "K"])


def test_every_name_is_explained_and_no_alias_has_two_meanings() -> None:
    assert set(ALIASES) <= set(ABOUT)
    claimed = [alias.replace("_", "") for name, aliases in ALIASES.items() for alias in (name, *aliases)]
    assert len(claimed) == len(set(claimed))
