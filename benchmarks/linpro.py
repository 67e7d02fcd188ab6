"""LinPro pseudo label of one class of one video: T = 750, 60 instances. Bar: median < 5 ms (CPU time, one thread).

python benchmarks/linpro.py
"""

import statistics
import time

import numpy as np

from wtal_core.inference.linpro import linpro


def main() -> None:
    """Print median and spread of 100 random problems."""
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(100):
        length = rng.integers(3, 60, 60)
        first = rng.integers(0, 750 - length)
        segments, scores = np.column_stack([first, first + length]), rng.uniform(0.05, 0.9, 60)
        start = time.process_time()
        linpro(segments, scores, 750)
        seconds.append(time.process_time() - start)
    low, high = 1e3 * min(seconds), 1e3 * max(seconds)
    print(f"median {1e3 * statistics.median(seconds):.2f} ms, least {low:.2f}, most {high:.2f}")


if __name__ == "__main__":
    main()
