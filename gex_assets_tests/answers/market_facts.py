"""Facts of the market as data: when contracts expired and when Globex traded, each with the place it is known from."""

from __future__ import annotations

# (raw symbol, product, partition's date, moment of expiration in UTC, underlying, source)
EXPIRATIONS = [
    ("ESM4 P5230", "ES", "2024-05-09", "2024-06-21T13:30:00", "ESM4", "a real definition record of 2024-05-09"),
    ("ESU6 C9600", "ES", "2026-06-24", "2026-09-18T13:30:00", "ESU6", "a real definition record of 2026-06-24"),
    ("ESH6 C6000", "ES", "2026-01-06", "2026-03-20T13:30:00", "ESH6", "third Friday, Chicago on daylight saving time"),
    ("ESZ5 C6000", "ES", "2025-11-03", "2025-12-19T14:30:00", "ESZ5", "third Friday, Chicago on standard time"),
    ("ESM6 C6000", "ES", "2026-01-06", "2026-06-18T13:30:00", "ESM6", "Juneteenth 2026 is a Friday: the business day before"),
    ("ESM7 C6000", "ES", "2026-01-06", "2027-06-17T13:30:00", "ESM7", "CME's last trade date; QuantConnect/Lean pull 9572"),
    ("ESZ0 C6000", "ES", "2026-01-06", "2030-12-20T14:30:00", "ESZ0", "one digit is the next year that ends in it; third Friday"),
    ("ESZ5 C6000", "ES", "2025-12-19", "2025-12-19T14:30:00", "ESZ5", "on its last day a contract is still itself"),
    ("ESZ5 C6000", "ES", "2025-12-20", "2035-12-21T14:30:00", "ESZ5", "the day after, the digit means the next decade"),
    ("ESH26 C6000", "ES", "2026-01-06", "2026-03-20T13:30:00", "ESH26", "two digits are literal; third Friday"),
    ("ESH24 C5000", "ES", "2026-01-06", "2024-03-15T13:30:00", "ESH24", "two digits are literal, even if expired"),
    ("EW2F6 P5995", "ES", "2026-01-06", "2026-01-09T21:00:00", "ESH6", "second Friday of January, 15:00 in Chicago"),
    ("EW3F6 C7000", "ES", "2026-01-16", "2026-01-16T21:00:00", "ESH6", "0DTE on 2026-01-16 by a job's symbology"),
    ("E1AF6 C6000", "ES", "2026-01-05", "2026-01-05T21:00:00", "ESH6", "0DTE on 2026-01-05 by a job's symbology"),
    ("E2BF6 C7000.5", "ES", "2026-01-13", "2026-01-13T21:00:00", "ESH6", "0DTE on 2026-01-13 by a job's symbology"),
    ("E4CN25 C6000", "ES", "2025-07-01", "2025-07-23T20:00:00", "ESU25", "fourth Wednesday, daylight saving time"),
    ("E3DM6 C6000", "ES", "2026-06-17", "2026-06-18T20:00:00", "ESU6", "ESM6 ended that morning: CME's FAQ of 2021-06-16"),
    ("EW3H6 C6000", "ES", "2026-03-19", "2026-03-20T20:00:00", "ESM6", "the same on a quarterly's Friday"),
    ("EWZ5 C6000", "ES", "2025-12-01", "2025-12-31T21:00:00", "ESH6", "last business day of the year"),
    ("EWH4 C6000", "ES", "2024-03-01", "2024-03-28T20:00:00", "ESM4", "the 29th was Good Friday"),
    ("E1CZ8 P2700", "ES", "2018-12-03", "2018-12-04T21:00:00", "ESZ8", "CME's release of 2018-12-02: moved to Tuesday"),
    ("E2DF5 C6000", "ES", "2025-01-06", "2025-01-08T21:00:00", "ESH5", "CME's release of 2024-12-30: moved to January 8"),
    ("EW4X3 C4500", "ES", "2023-11-20", "2023-11-24T18:00:00", "ESZ3", "the stock exchanges closed at noon"),
    ("NQH6 C25000", "NQ", "2026-01-06", "2026-03-20T13:30:00", "NQH6", "contract specification"),
    ("QN2F6 C25000", "NQ", "2026-01-06", "2026-01-09T21:00:00", "NQH6", "contract specification"),
    ("Q2BF6 C25000", "NQ", "2026-01-06", "2026-01-13T21:00:00", "NQH6", "contract specification"),
    ("QNEF6 C25000", "NQ", "2026-01-06", "2026-01-30T21:00:00", "NQH6", "contract specification"),
    ("RTOH6 C2300", "RTY", "2026-01-06", "2026-03-20T13:30:00", "RTYH6", "contract specification of product 8326"),
    ("R2UF6 C2300", "RTY", "2026-01-06", "2026-01-13T21:00:00", "RTYH6", "Tuesday is U; contract specification"),
    ("R2EF6 C2300", "RTY", "2026-01-06", "2026-01-09T21:00:00", "RTYH6", "Friday is E; contract specification of 8330"),
    ("OYMH6 P45000", "YM", "2026-01-06", "2026-03-20T13:30:00", "YMH6", "contract specification"),
    ("YM2F6 C48000", "YM", "2026-01-06", "2026-01-09T21:00:00", "YMH6", "contract specification of product 8043"),
]

