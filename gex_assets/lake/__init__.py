"""Disk: the file system, published tables, DBN files, DuckDB views. The only room that reads and writes."""
