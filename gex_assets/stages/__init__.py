"""Table in, table out: columns become arrays, kernels are called, the next table is built. No disk, no Dagster."""
