"""The bar of a retrain, by hand."""

import pytest

from benchmarks.retrain import Run, verdict


@pytest.mark.parametrize(
    ("warm", "word"),
    [
        ([Run(60, 30, 50), Run(61, 32, 60)], "holds: 55.0 s wall (31.0 CPU s; from scratch 40.0), +0.5 points behind"),
        ([Run(60, 30, 70), Run(61, 32, 60)], "misses: 65.0 s wall"),
        ([Run(58, 30, 50), Run(60, 32, 60)], "misses: 55.0 s wall (31.0 CPU s; from scratch 40.0), +2.0 points behind"),
        ([Run(63, 30, 50), Run(63, 32, 60)], "holds: 55.0 s wall (31.0 CPU s; from scratch 40.0), -2.0 points behind"),
    ],
)
def test_a_warm_start_is_held_against_time_and_against_the_run_from_scratch(warm, word):
    """From scratch 61 and 61."""
    assert verdict(warm, [Run(61, 40, 90), Run(61, 40, 90)]).startswith(word)
