"""What Results draws of one video, and which videos it may draw."""

import pytest

from app.services import classes, library, reviewing
from app.settings import Settings
from app.workspace import Workspace
from db.errors import NotFoundError
from tests.app import scenes


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    workspace = Workspace(Settings.at(tmp_path_factory.mktemp("lab"), secret="test"))
    yield workspace, scenes.trained(workspace)
    workspace.close()


def test_times_count_from_the_first_picture(lab):
    workspace, scene = lab
    with workspace.write() as unit:
        unit.videos.change(scene.videos[0], origin=1_000_000)
    review = reviewing.review_video(workspace, scene.runs[0], scene.videos[0])
    assert review.seconds(3_500_000) == 2.5
    assert review.edges[0] == -1.0
    with workspace.write() as unit:
        unit.videos.change(scene.videos[0], origin=0)


def test_a_threshold_all_classes_share_is_repeated_for_each(lab):
    workspace, scene = lab
    review = reviewing.review_video(workspace, scene.runs[1], scene.videos[1])
    assert review.cas.shape == review.threshold.shape == (20, 2)
    assert (review.threshold == 0.5).all()
    assert len(review.edges) == 21


def test_what_people_found_is_drawn_before_what_is_only_proposed(lab):
    workspace, scene = lab
    review = reviewing.review_video(workspace, scene.runs[1], scene.videos[1])  # a Run by its label, a Jump proposed
    assert review.occurring(2) == ("Run", "Jump")
    assert review.occurring(1) == ("Run",)


def test_a_video_without_a_prediction_is_named(lab):
    workspace, scene = lab
    with pytest.raises(NotFoundError, match="prediction of run"):
        reviewing.review_video(workspace, 99, scene.videos[0])


def test_the_errors_of_a_perfect_run_are_none_and_of_a_shifted_one_localization(lab):
    """Ground truth 2 to 5 s. The first run proposes 4.5 to 7.5 s (tIoU 0.5 / 5.5), the second 2 to 5 s; the best two
    proposals of two instances count."""
    workspace, scene = lab
    shifted, perfect = (reviewing.error_profile(workspace, run) for run in scene.runs)
    assert perfect.shares()["correct"][0] == 1.0
    assert shifted.shares()["correct"][0] == 0.0


def test_precision_over_recall_of_a_perfect_run_stays_at_one(lab):
    workspace, scene = lab
    shifted, perfect = (reviewing.precision_recall(workspace, run, 0.5) for run in scene.runs)
    assert max(curve.average_precision for curve in shifted.values()) == 0
    assert [curve.average_precision for curve in perfect.values() if curve.n_instances] == [1.0] * len(perfect)


def test_a_validation_video_is_hidden_again_when_a_class_is_added(lab):
    workspace, scene = lab
    validation = next(video for video in scene.videos if library.video(workspace, video).subset == "validation")
    assert validation in {video.id for video in reviewing.predicted_videos(workspace, scene.runs[0])}
    classes.add_class(workspace, scene.project, "Throw")
    assert validation not in {video.id for video in reviewing.predicted_videos(workspace, scene.runs[0])}
    with pytest.raises(PermissionError, match="once it is complete"):
        reviewing.review_video(workspace, scene.runs[0], validation)
