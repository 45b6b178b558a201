"""Numbers along time, packed small: quantized, differences, zigzag, byte planes, deflate; and back.

A matrix has a row per strike (or whatever stands next to it) and a column per window. No names of columns are known here.
"""
