"""What Dagster loads: all definitions, for this installation's settings."""

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.settings import load


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and sensors."""
    return build_defs(load())
