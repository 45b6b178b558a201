"""Databento's binary format: headers, records, frames; reading and writing."""
