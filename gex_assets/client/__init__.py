"""The lake for researchers: every table over any range of days, lazily, as DuckDB, Arrow, polars or pandas.

>>> import gex_assets
>>> lake = gex_assets.open_lake("data")                                          # doctest: +SKIP
>>> levels = lake.table("silver_gex_levels", since="2026-01-06", convention="field")  # doctest: +SKIP
>>> levels.pandas()                                                              # doctest: +SKIP

Nothing is written, created or locked. `research_lake` is the lake, `table_range` rows of a table, `moments` what a range may be.
"""

from __future__ import annotations

from gex_assets.client.research_lake import ResearchLake, open_lake
from gex_assets.client.table_range import TableRange

__all__ = ["ResearchLake", "TableRange", "open_lake"]
