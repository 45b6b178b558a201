"""Bronze tables: orders, trades, instruments and statistics from the vendor's records, with its fields unchanged."""
