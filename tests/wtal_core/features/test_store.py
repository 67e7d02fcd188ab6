"""Features on disk are whole, never stale, and checked before they are used."""

import errno
import io
import json
import os
import pickle
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wtal_core.features.films import film
from wtal_core.domain import FeatureSequence, SnippetGrid
from wtal_core.features import extractors, store
from wtal_core.features.extractors import EXTRACTORS, Extractor, extract
from wtal_core.features.folder import FolderMeta, fitted_grid, mapped_features
from wtal_core.features.store import (
    DiskFull,
    FeatureFolderError,
    FeatureStore,
    extract_to_folder,
    read_folder,
    write_folder,
)
from wtal_core.features.video import UnreadableVideo, content_hash


@pytest.fixture
def short_film(tmp_path):
    return film(tmp_path / "a.mp4", [19200 + 512 * i for i in range(64)])


def test_stored_features_are_the_extracted_ones_mapped_and_with_their_grid(tmp_path, short_film):
    features, key = FeatureStore(tmp_path / "features"), content_hash(short_film)
    assert not features.has(key, "motion")
    with pytest.raises(KeyError, match="extract them first"):
        features.get("v", key, "motion")
    made = features.extract("v", short_film, key, "motion")
    fresh = extract(short_film, "motion")
    assert isinstance(made.values, np.memmap)
    np.testing.assert_array_equal(made.values, fresh.values)
    assert made.grid == fresh.grid
    assert made.grid.origin == 1_500_000
    assert made.streams == EXTRACTORS["motion"].streams
    assert features.get("other name", key, "motion").video_id == "other name"


def test_what_is_stored_is_not_extracted_again(tmp_path, short_film):
    features, key = FeatureStore(tmp_path / "features"), content_hash(short_film)
    features.extract("v", short_film, key, "motion")
    again = features.extract("v", tmp_path / "gone.mp4", key, "motion")  # not even opened
    assert again.values.shape[0] == 4
    assert features.remove(key) == 1
    assert not features.has(key, "motion")


def test_another_content_or_another_version_never_meets_old_features(tmp_path, short_film, monkeypatch):
    features, key = FeatureStore(tmp_path / "features"), content_hash(short_film)
    features.extract("v", short_film, key, "motion")
    assert not features.has("0" * 40, "motion")
    old = EXTRACTORS["motion"]
    newer = Extractor(old.name, old.version + 1, old.parameters, old.streams, old.rows)
    monkeypatch.setitem(extractors.EXTRACTORS, "motion", newer)
    assert not features.has(key, "motion")


def test_a_file_that_changed_after_it_was_added_is_refused(tmp_path, short_film):
    features = FeatureStore(tmp_path / "features")
    with pytest.raises(UnreadableVideo, match="has changed since it was added"):
        features.extract("v", short_film, "0" * 40, "motion")
    assert not features.has("0" * 40, "motion")


def test_half_written_files_of_killed_processes_are_neither_read_nor_kept_for_ever(tmp_path):
    write_folder(tmp_path, [sequence("v")])
    old, new = tmp_path / ".v.00000000.partial.npy", tmp_path / ".v.11111111.partial.npy"
    for left in (old, new):
        left.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert set(read_folder(tmp_path)) == {"v"}
    write_folder(tmp_path, [sequence("v")])
    assert (old.exists(), new.exists()) == (False, True)


def test_a_cancelled_extraction_leaves_nothing_and_can_be_done_again(tmp_path, short_film):
    features, key = FeatureStore(tmp_path / "features"), content_hash(short_film)

    def cancel(done):
        if done > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        features.extract("v", short_film, key, "motion", cancel)
    assert [p for p in (tmp_path / "features").rglob("*") if p.is_file()] == []
    assert features.extract("v", short_film, key, "motion").values.shape[0] == 4


