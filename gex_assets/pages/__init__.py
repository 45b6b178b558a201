"""Pages that people open in a browser: the picture of a day and what stands below it, indexes, history, small pictures.

Published tables in, HTML, SVG or PNG out. Nothing is computed here that a table could hold, and Dagster is not known.
"""
