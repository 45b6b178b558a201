"""Silver tables: quotes, forward, chain, slots, levels, profile and vacuum."""
