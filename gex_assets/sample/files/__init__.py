"""What the sample market delivers: records, definitions, statistics, manifests, and planted defects."""
