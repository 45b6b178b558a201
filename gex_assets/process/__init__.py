"""Threads, memory, garbage, signals and terminal of a process. No knowledge of tables."""
