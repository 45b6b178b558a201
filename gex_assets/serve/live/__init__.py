"""Server-sent events: what was published, and stored days played window by window."""