# UTC date -> stretches (first moment, moment after the last, trade date), with the reason for choosing the date
SESSIONS = {
    "2026-01-06": [
        ("2026-01-06T00:00", "2026-01-06T22:00", "2026-01-06"),
        ("2026-01-06T23:00", "2026-01-07T00:00", "2026-01-07"),
    ],
    "2025-07-16": [
        ("2025-07-16T00:00", "2025-07-16T21:00", "2025-07-16"),
        ("2025-07-16T22:00", "2025-07-17T00:00", "2025-07-17"),
    ],
    # Fridays, Saturdays, Sundays
    "2026-01-09": [("2026-01-09T00:00", "2026-01-09T22:00", "2026-01-09")],
    "2025-07-18": [("2025-07-18T00:00", "2025-07-18T21:00", "2025-07-18")],
    "2026-01-10": [],
    "2026-01-11": [("2026-01-11T23:00", "2026-01-12T00:00", "2026-01-12")],
    "2025-07-20": [("2025-07-20T22:00", "2025-07-21T00:00", "2025-07-21")],
    # Clocks change on Sunday morning, 2026-03-08 forward and 2025-11-02 back
    "2026-03-06": [("2026-03-06T00:00", "2026-03-06T22:00", "2026-03-06")],
    "2026-03-08": [("2026-03-08T22:00", "2026-03-09T00:00", "2026-03-09")],
    "2026-03-09": [
        ("2026-03-09T00:00", "2026-03-09T21:00", "2026-03-09"),
        ("2026-03-09T22:00", "2026-03-10T00:00", "2026-03-10"),
    ],
    "2025-10-31": [("2025-10-31T00:00", "2025-10-31T21:00", "2025-10-31")],
    "2025-11-02": [("2025-11-02T23:00", "2025-11-03T00:00", "2025-11-03")],
    # Christmas on a Monday: no Sunday open, the file of the 25th begins at 17:00 Chicago
    "2023-12-22": [("2023-12-22T00:00", "2023-12-22T22:00", "2023-12-22")],
    "2023-12-24": [],
    "2023-12-25": [("2023-12-25T23:00", "2023-12-26T00:00", "2023-12-26")],
    # Christmas in mid-week, with its eve
    "2025-12-24": [("2025-12-24T00:00", "2025-12-24T18:15", "2025-12-24")],
    "2025-12-25": [("2025-12-25T23:00", "2025-12-26T00:00", "2025-12-26")],
    # New Year's Day kept on a Monday; a New Year's Day on Saturday is not kept
    "2023-01-01": [],
    "2023-01-02": [("2023-01-02T23:00", "2023-01-03T00:00", "2023-01-03")],
    "2021-12-31": [("2021-12-31T00:00", "2021-12-31T22:00", "2021-12-31")],
    # Martin Luther King Jr. Day 2026: one trade date from Sunday to Tuesday (the exchange's schedule)
    "2026-01-18": [("2026-01-18T23:00", "2026-01-19T00:00", "2026-01-20")],
    "2026-01-19": [
        ("2026-01-19T00:00", "2026-01-19T18:00", "2026-01-20"),
        ("2026-01-19T23:00", "2026-01-20T00:00", "2026-01-20"),
    ],
    # Independence Day 2024: eve to 12:15, "open at 17:00 for trade date of Friday, July 5", noon halt
    "2024-07-03": [
        ("2024-07-03T00:00", "2024-07-03T17:15", "2024-07-03"),
        ("2024-07-03T22:00", "2024-07-04T00:00", "2024-07-05"),
    ],
    "2024-07-04": [
        ("2024-07-04T00:00", "2024-07-04T17:00", "2024-07-05"),
        ("2024-07-04T22:00", "2024-07-05T00:00", "2024-07-05"),
    ],
    # Juneteenth on a Friday: noon, then nothing until Sunday
    "2026-06-19": [("2026-06-19T00:00", "2026-06-19T17:00", "2026-06-22")],
    # Thanksgiving
    "2025-11-27": [
        ("2025-11-27T00:00", "2025-11-27T18:00", "2025-11-28"),
        ("2025-11-27T23:00", "2025-11-28T00:00", "2025-11-28"),
    ],
    "2025-11-28": [("2025-11-28T00:00", "2025-11-28T18:15", "2025-11-28")],
    # Good Fridays without and with payrolls
    "2024-03-28": [("2024-03-28T00:00", "2024-03-28T21:00", "2024-03-28")],
    "2024-03-29": [],
    "2023-04-07": [("2023-04-07T00:00", "2023-04-07T13:15", "2023-04-10")],
    # Days of mourning
    "2018-12-05": [
        ("2018-12-05T00:00", "2018-12-05T14:30", "2018-12-06"),
        ("2018-12-05T23:00", "2018-12-06T00:00", "2018-12-06"),
    ],
    "2025-01-09": [
        ("2025-01-09T00:00", "2025-01-09T14:30", "2025-01-10"),
        ("2025-01-09T23:00", "2025-01-10T00:00", "2025-01-10"),
    ],
    # The halt from 15:15 to 15:30 ended with June 2021's last Monday
    "2021-06-25": [
        ("2021-06-25T00:00", "2021-06-25T20:15", "2021-06-25"),
        ("2021-06-25T20:30", "2021-06-25T21:00", "2021-06-25"),
    ],
    "2021-06-28": [
        ("2021-06-28T00:00", "2021-06-28T21:00", "2021-06-28"),
        ("2021-06-28T22:00", "2021-06-29T00:00", "2021-06-29"),
    ],
}
