"""The strikes of ES quarterly options that were listed from 2026-01-06 to 2026-01-20, as facts about each ladder.

Source: the symbology of a request for all ES options of these days (2,694 outrights).
"""

ES_LADDERS = {
    ("ES", 2026, 3): (191, 100, 12000, "ac8e78b1e7d5992a"),
    ("ES", 2026, 6): (141, 100, 12000, "678fcdfa58accf2d"),
    ("ES", 2026, 9): (138, 1200, 12000, "779d88ce2eb9d662"),
    ("ES", 2026, 12): (141, 100, 12000, "cb4a7318ae3e370c"),
    ("ES", 2027, 3): (123, 500, 10000, "0cf96d6c8b5f2831"),
    ("ES", 2027, 6): (113, 800, 10000, "4941e7f7c20c469c"),
    ("ES", 2027, 9): (104, 1400, 10200, "fc710e3c153d979f"),
    ("ES", 2027, 12): (130, 900, 12000, "281e00f4bf98a6a1"),
    ("ES", 2028, 12): (97, 1100, 12000, "c4629e53f2d40129"),
    ("ES", 2029, 12): (94, 1200, 10800, "80d0f3f122d512c1"),
    ("ES", 2030, 12): (75, 1600, 11400, "6690021a324fb5d4"),
}
"""By product and expiration month: number of strikes, lowest, highest, and the first 16 digits of the SHA-256 of all strikes.

The hash is of the strikes in ascending order as decimal text, separated by commas.
"""
