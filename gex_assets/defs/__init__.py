"""Everything that uses Dagster: assets, checks, partitions, resources, jobs, sensors. No computing and no file formats."""
