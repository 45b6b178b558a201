"""Pages in the lake: one HTML object per page, product and day, published whole, with its lineage in its own head."""
