"""Where and when runs are executed: the instance that keeps them, the lock of a day, how far a table is. No table is made."""
