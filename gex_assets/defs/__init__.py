"""The floor that knows Dagster: assets, checks, partitions, resources, jobs, sensors."""
