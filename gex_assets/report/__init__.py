"""What a person reads: tables and summaries as text."""