def test_a_full_disk_is_said_clearly_and_leaves_nothing(tmp_path, short_film, monkeypatch):
    features, key = FeatureStore(tmp_path / "features"), content_hash(short_film)

    class Full(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, mode="r", *a, **k: Full() if "partial" in self.name else real(self, mode, *a, **k)
    )
    with pytest.raises(DiskFull, match=r"no room left for features in .*needed\); free some space"):
        features.extract("v", short_film, key, "motion")
    monkeypatch.undo()
    assert [p for p in (tmp_path / "features").rglob("*") if p.is_file()] == []


def test_extraction_into_a_folder_says_what_it_is_and_refuses_to_mix(tmp_path, short_film):
    folder = tmp_path / "out"
    path = extract_to_folder(short_film, "motion", folder)
    assert path == folder / "a.npy"
    read = read_folder(folder, {"a": 2_560_000})["a"]
    np.testing.assert_array_equal(read.values, extract(short_film, "motion").values)
    assert read.streams == EXTRACTORS["motion"].streams
    path.write_bytes(b"kept")
    assert extract_to_folder(short_film, "motion", folder).read_bytes() == b"kept"
    (folder / "meta.json").write_text('{"fps": 25}')
    with pytest.raises(FeatureFolderError, match="another extractor or version"):
        extract_to_folder(short_film, "motion", folder)


def sequence(name="v", t=5, d=3, dtype=np.float32, step=Fraction(16, 25)):
    values = np.random.default_rng(0).normal(size=(t, d)).astype(dtype)
    return FeatureSequence(name, values, SnippetGrid(step, t, 640_000 * t), {"rgb": (0, 1), "flow": (1, d)})


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_feature_folder_round_trips(tmp_path, dtype):
    sequences = [sequence("a", dtype=dtype), sequence('été "2"', 7, dtype=dtype)]
    write_folder(tmp_path, sequences)
    read = read_folder(tmp_path, {s.video_id: s.grid.duration for s in sequences})
    for before in sequences:
        after = read[before.video_id]
        np.testing.assert_array_equal(after.values, before.values)
        assert (after.values.dtype, after.grid, dict(after.streams)) == (dtype, before.grid, dict(before.streams))


def test_without_meta_it_is_25_fps_and_16_frames(tmp_path):
    np.save(tmp_path / "v.npy", np.ones((5, 2), np.float32))
    read = read_folder(tmp_path)["v"]
    assert (read.grid.step, read.grid.duration, dict(read.streams)) == (Fraction(16, 25), 3_200_000, {})


@pytest.mark.parametrize(
    ("t", "seconds", "step"),
    [
        (5, 3.2, "16/25"),  # exact
        (5, 3.0, "16/25"),  # the last snippet is cut: 4.7 fit
        (4, 3.0, "16/25"),  # a tail without features
        (5, 2.7, "16/25"),  # 4.2 fit, .8 too many
        (100, 65.0, "13/20"),  # 101.6 fit: within 2 %, spread over 65 s
    ],
)
def test_snippets_are_fitted_to_the_duration(t, seconds, step):
    grid, note = fitted_grid(t, round(seconds * 1e6), FolderMeta())
    assert grid.step == Fraction(step)
    assert bool(note) == (step != "16/25")
    assert grid.end(t - 1) <= grid.extent.end


def test_features_of_another_rate_are_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"100 snippets, but 156\.2 fit into 100 s at 0\.64 s each; .*meta\.json"):
        fitted_grid(100, 100_000_000, FolderMeta())


def test_overlapping_snippets_may_lack_the_windows_that_pass_the_end():
    """16 frames every 4 at 25 fps over 10 s: 62.5 steps, but only (250 - 16) / 4 + 1 = 59 whole windows."""
    grid, note = fitted_grid(59, 10_000_000, FolderMeta(stride_frames=4))
    assert (grid.step, grid.lead, note) == (Fraction(4, 25), Fraction(6, 25), "")


