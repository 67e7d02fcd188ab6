"""Which videos are held out, what the fold models begin with, and which run is shown by what they say."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.job_kinds import folds

NAMES = tuple(map("video {}".format, range(60)))


def of_part(number, n, *, is_complete=True):
    names = [name for name in NAMES if folds.part_of(name) == number][:n]
    return [SimpleNamespace(video_id=name, is_complete=is_complete) for name in names]


@pytest.mark.parametrize(("warm_start", "begins_with"), [(None, None), (7, "the fold's network of run 7")])
def test_a_warm_start_of_the_fold_begins_with_the_earlier_folds_network(monkeypatch, tmp_path, warm_start, begins_with):
    """Not with the earlier run's own network: that one has seen the held-out videos."""
    begun = []
    monkeypatch.setattr(folds._Fold, "_stored", lambda _, run, part: f"the {part.folder}'s network of run {run}")
    monkeypatch.setattr(folds, "_judged", lambda trained, part: {judge.video_id: [] for judge in part.judges})
    monkeypatch.setattr(folds, "_score", lambda found, _: None if found is None else len(found))
    monkeypatch.setattr(folds, "shown_run", lambda *_: None)
    monkeypatch.setattr("wtal_core.training.checkpoint.save", lambda folder, trained: None)

    def train(checkpoint, videos, tell, *, warm_start):
        begun.append((warm_start, videos))
        return "a network"

    judges, taught = of_part(0, folds.JUDGES), of_part(1, 3, is_complete=False)
    learning = SimpleNamespace(videos=[*judges, *taught], train=train)
    task = SimpleNamespace(workspace=SimpleNamespace(runs=tmp_path))
    row = SimpleNamespace(folder="9", warm_start=warm_start)
    found = folds.fold_scores(task, row, None, learning, lambda share, words: None)
    assert begun == [(begins_with, taught)]
    assert found["fold_score"] == folds.JUDGES


def test_one_part_is_held_out_where_it_has_judges_enough():
    videos = of_part(0, folds.JUDGES) + of_part(1, 9) + of_part(2, 9)
    (part,) = folds.parts_held_out(videos)
    assert (part.number, part.folder, len(part.judges)) == (0, "fold", folds.JUDGES)
    assert part.others(videos) == videos[folds.JUDGES :]


def test_where_complete_videos_are_few_all_parts_are_held_out_in_turn():
    """Two in part 0, one in part 1 and three in part 2; those that are not complete judge nothing."""
    videos = of_part(0, 2) + of_part(1, 1) + of_part(2, 3)
    videos += [v for v in of_part(1, 9, is_complete=False) if v.video_id not in {v.video_id for v in videos}]
    found = folds.parts_held_out(videos)
    assert [(part.folder, len(part.judges)) for part in found] == [("fold", 2), ("fold-1", 1), ("fold-2", 3)]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), unique_by=lambda each: each[0]))
def test_no_judge_is_among_those_its_model_learns_from_and_each_judges_once(drawn):
    videos = [SimpleNamespace(video_id=name, is_complete=is_complete) for name, is_complete in drawn]
    found = folds.parts_held_out(videos)
    judges = [judge.video_id for part in found for judge in part.judges]
    assert len(set(judges)) == len(judges)
    for part in found:
        assert not {v.video_id for v in part.judges} & {v.video_id for v in part.others(videos)}
    before = sum(len(part.judges) for part in found[:-1])
    assert before < folds.JUDGES  # no more parts than are needed


@pytest.mark.parametrize(
    ("method", "own", "other", "is_shown"),
    [
        ("mixed", 0.5, 0.51, True),  # level within the margin
        ("mixed", 0.5, 0.53, False),
        ("rskp", 0.5, 0.4, True),
        ("mixed", None, None, True),  # newer labels of the same method
        ("mixed", 0.5, None, True),
        ("rskp", None, None, False),  # nothing speaks for another method
        ("rskp", 0.9, None, False),
    ],
)
def test_a_run_takes_the_place_of_the_shown_one_by_the_fold_or_as_the_same_method(method, own, other, is_shown):
    shown = SimpleNamespace(id=3, method="mixed", class_names=["a"])
    row = SimpleNamespace(method=method, class_names=["a"])
    found, why = folds.verdict({"fold_score": own, "shown_fold_score": other}, row, shown)
    assert found is is_shown
    assert why.startswith("run 3 stays shown") is not is_shown
    assert folds.verdict({}, row, None) == (True, "")
    assert folds.verdict({}, SimpleNamespace(method=method, class_names=["a", "b"]), shown) == (True, "")
