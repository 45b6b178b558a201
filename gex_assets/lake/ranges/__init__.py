"""Rows of a table over days and moments, read in bounded memory: what the API and the researchers' client ask for.

`row_query` says which rows and columns are wanted, `scan` reads them from published files, `relations` gives them to DuckDB.
Nothing here writes, and no query becomes text of SQL with a caller's words in it.
"""
