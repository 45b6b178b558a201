"""What Dagster loads: all definitions, for this installation's settings."""

import os

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.settings import load, unknown_variables


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and sensors."""
    for line in unknown_variables(os.environ):
        dg.get_dagster_logger().warning(line)
    return build_defs(load())
