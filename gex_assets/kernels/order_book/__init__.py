"""The order book: one compiled loop over the records of all instruments, rows every five seconds."""
