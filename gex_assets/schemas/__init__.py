"""What each table promises, one module per table; the list of all of them is `registry.TABLES`."""
