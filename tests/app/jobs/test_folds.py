"""Which network the fold's training begins with."""

from types import SimpleNamespace

import pytest

from app.job_kinds import folds

HELD_OUT = [name for name in map("video {}".format, range(30)) if folds.is_held_out(name)][:3]
TAUGHT = [name for name in map("video {}".format, range(30)) if not folds.is_held_out(name)][:3]


@pytest.mark.parametrize(("warm_start", "begins_with"), [(None, None), (7, "the fold's network of run 7")])
def test_a_warm_start_of_the_fold_begins_with_the_earlier_folds_network(monkeypatch, tmp_path, warm_start, begins_with):
    """Not with the earlier run's own network: that one has seen the held-out videos."""
    begun = []
    monkeypatch.setattr(folds, "_stored", lambda task, run: f"the fold's network of run {run}")
    monkeypatch.setattr(folds, "_score", lambda *_: 0.5)
    monkeypatch.setattr(folds._Fold, "shown", lambda _: None)
    monkeypatch.setattr("wtal_core.training.checkpoint.save", lambda folder, trained: None)

    def train(checkpoint, videos, tell, *, warm_start):
        begun.append((warm_start, [video.video_id for video in videos]))
        return "a network"

    videos = [SimpleNamespace(video_id=name, is_complete=True) for name in (*HELD_OUT, *TAUGHT)]
    learning = SimpleNamespace(videos=videos, train=train)
    task = SimpleNamespace(workspace=SimpleNamespace(runs=tmp_path))
    row = SimpleNamespace(folder="9", warm_start=warm_start)
    found = folds.fold_scores(task, row, None, learning, lambda share, words: None)
    assert begun == [(begins_with, TAUGHT)]
    assert found["fold_score"] == 0.5
