"""Small charts as SVG inside HTML: lines, steps, bands, bars and points on two axes, in the colours of the page's theme.

The picture is drawn in a box that stretches to its place; letters stand outside it, so that they keep their size from a phone
to a large screen. Every chart has a title, a description and a table of its numbers for whoever does not see it.
"""

from gex_assets.pages.charts.figure import Mark, figure, legend
from gex_assets.pages.charts.plot import Plot
from gex_assets.pages.charts.scale import Axis, hours_axis, nice_axis

__all__ = ["Axis", "Mark", "Plot", "figure", "hours_axis", "legend", "nice_axis"]
