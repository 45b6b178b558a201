"""The calculator for option chains handed in by a caller: a small roof over the kernels, without lake and without Dagster.

`analyze` takes a chain in whatever form the caller has it and returns exposures, levels, regime and scores under a named
convention. How a chain is read is in `reading`, where volatility and gamma come from if they are not given in `pricing`, what
comes out in `results`; `literal` is the original plan's arithmetic, kept to the letter for comparison. `read_chain_file` takes a
chain from a file, `summary` makes the documents that `gex chain` prints, `comparison` puts two of them side by side.
"""

from __future__ import annotations

from gex_assets.chain.analysis import analyze, clear_cache
from gex_assets.chain.files.reader import ChainFile, read_chain_file
from gex_assets.chain.results import Analysis, ChainLevels, ChainWarning, RegimeAnalysis

__all__ = [
    "Analysis",
    "ChainFile",
    "ChainLevels",
    "ChainWarning",
    "RegimeAnalysis",
    "analyze",
    "clear_cache",
    "read_chain_file",
]
