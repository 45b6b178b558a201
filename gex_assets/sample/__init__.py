"""A market made up: prices, volatilities, makers and customers, written as the vendor delivers a day."""
