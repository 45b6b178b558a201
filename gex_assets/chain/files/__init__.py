"""Option chains in files: the form of a file, and the chain in it.

`reader` finds the form. `cells` (text) and `typed_columns` (JSON, Parquet, Excel) are columns under the file's own titles, which
`column_names` knows; `tables` reads them, `table_moments` their moments, `selection` what must be one, `scales` units of strikes.
`cboe` reads Cboe's own forms, `nested` finds rows in JSON, `vendors` has the forms that are nobody else's. `rows` makes a
`ChainFile` of what they read. A new name of a column is an entry in `column_names`, a new vendor a module in `vendors`.
"""
