"""A made-up market, delivered as the vendor delivers a real one, with its truth: what `gex sample` writes.

A day is made in this order:

- `market.make_sample` checks the arguments, takes the steps below for every day, and plants faults of files.
- `profile` says what is listed and how much happens; `options.budget` changes a profile that has a budget of records.
- `market_day` prepares the day from `instruments` (with `afternoons`, `ladders`, `levels`), `price_path` and `surface`; `course`
  is the part of it that both loops read.
- `staging` has the story of the staged profiles, `lively` and `wide`: walls, price, open interest, flow.
- `futures` and `options` simulate orders on a `tape` and turn them into MBO records.
- `files` makes the other files and the sidecars, plants faults of records, and writes DBN.
- `truth` writes the prices, volatilities and inventories that estimates are compared with.

`seeds` and `progress` serve all of them. Reading, checking and estimating happen elsewhere: this package knows the truth and must
not be imported by what is tested against it. Only the files it writes, and `truth`, are seen by others.
"""
