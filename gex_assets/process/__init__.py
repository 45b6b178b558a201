"""Threads and memory of a process: prefetching in a second thread, returning freed memory. No knowledge of tables."""
