"""gex_assets: order-by-order options data becomes gamma exposure, levels and regimes, as a graph of daily tables."""
