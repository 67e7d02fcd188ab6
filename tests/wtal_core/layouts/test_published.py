"""The real annotation files of the field, with features made here: counts, splits and known defects as published."""

import json
import shutil
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from tests.shared_data import shared
from tests.wtal_core.layouts import scenes
from wtal_core.domain import to_microseconds
from wtal_core.formats import FormatError, activitynet, point_files
from wtal_core.layouts import read_layout
from wtal_core.layouts.object_npy import read_array


def thumos(*parts):
    return shared("data", "format-samples", "thumos14", *parts)


NARROW = np.float16
"""Narrow type and one distinct value: hundreds of videos of 2048 columns must not fill the disk of a test."""


def sparse_npy(path, n: int, width: int) -> None:
    """An npy file of zeros that takes no room: only its header is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": np.dtype(NARROW).str, "fortran_order": False, "shape": (n, width)}
        )
        file.truncate(file.tell() + n * width * np.dtype(NARROW).itemsize)


@pytest.fixture(scope="module")
def wtalc(tmp_path_factory):
    """A copy of W-TALC's real annotation folder, and the durations it says."""
    home = thumos("wtalc_npy", "Thumos14reduced-Annotations")
    folder = tmp_path_factory.mktemp("wtalc")
    shutil.copytree(home, folder / home.name)
    return folder, np.load(home / "duration.npy").ravel()


def matrices(seconds, step: float = 0.64):
    """One (T, 2048) matrix of zeros per video."""
    return [np.zeros((max(1, round(each / step)), 1), NARROW) for each in seconds]


def narrow_wtalc(folder, seconds, monkeypatch):
    """The data set with one column instead of 2048: T is what is tested, and 400 full matrices would be 2 GB."""
    from wtal_core.layouts import wtalc as layout

    rates = {kind: type(meta)(meta.fps, meta.snippet_frames, meta.stride_frames) for kind, meta in layout.RATES.items()}
    monkeypatch.setattr(layout, "RATES", rates)
    np.save(folder / "Thumos14reduced-I3D-JOINTFeatures.npy", scenes.objects(matrices(seconds)))
    return read_layout(folder)


def test_thumos14_of_wtalc_is_200_and_212_videos_with_3007_and_3358_instances(wtalc, monkeypatch):
    dataset = narrow_wtalc(*wtalc, monkeypatch)
    assert (len(dataset.of_side("training")), len(dataset.of_side("test"))) == (200, 212)
    assert dataset.ground_truth("training").n_instances == 3007
    assert dataset.ground_truth("test").n_instances == 3358
    assert len(dataset.class_names) == 20
    assert dataset.meta.step == Fraction(16, 25)
    assert (read_array(wtalc[0] / "Thumos14reduced-Annotations" / "extracted_fps.npy") == 10).all()
    assert sum(len(spans) for spans in dataset.ground_truth("test").ambiguous.values()) > 0


def test_the_known_defects_of_thumos14_are_kept_apart(wtalc, monkeypatch):
    """270: no video-level label, 22 instances past its end. 1292: absent. 1496: FrisbeeCatch, annotated CricketShot."""
    dataset = narrow_wtalc(*wtalc, monkeypatch)
    assert dataset.video_labels["video_test_0000270"] == frozenset()
    entry = dataset.annotations.videos["video_test_0000270"]
    assert sum(each.segment.end > entry.duration for each in entry.labels.annotations) == 22
    assert any("video_test_0000270: 22 of 29 segments end after the video" in note for note in dataset.notes)
    assert "video_test_0001292" not in dataset.annotations.videos
    assert dataset.video_labels["video_test_0001496"] == {"FrisbeeCatch"}
    truth = dataset.ground_truth("test").instances["video_test_0001496"]
    assert {each.label for each in truth} == {"CricketShot"}
    assert any(note.startswith("28 videos have other classes in labels_all.npy") for note in dataset.notes)


@pytest.fixture
def lacp(tmp_path):
    """LACP's real gt.json and clicks, split lists made from it, features that take no room."""
    truth = thumos("lacp_gt.json")
    shutil.copy(truth, tmp_path / "gt.json")
    (tmp_path / "point_gaussian").mkdir()
    shutil.copy(thumos("lacp_point_labels.csv"), tmp_path / "point_gaussian" / "point_labels.csv")
    shutil.copy(thumos("Ambiguous_test.txt"), tmp_path / "Ambiguous_test.txt")
    lengths = activitynet.read(thumos("thumos14_activitynet_style.json"))
    rates = {name: entry.fps for name, entry in lengths.videos.items()}
    (tmp_path / "fps_dict.json").write_text(json.dumps(rates))
    database = json.loads(truth.read_text())["database"]
    for word in ("train", "test"):
        names = [name for name, entry in database.items() if entry["subset"] == word]
        (tmp_path / f"split_{word}.txt").write_text("\n".join(names))
        for name in names:
            n = round(lengths.durations[name] / 640_000)
            for stream in ("rgb", "flow"):
                sparse_npy(tmp_path / "features" / word / stream / f"{name}.npy", n, 1024)
    return tmp_path


