"""Each published layout is read onto the right grid, and what is wrong with a folder is said in its own words."""

import json
import shutil
from fractions import Fraction

import numpy as np
import pytest

from tests.wtal_core.layouts import scenes
from wtal_core.domain import SupervisionLevel, to_microseconds
from wtal_core.features.folder import FeatureFolderError
from wtal_core.formats import FormatError
from wtal_core.layouts import LAYOUTS, Choice, LayoutError, read_layout, recognise
from wtal_core.layouts.conversion import convert

Wrong = (LayoutError, FormatError, FeatureFolderError)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Every layout, written once; tests that change one copy it first."""
    root = tmp_path_factory.mktemp("sets")
    return {name: write(root / name) for name, write in scenes.WRITERS.items()}


@pytest.fixture
def copied(written, tmp_path):
    def copy(name):
        return shutil.copytree(written[name], tmp_path / name)

    return copy


@pytest.mark.parametrize("name", scenes.WRITERS)
def test_a_layout_is_recognised_and_read_with_its_splits_classes_and_instances(written, name):
    dataset = read_layout(written[name])
    prefix = "v_" if name == "mmaction2" else ""
    assert dataset.layout == name
    assert dataset.class_names == scenes.CLASSES
    assert dataset.of_side("training") == [prefix + video for video in scenes.TRAINING]
    assert dataset.of_side(dataset.evaluated) == [prefix + video for video in scenes.TEST]
    for video, film in scenes.FILMS.items():
        found = dataset.annotations.videos[prefix + video].labels.annotations
        assert [(each.label, *each.segment.seconds) for each in found] == [tuple(each) for each in film.instances]
        assert dataset.grids[prefix + video].duration == to_microseconds(film.seconds)


@pytest.mark.parametrize(
    ("name", "step", "first", "n", "width"),
    [
        ("wtalc", Fraction(16, 25), 0, 40, 2048),
        ("basnet", Fraction(16, 25), 0, 40, 2048),
        ("actionformer", Fraction(4, 30), 200_000, 189, 2048),
        ("c3d", Fraction(8, 25), 160_000, 79, 500),
        ("mmaction2", Fraction(256, 1000), 0, 100, 400),
    ],
)
def test_the_snippets_of_a_layout_lie_where_they_were_cut(written, name, step, first, n, width):
    """25.6 s. 40 snippets of .64 s; windows of 16 every 4 frames at 30 fps: (768 - 16) / 4 + 1 = 189, the first cell
    from 6/30 s; windows of 16 every 8 frames at 25 fps: (640 - 16) / 8 + 1 = 79, from 4/25 s; a hundredth each."""
    dataset = read_layout(written[name])
    video = ("v_" if name == "mmaction2" else "") + scenes.TEST[0]
    sequence = dataset.sequence(video)
    assert sequence.grid.step == step
    assert sequence.grid.start(0) == first
    assert sequence.values.shape == (n, width)
    assert sequence.values.dtype == np.float32


@pytest.mark.parametrize("name", scenes.WRITERS)
def test_the_loud_snippets_are_those_whose_centre_lies_in_an_instance(written, name):
    """Features, grid and annotations belong together: an offset of one snippet anywhere would show here."""
    dataset = read_layout(written[name])
    for video, entry in dataset.annotations.videos.items():
        sequence = dataset.sequence(video)
        edges = sequence.grid.edges
        centres = (edges[:-1] + edges[1:]) / 2
        for column, label in enumerate(scenes.CLASSES):
            loud = sequence.values[:, 64 * column : 64 * column + 64].mean(axis=1) > 0.9
            segments = [each.segment for each in entry.labels.annotations if each.label == label]
            inside = [any(segment.start <= centre < segment.end for segment in segments) for centre in centres]
            assert loud.tolist() == inside, (video, label)


def test_streams_are_named_where_the_layout_says_them(written):
    for name in ("wtalc", "basnet", "actionformer"):
        assert read_layout(written[name]).meta.streams == {"rgb": (0, 1024), "flow": (1024, 2048)}
    assert read_layout(written["c3d"]).meta.streams == {}


@pytest.mark.parametrize("name", ["wtalc", "basnet", "actionformer"])
def test_ambiguous_time_is_no_class_and_is_known_to_the_ground_truth(written, name):
    dataset = read_layout(written[name])
    video, start, end = scenes.AMBIGUOUS
    assert "Ambiguous" not in dataset.class_names
    assert [span.seconds for span in dataset.ground_truth("test").ambiguous[video]] == [(start, end)]


def test_lacp_clicks_are_frames_of_each_video_turned_into_times(written):
    clicks = read_layout(written["basnet"]).clicks
    assert set(clicks) == set(scenes.TRAINING)
    first = clicks["video_validation_0000051"].annotations[0]
    assert (first.label, first.level, first.clicks) == ("Billiards", SupervisionLevel.ONE_SEGMENT, (6_400_000,))


def test_lacp_clicks_without_their_frame_rates_are_left_out_and_it_is_said(copied):
    folder = copied("basnet")
    (folder / "fps_dict.json").unlink()
    dataset = read_layout(folder)
    assert dataset.clicks == {}
    assert any("fps_dict.json" in note and "Learning-Action-Completeness" in note for note in dataset.notes)


def test_unt_features_are_four_frames_at_ten_fps_and_i3d_is_not_though_extracted_fps_says_ten(tmp_path):
    """extracted_fps.npy is 10 in the I3D set too; taken for the I3D rate it would stretch all times by 2.5."""
    assert read_layout(scenes.wtalc(tmp_path / "unt", "UNT")).grids[scenes.TEST[0]].step == Fraction(2, 5)
    assert read_layout(scenes.wtalc(tmp_path / "i3d", "I3D")).grids[scenes.TEST[0]].step == Fraction(16, 25)


def test_two_feature_arrays_need_a_choice(tmp_path):
    folder = scenes.wtalc(tmp_path)
    arrays = scenes.objects([scenes.features(name, step=0.4) for name in scenes.FILMS])
    np.save(folder / "Thumos14reduced-UNT-JOINTFeatures.npy", arrays)
    with pytest.raises(LayoutError, match="--features i3d or unt"):
        read_layout(folder)
    assert read_layout(folder, choice=Choice(features="unt")).kind == "unt"


def test_unt_features_under_the_name_of_i3d_are_found_out_by_their_length(tmp_path):
    folder = scenes.wtalc(tmp_path, "UNT")
    (folder / "Thumos14reduced-UNT-JOINTFeatures.npy").rename(folder / "Thumos14reduced-I3D-JOINTFeatures.npy")
    with pytest.raises(LayoutError, match=r"features of 7 of 7 videos.*0\.64 s a snippet.*0\.4 s would fit"):
        read_layout(folder)


def test_one_video_with_a_wrong_duration_keeps_the_published_rate_and_is_listed(tmp_path):
    """THUMOS'14 has five such videos; their features, not duration.npy, are what the field's times refer to."""
    folder = scenes.wtalc(tmp_path)
    path = folder / "Thumos14reduced-Annotations" / "duration.npy"
    durations = np.load(path)
    durations[5] = 11.0
    np.save(path, durations)
    dataset = read_layout(folder)
    video = list(scenes.FILMS)[5]
    assert dataset.grids[video].step == Fraction(16, 25)
    assert dataset.grids[video].duration == to_microseconds(19.2)
    assert any(video in note and "19.2 s" in note and "11 s" in note for note in dataset.notes)


def test_video_level_labels_may_differ_from_the_segments_and_both_are_kept(tmp_path):
    """As in 28 real videos, 270 (no video-level label) and 1496 (another class) among them."""
    folder = scenes.wtalc(tmp_path)
    path = folder / "Thumos14reduced-Annotations" / "labels_all.npy"
    rows = [[each.encode() for each in names] for names in (["Billiards"], ["HighJump"], ["HighJump"], ["Billiards"])]
    np.save(path, scenes.objects([*rows, [], [b"Billiards"], [b"Billiards"]]))
    dataset = read_layout(folder)
    none, other = scenes.TEST[0], scenes.TEST[1]
    assert dataset.video_labels[none] == frozenset()
    assert dataset.video_labels[other] == {"Billiards"}
    truth = dataset.ground_truth("test")
    assert {each.label for each in truth.instances[other]} == {"HighJump"}
    assert any("labels_all.npy" in note for note in dataset.notes)


def test_activitynet_features_without_leading_v_are_found_and_withheld_videos_left_out(written):
    dataset = read_layout(written["c3d"])
    assert "withheld" not in dataset.annotations.videos
    assert dataset.missing == ()


def test_an_unstated_rate_is_spread_over_the_duration(copied):
    """189 windows of 16 frames every 4 reach 768 frames: over 25.6 s that is 30 fps, as was."""
    folder = copied("actionformer")
    path = folder / "annotations" / "thumos14.json"
    content = json.loads(path.read_text())
    for entry in content["database"].values():
        del entry["fps"]
    path.write_text(json.dumps(content))
    dataset = read_layout(folder)
    assert dataset.grids[scenes.TEST[0]].step == Fraction(2, 15)
    assert any("no fps for 7 videos" in note for note in dataset.notes)


def test_mmaction2_snippets_cover_the_frames_of_the_features_not_of_the_video(copied):
    """764 of 768 frames: a hundredth lasts 25.6 * 764 / 768 / 100 s, and less than one snippet is left at the end."""
    folder = copied("mmaction2")
    path = folder / "anet_anno_val.json"
    content = json.loads(path.read_text())
    content[f"v_{scenes.TEST[0]}"]["feature_frame"] = 764
    path.write_text(json.dumps(content))
    grid = read_layout(folder).grids[f"v_{scenes.TEST[0]}"]
    assert grid.step == Fraction(256, 10) * 764 / 768 / 100


# -- conversion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenes.WRITERS)
def test_a_converted_data_set_says_the_same(written, tmp_path, name):
    dataset = read_layout(written[name])
    convert(dataset, tmp_path / "plain")
    again = read_layout(tmp_path / "plain")
    assert again.grids == dataset.grids
    assert again.annotations.labels == dataset.annotations.labels
    assert (again.layout, again.kind, again.evaluated) == (dataset.layout, dataset.kind, dataset.evaluated)
    assert (again.clicks, again.video_labels, again.meta) == (dataset.clicks, dataset.video_labels, dataset.meta)
    for video in dataset.stored:
        np.testing.assert_array_equal(again.sequence(video).values, dataset.sequence(video).values)


def test_an_interrupted_conversion_goes_on(written, tmp_path):
    dataset = read_layout(written["basnet"])

    def stop(done, name):
        if done > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(dataset, tmp_path / "plain", stop)
    converted = convert(dataset, tmp_path / "plain")
    assert (converted.n_kept, converted.n_written) == (3, 4)


def test_a_conversion_never_writes_into_a_folder_of_something_else(written, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    with pytest.raises(LayoutError, match=r"something else \(thesis\.tex\)"):
        convert(read_layout(written["wtalc"]), tmp_path / "mine")


@pytest.mark.parametrize(("bad", "reason"), [(np.nan, "NaN"), (np.inf, "NaN or infinity"), (None, "every value is 0")])
def test_nan_infinite_and_empty_features_are_refused_by_name_and_the_rest_is_converted(copied, tmp_path, bad, reason):
    folder = copied("actionformer")
    path = folder / "i3d_features" / f"{scenes.TEST[0]}.npy"
    values = np.load(path)
    values[3 if bad is not None else slice(None)] = 0 if bad is None else bad
    np.save(path, values)
    converted = convert(read_layout(folder), tmp_path / "plain")
    assert list(converted.refused) == [scenes.TEST[0]]
    assert reason in converted.refused[scenes.TEST[0]]
    assert converted.n_written == 6


# -- folders that are not all there ----------------------------------------------------------------------------------


def removed(folder, *parts):
    path = folder.joinpath(*parts)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return folder


@pytest.mark.parametrize(
    ("name", "parts", "says"),
    [
        ("wtalc", ("Thumos14reduced-I3D-JOINTFeatures.npy",), "feature array not found.*wtalc-pytorch"),
        ("wtalc", ("Thumos14reduced-Annotations", "labels_all.npy"), r"labels_all\.npy.*not found.*wtalc-pytorch"),
        ("basnet", ("gt.json",), r"gt\.json.*not found.*BaSNet-pytorch"),
        ("basnet", ("split_test.txt",), r"split_test\.txt.*not found.*BaSNet-pytorch"),
        ("basnet", ("features", "train", "flow"), "flow features of the training videos.*not found.*README"),
        ("actionformer", ("annotations",), "annotation json.*not found.*actionformer_release"),
        ("actionformer", ("i3d_features",), "feature folder.*not found.*actionformer_release"),
        ("c3d", ("activity_net.v1-3.min.json",), "annotation json.*not found.*activity-net.org"),
        ("mmaction2", ("anet_anno_val.json",), r"anet_anno_val\.json.*not found.*mmaction2"),
    ],
)
def test_a_missing_file_is_named_with_where_the_field_gets_it(copied, name, parts, says):
    folder = removed(copied(name), *parts)
    with pytest.raises(LayoutError, match=says):
        read_layout(folder)
    with pytest.raises(LayoutError, match=says):
        read_layout(folder, name)


def test_an_empty_folder_a_wrong_path_and_an_unknown_layout_are_told_apart(tmp_path):
    with pytest.raises(LayoutError, match=r"nothing of a layout this program knows.*wtalc: .*basnet: "):
        read_layout(tmp_path)
    with pytest.raises(LayoutError, match="there is no such folder"):
        read_layout(tmp_path / "gone")
    (tmp_path / "file").write_text("x")
    with pytest.raises(LayoutError, match="this is a file"):
        read_layout(tmp_path / "file")
    with pytest.raises(LayoutError, match="there is no layout 'i3d'; there are auto, wtalc"):
        read_layout(tmp_path, "i3d")


def test_two_whole_layouts_in_one_folder_need_a_choice(copied, tmp_path):
    folder = copied("c3d")
    scenes.mmaction2(folder)
    seen = {each.name for each in recognise(folder) if not each.missing}
    assert seen == {"c3d", "mmaction2"}
    with pytest.raises(LayoutError, match=r"looks like .*c3d .*mmaction2 .*; say which with --layout"):
        read_layout(folder)
    assert read_layout(folder, "c3d").layout == "c3d"
    assert read_layout(folder, "mmaction2").layout == "mmaction2"


def test_a_part_of_a_data_set_is_sent_to_the_whole(written):
    for name, part in (("basnet", "features"), ("actionformer", "i3d_features"), ("mmaction2", "csv_mean_100")):
        with pytest.raises(LayoutError, match=rf"The folder above it, .*{name}, looks whole"):
            read_layout(written[name] / part)


def test_a_data_set_that_lacks_a_file_is_not_sent_to_another_one_it_lies_in(copied):
    """W-TALC's arrays without their boundaries, kept in the folder of a whole MMAction2 set; an empty folder there is
    sent to it, since nothing else can be meant."""
    whole = copied("mmaction2")
    half = scenes.wtalc(whole / "w-talc")
    removed(half, "Thumos14reduced-Annotations", "segments.npy")
    (whole / "empty").mkdir()
    with pytest.raises(LayoutError, match=r"looks like W-TALC .*segments\.npy\) not found") as refusal:
        read_layout(half)
    assert "folder above" not in str(refusal.value)
    with pytest.raises(LayoutError, match=r"The folder above it, .*mmaction2, looks whole \(MMAction2"):
        read_layout(whole / "empty")


def test_a_half_folder_is_taken_for_the_layout_of_which_most_is_there(copied):
    folder = removed(copied("basnet"), "features", "test")
    with pytest.raises(LayoutError, match=r"looks like BaS-Net.*rgb features of the test videos not found.*README"):
        read_layout(folder)


def test_features_in_a_folder_of_their_own_beside_annotations_are_plain(written, tmp_path):
    convert(read_layout(written["c3d"]), tmp_path / "set" / "features")
    (tmp_path / "set" / "features" / "annotations.json").rename(tmp_path / "set" / "annotations.json")
    assert read_layout(tmp_path / "set").grids == read_layout(written["c3d"]).grids


def test_a_folder_read_as_another_layout_is_refused(written):
    for name, folder in written.items():
        for other in set(LAYOUTS) - {name}:
            with pytest.raises(Wrong):
                read_layout(folder, other)


# -- files that disagree ---------------------------------------------------------------------------------------------


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_class_that_is_not_on_the_list_is_named_with_its_video(copied):
    folder = copied("wtalc")
    path = folder / "Thumos14reduced-Annotations" / "classlist.npy"
    np.save(path, np.array(["Billiards", "LongJump"], "S17"))
    with pytest.raises(LayoutError, match=r"video_validation_0000052, labels_all\.npy.*'HighJump' is not in classlist"):
        read_layout(folder)


def test_arrays_of_different_versions_are_refused(copied):
    folder = copied("wtalc")
    path = folder / "Thumos14reduced-Annotations" / "subset.npy"
    np.save(path, np.load(path)[:-1])
    with pytest.raises(LayoutError, match=r"subset\.npy has 6 rows and videoname\.npy 7"):
        read_layout(folder)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        (
            "duration",
            np.zeros((7, 0)),
            r"video_validation_0000051, duration\.npy: expected one number of seconds, got 0",
        ),
        ("duration", np.array(["x"] * 7), r"video_validation_0000051, duration\.npy: expected seconds, got"),
        ("videoname", np.float32(3), r"videoname\.npy is one value"),
        ("labels_all", np.zeros(7), r"video_validation_0000051, labels_all\.npy: expected a list, got"),
        ("segments", np.zeros(7), r"video_validation_0000051, segments\.npy: expected a list, got"),
    ],
)
def test_an_array_of_another_shape_is_refused_by_name(copied, name, array, says):
    folder = copied("wtalc")
    np.save(folder / "Thumos14reduced-Annotations" / f"{name}.npy", array)
    with pytest.raises(LayoutError, match=says):
        read_layout(folder)


def test_a_feature_array_of_another_number_of_videos_is_refused(copied):
    folder = copied("wtalc")
    np.save(folder / "Thumos14reduced-I3D-JOINTFeatures.npy", scenes.objects([np.ones((3, 2048), np.float32)]))
    with pytest.raises(LayoutError, match=r"1 videos .object. where the annotations list 7"):
        read_layout(folder)


def test_streams_of_different_length_are_refused(copied):
    folder = copied("basnet")
    path = folder / "features" / "train" / "flow" / f"{scenes.TRAINING[0]}.npy"
    np.save(path, np.load(path)[:-4])
    with pytest.raises(LayoutError, match="36 snippets of flow and 40 of rgb"):
        read_layout(folder)


def test_a_video_with_one_stream_only_is_named(copied):
    folder = removed(copied("basnet"), "features", "test", "rgb", f"{scenes.TEST[0]}.npy")
    with pytest.raises(FeatureFolderError, match=rf"rgb/{scenes.TEST[0]}\.npy: there is no such file"):
        read_layout(folder)


def test_a_split_list_that_knows_videos_the_ground_truth_does_not_is_refused(copied):
    folder = copied("basnet")
    with (folder / "split_test.txt").open("a") as file:
        file.write("video_test_0001292\n")
    with pytest.raises(LayoutError, match=r"1 videos of split_test\.txt are not in it: video_test_0001292"):
        read_layout(folder)


def test_a_video_of_another_width_is_refused_by_name(copied):
    folder = copied("actionformer")
    path = folder / "i3d_features" / f"{scenes.TRAINING[0]}.npy"
    np.save(path, np.load(path)[:, :1024])
    with pytest.raises(LayoutError, match=rf"{scenes.TRAINING[0]}\.npy: 1024 features .* 6 other videos have 2048"):
        read_layout(folder)


def test_a_stride_that_does_not_fit_the_durations_says_which_would(copied):
    with pytest.raises(LayoutError, match=r"7 of 7 videos.*0\.2667 s a snippet.*--stride and --window"):
        read_layout(copied("actionformer"), choice=Choice(stride=8))


@pytest.mark.parametrize(("fps", "says"), [(1e300, "faster than any camera"), (1e-300, "slower than any film")])
def test_a_frame_rate_of_no_camera_is_refused_with_its_video(copied, fps, says):
    folder = copied("actionformer")
    name = scenes.TRAINING[0]
    rewrite(folder / "annotations" / "thumos14.json", lambda content: content["database"][name].__setitem__("fps", fps))
    with pytest.raises(LayoutError, match=rf"{name}\.npy: .*{says}"):
        read_layout(folder)


def test_an_hdf5_entry_of_a_billion_rows_in_a_small_file_is_refused_before_it_is_read(copied):
    """Chunks that were never written take no room on disk, and 2 TB in memory."""
    import h5py

    folder = copied("c3d")
    path = folder / "sub_activitynet_v1-3.c3d.hdf5"
    with h5py.File(path, "a") as file:
        group = file[f"v_{scenes.TEST[0]}"]
        del group["c3d_features"]
        group.create_dataset("c3d_features", shape=(10**9, 500), dtype="f4", chunks=(1000, 500))
    assert path.stat().st_size < 10_000_000
    with pytest.raises(LayoutError, match=rf"v_{scenes.TEST[0]}: its 1000000000 snippets .* faster than any camera"):
        read_layout(folder)


def test_a_wrong_fps_in_the_annotations_is_noticed(copied):
    folder = copied("actionformer")

    def slow(content):
        for entry in content["database"].values():
            entry["fps"] = 25.0

    rewrite(folder / "annotations" / "thumos14.json", slow)
    with pytest.raises(LayoutError, match="do not last as long as their annotations say"):
        read_layout(folder)


def test_features_of_another_data_set_are_refused(copied):
    folder = copied("c3d")

    def renamed(content):
        content["database"] = {f"x{name}": entry for name, entry in content["database"].items()}

    rewrite(folder / "activity_net.v1-3.min.json", renamed)
    with pytest.raises(LayoutError, match="none of its entries is named like an annotated video"):
        read_layout(folder)


@pytest.mark.parametrize("damage", ["cut", "pickle", "integers", "no rows", "text"])
def test_a_damaged_feature_file_is_refused_by_name(copied, damage):
    folder = copied("actionformer")
    path = folder / "i3d_features" / f"{scenes.TEST[0]}.npy"
    whole = path.read_bytes()
    if damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "pickle":
        np.save(path, scenes.objects([np.ones((2, 2))]))
    elif damage == "integers":
        np.save(path, np.ones((189, 2048), np.int64))
    elif damage == "no rows":
        np.save(path, np.ones((0, 2048), np.float32))
    else:
        path.write_text("0.1 0.2")
    with pytest.raises(FeatureFolderError, match=rf"{scenes.TEST[0]}\.npy"):
        read_layout(folder)


def test_a_matrix_without_rows_in_an_object_array_is_refused_by_its_video(copied):
    folder = copied("wtalc")
    rows = [scenes.features(name) for name in scenes.FILMS]
    rows[2] = np.ones((0, 2048), np.float32)
    np.save(folder / "Thumos14reduced-I3D-JOINTFeatures.npy", scenes.objects(rows))
    with pytest.raises(
        LayoutError, match=r"video_validation_0000153: expected a matrix \(T, D\) with at least one row"
    ):
        read_layout(folder)


def test_a_damaged_hdf5_file_and_a_foreign_one_are_refused(copied):
    import h5py

    folder = copied("c3d")
    path = folder / "sub_activitynet_v1-3.c3d.hdf5"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(LayoutError, match="not an hdf5 file, or cut off"):
        read_layout(folder)
    with h5py.File(path, "w") as file:
        file[f"v_{scenes.TEST[0]}/features"] = np.ones((3, 4))
    with pytest.raises(LayoutError, match="holds no 'c3d_features'"):
        read_layout(folder)


@pytest.mark.parametrize("damage", ["cut", "header", "text", "width"])
def test_a_damaged_csv_is_refused_by_name(copied, tmp_path, damage):
    folder = copied("mmaction2")
    path = folder / "csv_mean_100" / f"v_{scenes.TEST[0]}.csv"
    lines = path.read_text().splitlines()
    changed = {
        "cut": lines[:60],
        "header": lines[1:],
        "text": [*lines[:9], "a," * 399 + "a", *lines[10:]],
        "width": [lines[0], *(line.rpartition(",")[0] for line in lines[1:])],
    }[damage]
    path.write_text("\n".join(changed) + "\n")
    if damage == "header":
        with pytest.raises(LayoutError, match=rf"v_{scenes.TEST[0]}\.csv: the first line should be f0,f1"):
            read_layout(folder)
    else:
        refused = convert(read_layout(folder), tmp_path / "plain").refused
        assert f"v_{scenes.TEST[0]}.csv" in refused[f"v_{scenes.TEST[0]}"]
