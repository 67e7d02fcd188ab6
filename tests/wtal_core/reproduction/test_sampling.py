"""Videos brought to a fixed number of snippets: which snippets, and that time stays what it was."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.wtal_core.layouts import scenes
from wtal_core.layouts import read_layout
from wtal_core.reproduction.benchmarks import BENCHMARKS
from wtal_core.reproduction.sampling import sampled
from wtal_core.reproduction.study import Study, fingerprint, name_of


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return read_layout(scenes.wtalc(tmp_path_factory.mktemp("set")))


def test_segment_i_is_the_first_snippet_of_its_nth_of_the_video(dataset):
    """40 snippets of .64 s in 3 segments: rows 0, 13.3 and 26.7 rounded down, each cell .64 * 40 / 3 s wide."""
    video = scenes.TEST[0]
    whole, few = dataset.sequence(video), sampled(dataset, 3).sequence(video)
    np.testing.assert_array_equal(few.values, whole.values[[0, 13, 26]])
    assert few.grid.step == Fraction(64, 100) * Fraction(40, 3)
    assert few.grid.lead == whole.grid.lead
    assert few.streams == whole.streams


def test_the_sampled_video_is_as_long_as_it_was_and_shorter_ones_are_untouched(dataset):
    few = sampled(dataset, 4)
    for video, grid in dataset.grids.items():
        assert few.grids[video].end(3) == grid.end(grid.n_snippets - 1)
    longest = max(grid.n_snippets for grid in dataset.grids.values())
    same = sampled(dataset, longest)
    assert same.grids == dataset.grids
    assert same.stored == dataset.stored


def test_truth_is_told_in_seconds_and_does_not_change(dataset):
    assert sampled(dataset, 4).ground_truth("test").instances == dataset.ground_truth("test").instances


def test_a_sampled_row_is_another_training_than_a_row_of_whole_videos(dataset, tmp_path):
    benchmark = BENCHMARKS["activitynet13"]
    study = Study(benchmark, dataset, tmp_path, fingerprint(dataset), {})
    row = next(row for paper in benchmark.papers if paper.key == "rskp" for row in paper.rows)
    names = {name_of(study, replace(row, sampled_to=n), 0) for n in (None, 75, 100)}
    assert row.sampled_to == 75
    assert len(names) == 3
