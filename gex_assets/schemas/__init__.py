"""The contract of each table, one module per table or per family of equal tables.

A table's module names its columns with type, unit, range and description. To add a column: add it there, raise the table's
`version` if stored rows change, and write TABLES.md again. `registry.TABLES` lists all tables, `columns` has what they share,
`checks` the conditions that a published day must meet.
"""
