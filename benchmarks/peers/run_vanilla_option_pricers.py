"""vanilla-option-pricers over the same options, in its own environment: implied volatilities of one slice."""

import json
import math
import sys
from time import process_time

import numpy as np
from vanilla_option_pricers import infer_bsm_ivols_from_slice_prices

given = json.loads(sys.argv[1])
options = np.load(given["options"])
forward, years, rate = options["terms"].tolist()
kinds = np.where(options["is_call"], "C", "P")
strikes, prices = options["strikes"], options["prices"]
discount = math.exp(-rate * years)
found = infer_bsm_ivols_from_slice_prices(years, forward, discount, strikes, kinds, prices)
took = []
for _ in range(7):
    started = process_time()
    infer_bsm_ivols_from_slice_prices(years, forward, discount, strikes, kinds, prices)
    took.append(process_time() - started)
error = float(np.nanmax(np.abs(found / options["sigma"] - 1)[prices > 1e-6]))
sys.stdout.write("\n" + json.dumps({"cpu": min(took), "wall": 0.0, "error": error}) + "\n")
