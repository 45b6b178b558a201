"""pyvolr over the same options, in its own environment: implied volatilities, then volatilities and its five greeks."""

import json
import sys
from time import process_time

import numpy as np
from pyvolr import black76

given = json.loads(sys.argv[1])
options = np.load(given["options"])
forward, years, rate = options["terms"].tolist()
flags = np.where(options["is_call"], "c", "p")
strikes, prices = options["strikes"], options["prices"]


def implied():  # noqa: D103
    return black76.implied_vol(prices, flags, forward, strikes, years, rate, return_as="numpy", on_error="ignore")


def both():  # noqa: D103
    return black76.greeks(flags, forward, strikes, years, rate, implied(), return_as="numpy")


def least(run) -> float:  # noqa: D103
    run()
    took = []
    for _ in range(7):
        started = process_time()
        run()
        took.append(process_time() - started)
    return min(took)


error = float(np.nanmax(np.abs(implied() / options["sigma"] - 1)[prices > 1e-6]))
said = {"cpu": least(implied), "wall": 0.0, "with_greeks": least(both), "error": error}
sys.stdout.write("\n" + json.dumps(said) + "\n")
