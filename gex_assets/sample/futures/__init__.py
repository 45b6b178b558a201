"""The futures of a sample day: the front one, the next one, and their calendar spread.

`feed` prepares the day, makes the snapshot and the calendar spread, and runs `loop` over the steps of each future. `ladder` is
the order book that the loop changes. `loop` and `ladder` are compiled. The price comes from outside.
"""
