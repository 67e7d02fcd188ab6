"""Features are asked for by extractor, where that one has not been; what cannot be is refused at once."""

import pytest

from app.services import extracting
from tests.app.jobs.scene import planted
from tests.db.scene import open_workspace
from wtal_core.features.extractors import DEFAULT, EXTRACTORS


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path, media_roots=[tmp_path / "media"])
    yield workspace
    workspace.close()


def test_the_choices_are_the_extractors_there_are_the_default_first():
    assert set(extracting.CHOICES) == set(EXTRACTORS)
    assert next(iter(extracting.CHOICES)) == DEFAULT


def test_extractors_in_use_come_by_the_number_of_their_videos(workspace):
    """Eleven videos have features of ``planted``; two get some of ``deep`` too."""
    scene = planted(workspace)
    assert extracting.in_use(workspace, scene.project) == ("planted",)
    with workspace.write() as unit:
        for video in list(scene.videos.values())[:2]:
            unit.features.put(
                video, extractor="deep", fingerprint="f", path="x", n_snippets=1, n_features=1, at=1.0, meta={}
            )
    assert extracting.in_use(workspace, scene.project) == ("planted", "deep")


def test_a_video_that_comes_later_gets_the_features_the_others_have(workspace):
    """``planted`` is no extractor of ours, so that ``motion`` of two videos decides; without any, the default does."""
    scene = planted(workspace)
    assert extracting.usual(workspace, scene.project) == DEFAULT
    with workspace.write() as unit:
        for video in list(scene.videos.values())[:2]:
            unit.features.put(
                video, extractor="motion", fingerprint="f", path="x", n_snippets=1, n_features=1, at=1.0, meta={}
            )
    assert extracting.usual(workspace, scene.project) == "motion"


def test_nothing_is_asked_for_where_no_video_can_be_extracted(workspace):
    """Videos known by their features only have no file."""
    scene = planted(workspace)
    assert extracting.start(workspace, scene.project, "motion") is None


def test_unknown_names_and_files_outside_the_media_roots_are_refused(workspace, tmp_path):
    (tmp_path / "n.onnx").touch()
    with pytest.raises(ValueError, match="there is no extractor 'i3d'; choose deep, motion or onnx:FILE"):
        extracting.checked_name(workspace, "i3d")
    with pytest.raises(PermissionError, match="outside the media roots"):
        extracting.checked_name(workspace, f"onnx:{tmp_path / 'n.onnx'}")
    (tmp_path / "media").mkdir()
    with pytest.raises(ValueError, match="is no file"):
        extracting.checked_name(workspace, f"onnx:{tmp_path / 'media'}")
