"""Small PNG pictures of a table-day, for places that show images but run no scripts: the UI's metadata of a materialization.

`canvas` draws axes and shapes with Pillow, `pictures` says what is drawn of which table. A picture costs one read of a few
columns or of the last row group, some tens of milliseconds, and at most `MOST_BYTES`.
"""

from gex_assets.pages.previews.pictures import MOST_BYTES, Preview, as_markdown, preview_of

__all__ = ["MOST_BYTES", "Preview", "as_markdown", "preview_of"]
