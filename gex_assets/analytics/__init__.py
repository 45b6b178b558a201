"""What tables and the chain calculator share: levels of a chain, zero gamma, changes of net exposure, regimes; arrays only."""