@settings(deadline=None)
@given(st.integers(1, 3000), st.integers(1, 4000 * 10**6))
def test_a_fitted_grid_is_within_the_video_or_refused(t, duration):
    expected = Fraction(duration, 640_000)
    try:
        grid, note = fitted_grid(t, duration, FolderMeta())
    except ValueError:
        assert abs(t - expected) > 1
        assert abs(t - expected) > expected / 50
        return
    assert grid.n_snippets == t
    assert grid.edges[-1] <= duration
    assert note == "" or abs(t - expected) <= expected / 50


def pickled(path):
    path.write_bytes(pickle.dumps(np.ones((3, 2))))


def objects(path):
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)


def cut_off(path):
    np.save(path, np.ones((50, 4), np.float32))
    path.write_bytes(path.read_bytes()[:-100])


def holding(array):
    return lambda path: np.save(path, array)


BAD = {
    "NaN": (holding(np.array([[1, 2], [3, np.nan]], np.float32)), "row 1 holds NaN or infinity"),
    "infinity": (holding(np.array([[np.inf, 2]], np.float16)), "row 0 holds NaN or infinity"),
    "one axis": (holding(np.ones(4, np.float32)), r"expected a shape \(T, D\).*got \(4,\)"),
    "three axes": (holding(np.ones((2, 2, 2), np.float32)), r"got \(2, 2, 2\)"),
    "no rows": (holding(np.ones((0, 4), np.float32)), r"at least one row and one column, got \(0, 4\)"),
    "integers": (holding(np.ones((2, 4), int)), "expected float16 or float32 numbers, got int64"),
    "double": (holding(np.ones((2, 4))), "got float64; convert"),
    "cut off": (cut_off, "the file is cut off, 700 of 800 bytes are there"),
    "pickle": (pickled, "not a NumPy .npy file"),
    "objects": (objects, "expected float16 or float32 numbers, got object"),
    "empty": (lambda path: path.write_bytes(b""), "not a NumPy .npy file"),
    "text": (lambda path: path.write_text("1 2 3"), "not a NumPy .npy file"),
    "absent": (lambda path: None, "there is no such file; extract the features"),
    "other D": (holding(np.ones((5, 9), np.float32)), "9 features per snippet where 3 are expected"),
    "other T": (holding(np.ones((50, 3), np.float32)), r"50 snippets, but 5\.0 fit into 3\.2 s"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_feature_file_is_named_and_the_others_are_read(tmp_path, kind):
    make, reason = BAD[kind]
    write_folder(tmp_path, [sequence("good"), sequence("fine")])
    make(tmp_path / "bad.npy")
    durations = dict.fromkeys(["good", "fine", "bad"], 3_200_000)
    with pytest.raises(FeatureFolderError, match=rf"bad\.npy: .*{reason}"):
        read_folder(tmp_path, durations)
    problems = {}
    assert set(read_folder(tmp_path, durations, problems=problems)) == {"good", "fine"}
    assert set(problems) == {"bad"}


HEADERS = {
    "a shape of a truth": "{'descr': '<f4', 'fortran_order': False, 'shape': (True, 240), }",
    "an end in the middle": "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 6",
    "keys of two kinds": "{1: 2, 'descr': '<f4'}",
    "a thousand signs": f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({'-' * 8000}4, 6), }}",
    "a type that is none": "{'descr': '<,f4', 'fortran_order': False, 'shape': (40, 6), }",
    "another shape altogether": "[40, 6]",
    "nothing": "",
}


@pytest.mark.parametrize("version", [1, 2, 3, 9])
@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_numpy_did_not_write_is_refused_in_one_line(tmp_path, kind, version):
    """NumPy's parser meets these with errors of its tokenizer, its compiler, its sorting and its memory."""
    write_folder(tmp_path, [sequence("good")])
    header = HEADERS[kind].encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(960))
    with pytest.raises(FeatureFolderError, match=r"bad\.npy: this is not a NumPy") as refused:
        read_folder(tmp_path, {"bad": 25_600_000})
    assert "\n" not in str(refused.value)


