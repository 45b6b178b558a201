"""Studies of the method: published tables of sample days compared with the truth behind them.

A study reads published tables and the sample's truth, computes named baselines and returns `findings.Finding`s. It publishes
nothing, runs no asset and does not know Dagster. `report.study_page` draws the findings.
"""
