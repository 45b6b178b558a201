"""The options of a sample day: who quotes and trades, the order books, and the MBO file.

In the order in which a day is made:

- `makers` gives every option its makers and customers, from its distance to the money.
- `budget` says how many records each expiration gets and when, for profiles with a budget.
- `feed` prepares the day, makes the snapshot, and runs one of two loops over the steps: `rate_loop` or `budget_loop`.
- `steps`, `plan` and `customers` are what both loops share; `quotes` moves the makers' quotes to the price of `fair`.
- `orders` holds the books and writes every change of them to the tape.

All of `orders`, `quotes`, `customers`, `plan`, `steps` and the loops is compiled. Calendar and prices come from outside.
"""