@settings(deadline=None, max_examples=300)
@given(cut=st.integers(0, 60), put=st.binary(max_size=4), version=st.sampled_from([1, 2, 3]))
def test_whatever_a_header_says_the_file_is_read_or_refused(tmp_path_factory, cut, put, version):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (40, 6), }\n"
    header = header[:cut] + put + header[cut + len(put) :]
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    path = tmp_path_factory.getbasetemp() / "any.npy"
    path.write_bytes(b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(960))
    try:
        values = mapped_features(path)
    except FeatureFolderError as error:
        assert "any.npy" in str(error)  # noqa: PT017
        return
    assert values.size <= 960 // values.itemsize


def test_columns_first_is_read_as_numpy_reads_it(tmp_path):
    values = np.arange(15, dtype=np.float32).reshape(5, 3)
    np.save(tmp_path / "v.npy", np.asfortranarray(values))
    np.testing.assert_array_equal(read_folder(tmp_path)["v"].values, values)


def test_rates_may_be_written_as_fractions(tmp_path):
    write_folder(tmp_path, [sequence()], {"fps": "30000/1001", "snippet_frames": 16})
    assert read_folder(tmp_path)["v"].grid.step == Fraction(16 * 1001, 30000)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "something else"),
        ("[1, 2]", "something else"),
        ('{"fps": 0}', "must be positive"),
        ('{"stride_frames": "x"}', "something else"),
        ('{"streams": {"rgb": [0, 1, 2]}}', "something else"),
        ('{"streams": {"rgb": [2, 0]}}', "first column, column past the last"),
        ('{"streams": {"rgb": [-1, 2]}}', "first column, column past the last"),
        ('{"fps": 25, "fps": 30}', "'fps' is there twice"),
        ('{"fps": "1e999999999"}', "finite number"),  # as a fraction it would fill the memory
        ('{"fps": "30000/0"}', "must be positive"),
        ('{"fps": "30/1/1"}', "must be positive"),
        ('{"fps": 25, "video_fps": {"v": -1}}', "must be positive"),
        ('{"snippet_frames": 1e400}', "finite number"),
        ('{"snippet_frames": 15.5}', "whole numbers"),
        ("[" * 100_000, "nested too deeply"),
        ("", "the file is empty"),
    ],
)
def test_a_bad_meta_is_refused_by_name(tmp_path, text, reason):
    write_folder(tmp_path, [sequence()])
    (tmp_path / "meta.json").write_text(text)
    with pytest.raises(FeatureFolderError, match=rf"meta\.json: .*{reason}"):
        read_folder(tmp_path)


def test_folders_that_are_none_or_empty_are_refused(tmp_path):
    with pytest.raises(FeatureFolderError, match="no such folder"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(FeatureFolderError, match=r"no \.npy file in it"):
        read_folder(tmp_path)


def test_stretched_features_leave_a_note(tmp_path):
    write_folder(
        tmp_path, [FeatureSequence("v", np.ones((100, 2), np.float32), SnippetGrid(Fraction(16, 25), 100, 64_000_000))]
    )
    notes = []
    read_folder(tmp_path, {"v": 65_000_000}, notes=notes)
    assert notes == ["v: 100 snippets, but 101.6 fit into 65 s: they are spread evenly, 0.6500 s each"]


def test_a_video_name_cannot_leave_the_folder(tmp_path):
    with pytest.raises(FeatureFolderError, match="cannot name a file"):
        write_folder(tmp_path / "f", [sequence("../evil")])
    with pytest.raises(ValueError, match="content hash is hexadecimal"):
        FeatureStore(tmp_path).has("../evil", "motion")


def test_meta_of_an_extractor_is_the_plain_one(tmp_path, short_film):
    extract_to_folder(short_film, "motion", tmp_path / "f")
    said = json.loads((tmp_path / "f" / "meta.json").read_text())
    assert (said["fps"], said["snippet_frames"], said["stride_frames"]) == (25.0, 16, 16)
    assert said["streams"] == {"rgb": [0, 176], "flow": [176, 560]}
    assert store.read_folder is read_folder
