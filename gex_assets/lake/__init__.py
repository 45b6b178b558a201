"""Storage: the file system, published tables, DBN files, DuckDB views. Nothing outside this package reads or writes the lake.

A new kind of stored object gets its key in `keys.py` and is read and written through `filesystem.py`. A new raw format
belongs in `raw/`, a new SQL view over several tables in `joined_views.py`.
"""
