"""Strikes in another unit: OptionMetrics by its columns, others by their symbols, and what no price fits is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gex_assets.chain import analyze, read_chain_file
from gex_assets.errors import ChainError
from gex_assets_tests.chain.files.made_up_files import codes, read

HEADER = "secid,date,symbol,exdate,cp_flag,strike_price,best_bid,best_offer,volume,open_interest,impl_volatility,delta,gamma"


def option_metrics(root: str = "SPX") -> str:
    lines = [
        f"108105,20260106,{root} 260116{right}{strike}000,20260116,{right},{strike}000,5,6,10,{size},0.15,0.5,0.002"
        for strike in (5900, 6000, 6100)
        for right, size in (("C", 100), ("P", 80))
    ]
    return "\n".join((HEADER, *lines)) + "\n"


@pytest.mark.parametrize(("root", "hours"), [("SPX", 14.5), ("SPXW", 21.0)])
def test_option_metrics_strikes_are_in_thousandths(tmp_path: Path, root: str, hours: float) -> None:
    found = read(tmp_path, option_metrics(root))
    assert (found.form, found.symbol) == ("OptionMetrics, strikes in thousandths", "SPX")
    assert sorted(set(found.columns["strike"].tolist())) == [5900.0, 6000.0, 6100.0]
    assert set(found.columns["expiration"].tolist()) == {int(1_768_521_600 + hours * 3600) * 10**9}
    assert analyze(symbol="SPX", spot=6000.0, chain=found.columns).net_gex == pytest.approx(4_320_000.0)
    assert "no_clock" in codes(found)


def test_option_metrics_without_symbols(tmp_path: Path) -> None:
    lines = [",".join(line.split(",")[:2] + line.split(",")[3:]) for line in option_metrics().splitlines()]
    assert sorted(set(read(tmp_path, "\n".join(lines)).columns["strike"].tolist())) == [5900.0, 6000.0, 6100.0]


def test_strikes_beside_symbols_are_the_symbols(tmp_path: Path) -> None:
    text = "option,strike,oi,gamma\nSPX260116C06000000,6000000,1,.002\nSPX260116P06000000,6000000,1,.002\n"
    found = read(tmp_path, text)
    assert (found.columns["strike"].tolist(), codes(found)) == ([6000.0, 6000.0], ["strike_scale"])
    with pytest.raises(ChainError, match=r"the strike of the option's symbol, 6,000, in column strike of chain.csv, was 5,000"):
        read(tmp_path, text.replace(",6000000,", ",5000,", 1))


@pytest.mark.parametrize(("low", "high", "factor"), [(5_900_000, 6_100_000, "1000"), (590_000, 610_000, "100"), (59, 61, "0.01")])
def test_another_scale_that_fits_no_price_is_refused(tmp_path: Path, low: int, high: int, factor: str) -> None:
    (tmp_path / "chain.csv").write_text(f"strike,right,oi,gamma\n{low},C,1,.002\n{high},P,1,.002\n")
    found = read_chain_file(tmp_path / "chain.csv")
    with pytest.raises(ChainError, match=rf"within the strikes {low:,} to {high:,}, was 6,000: .* {factor} times the price"):
        analyze(symbol="SPX", spot=6000.0, chain=found.columns)
