"""Lower levels drawn from full annotations, as the papers do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.domain import Annotation, Coverage, Segment, SnippetGrid, SupervisionLevel, VideoLabels
from wtal_core.training.cells import click_cell, segment_cells
from wtal_core.training.simulation import semi_selection, simulate_labels, simulated

GRID = SnippetGrid.regular(40, 25_600_000)


def annotated(video_id, *spans):
    annotations = tuple(
        Annotation(f"{video_id}{index}", label, SupervisionLevel.FULL, segment=Segment.from_seconds(start, end))
        for index, (label, start, end) in enumerate(spans)
    )
    return VideoLabels(video_id, None, annotations, Coverage.complete("abc", GRID.extent))


VIDEO = annotated("v", ("a", 1.0, 6.0), ("b", 7.0, 7.2), ("a", 10.0, 12.0))


@given(seed=st.integers(0, 2**32 - 1))
def test_one_click_is_among_two_clicks_which_are_inside_the_segment(seed):
    one = simulate_labels(VIDEO, SupervisionLevel.ONE_SEGMENT, GRID, np.random.default_rng(seed))
    two = simulate_labels(VIDEO, SupervisionLevel.TWO_SEGMENT, GRID, np.random.default_rng(seed))
    for whole, first, pair in zip(VIDEO.annotations, one.annotations, two.annotations, strict=True):
        cells = segment_cells(whole.segment, GRID.edges).tolist()
        assert set(first.clicks) <= set(pair.clicks)
        assert all(click in whole.segment and click_cell(click, GRID) in cells for click in pair.clicks)
        assert len(set(pair.clicks)) == min(2, len(cells))
        assert (whole.id, whole.label) == (first.id, first.label) == (pair.id, pair.label)


def test_clicks_are_uniform_over_the_snippets_of_an_instance():
    """[1.0, 6.0) holds the centres 1.60 to 5.44 s of cells 2 to 8: 700 draws, about 100 each, within 5 deviations."""
    cells = segment_cells(VIDEO.annotations[0].segment, GRID.edges)
    rng = np.random.default_rng(0)
    drawn = [
        click_cell(simulate_labels(VIDEO, "one-segment", GRID, rng).annotations[0].clicks[0], GRID) for _ in range(700)
    ]
    counts = np.array([drawn.count(cell) for cell in cells])
    assert cells.tolist() == [2, 3, 4, 5, 6, 7, 8]
    share = 1 / 7
    assert counts.sum() == 700
    assert np.all(np.abs(counts - 700 * share) < 5 * np.sqrt(700 * share * (1 - share)))


def test_below_full_nothing_is_judged_and_classes_stay():
    for level in ("video", "one-segment", "two-segment"):
        said = simulate_labels(VIDEO, SupervisionLevel(level), GRID, np.random.default_rng(0))
        assert said.classes == {"a", "b"}
        assert not said.coverage.spans
        assert said.level == level
    assert simulate_labels(VIDEO, SupervisionLevel.FULL, GRID, np.random.default_rng(0)) is VIDEO


def test_an_instance_past_the_features_keeps_its_class_only():
    late = annotated("v", ("a", 1.0, 6.0), ("c", 30.0, 31.0))
    said = simulate_labels(late, SupervisionLevel.ONE_SEGMENT, GRID, np.random.default_rng(0))
    assert [each.label for each in said.annotations] == ["a"]
    assert said.classes == {"a", "c"}


SET = {
    "v0": annotated("v0", ("a", 1, 2)),
    "v1": annotated("v1", ("b", 1, 9), ("a", 10, 24)),
    "v2": annotated("v2", ("b", 1, 2)),
    "v3": annotated("v3", ("a", 1, 2)),
}


def test_semi_takes_the_first_k_videos_of_each_class_in_file_order():
    assert semi_selection(SET, ["a", "b", "c"], 1) == {"v0", "v1"}
    assert semi_selection(SET, ["a", "b", "c"], 2) == {"v0", "v1", "v2"}
    assert semi_selection(SET, ["a", "b", "c"], 9) == set(SET)
    assert semi_selection(SET, ["a"], 0) == set()
    with pytest.raises(ValueError, match="negative"):
        semi_selection(SET, ["a"], -1)


def test_random_semi_is_seeded_and_takes_k_of_each_class():
    chosen = [semi_selection(SET, ["a"], 2, np.random.default_rng(seed)) for seed in (5, 5, 6, 7, 8)]
    assert chosen[0] == chosen[1]
    assert all(len(each) == 2 and each <= {"v0", "v1", "v3"} for each in chosen)
    assert len(set(chosen)) > 1


def test_a_video_draws_the_same_clicks_whatever_else_is_in_the_set():
    grids = dict.fromkeys(SET, GRID)
    everything = simulated(SET, SupervisionLevel.ONE_SEGMENT, grids, ["a", "b"], seed=3)
    alone = simulated({"v1": SET["v1"]}, SupervisionLevel.ONE_SEGMENT, grids, ["a", "b"], seed=3)
    assert everything["v1"] == alone["v1"]
    other = simulated(SET, SupervisionLevel.ONE_SEGMENT, grids, ["a", "b"], seed=4)
    assert any(everything[name] != other[name] for name in SET)


def test_semi_videos_stay_full_and_the_rest_is_at_the_level():
    said = simulated(SET, SupervisionLevel.VIDEO, dict.fromkeys(SET, GRID), ["a", "b"], semi=1)
    assert [said[name].level for name in SET] == ["full", "full", "video", "video"]
