"""What `torch.compile` costs and wins: a plain step of training and one with a compiled network, in turn.

OMP_NUM_THREADS=1 python benchmarks/compiled.py [--methods topk_mil mixed rskp] [--dataset ucf15-dev] [--rounds 12]

Losses stay as they are (they loop over what a batch holds). Compiling is timed to the end of the first pass, so that
what is compiled anew for another length counts, too.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import torch
from data import Yardstick, read
from passes import Passes

from wtal_core.training.dataset import Batch


def step(passes: Passes, network: Any, batch: Batch) -> float:
    """CPU seconds of one step."""
    begun = time.process_time()
    losses = passes.method.losses(network(batch.features, batch.mask), batch)
    passes.adam.zero_grad()
    torch.stack(list(losses.values())).sum().backward()
    passes.adam.step()
    return time.process_time() - begun


def compared(name: str, yardstick: Yardstick, n_rounds: int) -> str:
    """A row: milliseconds a step, plain and compiled, and what the first pass cost beside a plain one."""
    passes = Passes(name, {}, yardstick, yardstick.labelled("video", 0))
    plain, network = passes.method, torch.compile(passes.method, dynamic=True)
    longest = passes.training.max_length
    batches = [passes.set.batch(indices, longest, passes.rng) for indices in passes.sampler.one_pass()]
    of_plain = sum(step(passes, plain, batch) for batch in batches)
    begun = time.monotonic()
    of_compiled = sum(step(passes, network, batch) for batch in batches)
    wall = time.monotonic() - begun
    batch = max(batches, key=lambda each: each.mask.shape[1])
    rounds = [(step(passes, plain, batch), step(passes, network, batch)) for _ in range(n_rounds)]
    ours, theirs = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
    return (
        f"{name:12} {ours:6.0f} ms plain, {theirs:6.0f} ms compiled, {ours / theirs:.2f}x; first pass of "
        f"{len(batches)} steps {of_plain:.1f} s plain, {of_compiled:.1f} s compiled ({wall:.0f} s on the clock)"
    )


def main() -> None:
    """Print a row for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", default=["topk_mil", "mixed", "rskp"])
    parser.add_argument("--dataset", default="ucf15-dev")
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    yardstick = read(options.dataset)
    for name in options.methods:
        print(compared(name, yardstick, options.rounds), flush=True)


if __name__ == "__main__":
    main()
