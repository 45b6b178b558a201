"""The calculator for option chains handed in by a caller, over `analytics` and kernels: no lake, no Dagster.

`analyze` takes a chain in whatever form the caller has it and returns exposures, levels, regime and scores under a named
convention. It is one pass, a step per module: `reading`, `expiration_choice`, `pricing`, `exposures`, `levels`, `further_tables`,
`judgement`. `guards` compares what must fit together. `literal` is the original plan's arithmetic, kept for comparison.
`read_chain_file` reads a chain from a file; a new form of file is a module in `files`. `summary` makes the documents that
`gex chain` prints, `comparison` compares two of them.
"""

from __future__ import annotations

from gex_assets.chain.analysis import Analysis, analyze, clear_cache
from gex_assets.chain.chain_warnings import ChainWarning
from gex_assets.chain.files.reader import ChainFile, read_chain_file
from gex_assets.chain.judgement import RegimeAnalysis
from gex_assets.chain.levels import ChainLevels

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