def test_lacp_is_200_and_210_videos_with_3311_test_instances_and_3003_clicks_all_inside(lacp):
    dataset = read_layout(lacp)
    assert (len(dataset.of_side("training")), len(dataset.of_side("test"))) == (200, 210)
    assert dataset.ground_truth("test").n_instances == 3311
    assert not {"video_test_0000270", "video_test_0001292", "video_test_0001496"} & set(dataset.annotations.videos)
    clicks = [each for said in dataset.clicks.values() for each in said.annotations]
    assert len(clicks) == 3003
    inside = 0
    for video, said in dataset.clicks.items():
        segments = dataset.annotations.videos[video].labels.annotations
        for click in said.annotations:
            inside += any(
                each.label == click.label and each.segment.start - 50_000 <= click.clicks[0] < each.segment.end + 50_000
                for each in segments
            )
    assert inside == len(clicks)


def test_thumos14_in_the_layout_of_actionformer_is_on_windows_of_16_every_4_frames(tmp_path):
    (tmp_path / "annotations").mkdir()
    shutil.copy(thumos("thumos14_activitynet_style.json"), tmp_path / "annotations" / "thumos14.json")
    known = activitynet.read(tmp_path / "annotations" / "thumos14.json")
    for name, entry in known.videos.items():
        frames = int(entry.duration * entry.fps / 1e6)
        sparse_npy(tmp_path / "i3d_features" / f"{name}.npy", (frames - 16) // 4 + 1, 2048)
    dataset = read_layout(tmp_path)
    assert (len(dataset.of_side("training")), len(dataset.of_side("test"))) == (200, 212)
    assert not dataset.missing
    grid = dataset.grids["video_test_0000004"]
    assert (grid.step, grid.lead) == (Fraction(4, 30), Fraction(6, 30))
    slow = next(name for name, entry in known.videos.items() if entry.fps == 24.0)
    assert dataset.grids[slow].step == Fraction(4, 24)


def test_activitynet12_with_c3d_leaves_the_withheld_videos_out_and_spreads_the_windows(tmp_path):
    """Every eighth of the 9682 videos: all 100 classes, and testing videos without labels among them."""
    import h5py

    whole = json.loads(shared("data", "format-samples", "activitynet", "activity_net.v1-2.min.json").read_text())
    whole["database"] = dict(list(whole["database"].items())[::8])
    (tmp_path / "activity_net.v1-2.min.json").write_text(json.dumps(whole))
    sides = Counter(entry["subset"] for entry in whole["database"].values())
    with h5py.File(tmp_path / "sub_activitynet_v1-3.c3d.hdf5", "w") as file:
        one = file.create_dataset("one/c3d_features", (20, 500), NARROW).parent
        for name in whole["database"]:
            file[f"v_{name}"] = one  # a hard link
    dataset = read_layout(tmp_path)
    assert len(dataset.of_side("training")) == sides["training"]
    assert len(dataset.of_side("validation")) == sides["validation"]
    assert len(dataset.annotations.videos) == sides["training"] + sides["validation"]
    assert sides["testing"] > 0
    assert len(dataset.class_names) == 100
    grid = dataset.grids[dataset.of_side("training")[0]]
    assert grid.lead == grid.step / 2
    assert abs(grid.duration / 1e6 - float(grid.step * 21)) < 1e-5  # 19 strides of 8 and a window of 16 frames


def test_clicks_of_lacp_and_sfnet_are_times(tmp_path):
    """Frame 2151 at 30 fps is 71.7 s; SF-Net says seconds and leaves blank lines."""
    rates = dict.fromkeys(["video_validation_0000051"], Fraction(30))
    path = tmp_path / "points.csv"
    path.write_text(
        "class,class_index,start_frame,stop_frame,video_id,point\nBilliards,2,2025,2277,video_validation_0000051,2151\n"
    )
    (found,) = point_files.read_lacp(path, rates).values()
    assert found.annotations[0].clicks == (71_700_000,)
    path.write_text("video_validation_0000051,68.900356,Billiards\n\nvideo_validation_0000051,1.5,Billiards\n")
    (found,) = point_files.read_sfnet(path).values()
    assert [each.clicks[0] for each in found.annotations] == [to_microseconds(68.900356), 1_500_000]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("class,point\nA,1\n", "line 1: the column 'start_frame' is missing"),
        ("class,class_index,start_frame,stop_frame,video_id,point\nA,0,1,9,v,12\n", "line 2: the click at frame 12"),
        ("class,class_index,start_frame,stop_frame,video_id,point\nA,0,1,9,w,5\n", "line 2: no frame rate of 'w'"),
        ("class,class_index,start_frame,stop_frame,video_id,point\nA,0,x,9,v,5\n", "line 2, start_frame: expected a"),
    ],
)
def test_wrong_clicks_are_named_by_their_line(tmp_path, text, says):
    path = tmp_path / "points.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=says):
        point_files.read_lacp(path, {"v": Fraction(30)})
