"""From a request's parameters to the bytes of an answer: paging, JSON, CSV, Arrow, compression, problems. No routes."""
