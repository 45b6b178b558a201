"""Assets that are pages and not tables: drawn from what is published, and published like it."""
