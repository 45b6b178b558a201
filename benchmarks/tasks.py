"""What is measured, as tasks in processes of their own: `python -m benchmarks.tasks NAME JSON` prints JSON on its last line.

Every answer has `cpu` and `wall` [s] of the timed part. The goals compare or show what else it has.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Final

TASKS: Final = {
    "decompression": "benchmarks.decoding:decompression",
    "kernel_and_decompression": "benchmarks.decoding:kernel_and_decompression",
    "peer_input": "benchmarks.peer_input:peer_input",
    "kernel_on_peer_input": "benchmarks.peer_input:kernel_on_peer_input",
    "dict_book": "benchmarks.peer_input:dict_book",
    "steps_in_memory": "benchmarks.decoding:steps_in_memory",
    "graph": "benchmarks.graph:graph",
    "same_quotes": "benchmarks.graph:same_quotes",
    "same_records": "benchmarks.bronze:same_records",
    "vendor_parquet": "benchmarks.bronze:vendor_parquet",
    "unsorted_parquet": "benchmarks.bronze:unsorted_parquet",
    "one_query": "benchmarks.queries:one_query",
    "volatility": "benchmarks.volatility:volatility",
    "drawn_page": "benchmarks.drawing:drawn_page",
    "chain_read": "benchmarks.drawing:chain_read",
    "page_speed": "benchmarks.pages:page_speed",
    "analysis": "benchmarks.volatility:analysis",
    "cached_scores": "benchmarks.volatility:cached_scores",
    "cached_levels": "benchmarks.serving:cached_levels",
}
"""Where a task's function is."""


def main() -> None:
    """Run one task with keywords from JSON and say what it found."""
    module, _, function = TASKS[sys.argv[1]].partition(":")
    answer = getattr(importlib.import_module(module), function)(**json.loads(sys.argv[2]))
    sys.stdout.write("\n" + json.dumps(answer, default=float) + "\n")


if __name__ == "__main__":
    main()
