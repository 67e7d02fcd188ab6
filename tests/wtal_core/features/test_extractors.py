"""The contract of every extractor, and what ``motion`` promises about cameras and objects."""

import hashlib
import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wtal_core.features.films import film
from wtal_core.domain import to_microseconds
from wtal_core.features import motion
from wtal_core.features.extractors import EXTRACTORS, extract
from wtal_core.features.snippets import STEP, snippet_grid
from wtal_core.features.timebase import TimeTable, read_table

PICTURE = (96, 128)


def texture(height, width, seed=0):
    """Smooth random grey picture with coarse and fine structure."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(random.integers(0, 255, (height // 8, width // 8), np.uint8), (width, height), interpolation=2)
    fine = cv2.resize(random.integers(0, 255, (height // 2, width // 2), np.uint8), (width, height), interpolation=1)
    return (0.7 * coarse + 0.3 * fine).astype(np.float32)


def view(scene, x, y=40.0, width=160, height=120):
    """The part of a scene that a camera at (x, y) sees, to a fraction of a pixel."""
    return cv2.getRectSubPix(scene, (width, height), (x + width / 2, y + height / 2)).astype(np.uint8)


def with_object(picture, x, y=40, size=(40, 32)):
    """A textured rectangle (height, width) pasted at (x, y)."""
    patch = texture(*size, seed=9)
    place = np.float32([[1, 0, x], [0, 1, y]])
    shape = picture.shape[1::-1]
    alpha = cv2.warpAffine(np.ones_like(patch), place, shape)
    return (picture * (1 - alpha) + cv2.warpAffine(patch, place, shape)).astype(np.uint8)


def mover(n, speed, *, x0=10.0, pan=0.0, y=30, shape=PICTURE):
    """``n`` colour pictures of a rectangle that crosses a still scene at ``speed`` pixels a picture."""
    scene = texture(400, 600)
    made = []
    for i in range(n):
        grey = with_object(view(scene, 50 + pan * i, 40, shape[1], shape[0]), x0 + (speed - pan) * i, y, (32, 24))
        made.append(np.repeat(grey[:, :, None], 3, axis=2))
    return made


@pytest.mark.parametrize("name", EXTRACTORS)
def test_an_extractor_keeps_its_contract(tmp_path, name):
    """T = 100 frames / 16 = 6.25 -> 6 rows; finite; streams cover the columns once; repeatable; progress is told."""
    extractor = EXTRACTORS[name]
    path = film(tmp_path / "a b.mp4", [512 * i for i in range(100)], pictures=mover(100, 0.8))
    seen = []
    sequence = extract(path, name, seen.append)
    assert sequence.video_id == "a b"
    assert sequence.values.shape == (6, extractor.dim)
    assert sequence.values.dtype == np.float16
    assert np.isfinite(sequence.values).all()
    assert sequence.values.std() > 0
    assert (sequence.grid.step, sequence.grid.duration, sequence.grid.end(5)) == (STEP, 4_000_000, 4_000_000)
    columns = sorted(column for first, stop in extractor.streams.values() for column in range(first, stop))
    assert columns == list(range(extractor.dim))
    assert set(extractor.streams) == {"rgb", "flow"}
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    np.testing.assert_array_equal(extract(path, name).values, sequence.values)
    assert json.loads(json.dumps(extractor.meta))["streams"]["rgb"][0] == 0
    assert len(extractor.fingerprint) == 16


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize("n_frames", [1, 2, 17])
def test_tiny_videos_give_one_finite_row(tmp_path, name, n_frames):
    path = film(tmp_path / "a.mp4", [512 * i for i in range(n_frames)], pictures=mover(n_frames, 1))
    sequence = extract(path, name)
    assert sequence.values.shape[0] == 1
    assert np.isfinite(sequence.values).all()


@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_the_callback_raises_cancels(tmp_path, name):
    path = film(tmp_path / "a.mp4", [512 * i for i in range(40)], pictures=mover(40, 1))

    def cancel(done):
        if done > 0.4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        extract(path, name, cancel)


def test_an_unknown_extractor_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="no extractor 'i3d'; choose from motion, deep, or give onnx:FILE"):
        extract(tmp_path / "a.mp4", "i3d")


def test_features_follow_the_clock_and_not_the_frame_number(tmp_path):
    """One film at 25 fps and the same pictures at uneven times: motion in the first second only, in both."""
    moving, still = mover(26, 1.5), mover(1, 0) * 24
    even = film(tmp_path / "even.mp4", [512 * i for i in range(50)], pictures=moving + still)
    late = [19200 + 512 * i for i in range(50)]
    shifted = film(tmp_path / "late.mp4", late, pictures=moving + still)
    np.testing.assert_allclose(extract(even, "motion").values, extract(shifted, "motion").values, atol=1e-3)
    thinned = [*range(0, 26, 2), *range(26, 50)]  # every second picture of the first second is dropped
    film(tmp_path / "thin.mp4", [512 * i for i in thinned], pictures=[(moving + still)[i] for i in thinned])
    flow = slice(*EXTRACTORS["motion"].streams["flow"])
    for name in ("even.mp4", "thin.mp4"):
        energy = np.linalg.norm(extract(tmp_path / name, "motion").values[:, flow].astype(float), axis=1)
        assert energy[0] > 5 * energy[2]
    sizes = [
        np.linalg.norm(extract(tmp_path / n, "motion").values[0, flow].astype(float)) for n in ("even.mp4", "thin.mp4")
    ]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.25)


def test_a_gap_in_the_pictures_keeps_the_last_one_on_screen(tmp_path):
    """Pictures at 0 to 0.36 s and from 2.56 s: cells 1 to 3 have none; looks stay, nothing moves."""
    ticks = [512 * i for i in range(10)] + [32768 + 512 * i for i in range(10)]
    path = film(tmp_path / "a.mp4", ticks, pictures=mover(20, 1))
    values = extract(path, "motion").values.astype(float)
    rgb, flow = (slice(*EXTRACTORS["motion"].streams[name]) for name in ("rgb", "flow"))
    assert values.shape[0] == 5 or values.shape[0] == 4
    assert np.abs(values[1:3, flow]).max() == 0
    assert np.linalg.norm(values[1, rgb]) > 0.9
    np.testing.assert_array_equal(values[1, rgb], values[2, rgb])


@given(st.integers(1, 3000), st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(12)]))
@settings(max_examples=60, deadline=None)
def test_the_grid_covers_the_video_and_every_picture_has_a_cell(n_frames, rate):
    ticks = np.arange(n_frames, dtype=np.int64) + 7
    grid = snippet_grid(TimeTable(ticks, 1 / rate, 1, is_numbered=False, keys=np.zeros(1, np.int64)))
    assert grid.edges[0] == to_microseconds(7 / rate)
    assert grid.edges[-1] == to_microseconds((n_frames + 7) / rate)
    assert abs(grid.n_snippets - Fraction(n_frames) / rate / STEP) <= 1
    times = TimeTable(ticks, 1 / rate, 1, is_numbered=False, keys=np.zeros(1, np.int64)).times
    for index in (0, n_frames // 2, n_frames - 1):
        cell = grid.cell(int(times[index]))
        assert grid.start(cell) <= times[index] < grid.end(cell) + 1


@pytest.mark.parametrize("pan", [0.5, 1.0, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("plain", [False, True])
def test_a_panned_still_scene_keeps_at_most_a_tenth_of_the_pan(pan, plain):
    """Also where most of the view is a plain wall, of which flow knows nothing."""
    scene = texture(400, 600)
    if plain:
        scene[:110] = 180.0
    flow = motion.ResidualFlow()
    left = [np.hypot(*np.moveaxis(flow(view(scene, x), view(scene, x + pan))[0], 2, 0)).mean() for x in (20, 60, 90)]
    assert max(left) <= 0.1 * pan


def test_zoom_and_turn_of_the_camera_are_taken_out_too():
    scene = texture(400, 600)
    centre = (80.0, 60.0)
    model = cv2.getRotationMatrix2D(centre, 1.0, 1.01)
    before = view(scene, 100, 100)
    after = cv2.warpAffine(view(scene, 70, 70, 220, 180), _about(model, 30), (160, 120)).astype(np.uint8)
    flow, found = motion.ResidualFlow()(before, after)
    np.testing.assert_allclose(found, model, atol=0.02 * 80, rtol=0)
    raw = np.hypot(*(model[:, :2] @ np.array([80.0, 60.0]) - np.array([80.0, 60.0])))
    assert np.hypot(flow[..., 0], flow[..., 1])[8:-8, 8:-8].mean() <= 0.1 * max(raw, 1.0)


def _about(model, margin):
    """The same motion for a picture with ``margin`` more pixels at the left and top."""
    moved = model.copy()
    moved[:, 2] -= model[:, :2] @ [margin, margin]
    return moved


@pytest.mark.parametrize(("pan", "own"), [(2, 2), (2, -2), (4, 3), (3, -3), (1, 1), (2, 4)])
def test_an_object_moving_across_the_pan_keeps_four_fifths_of_its_own_motion(pan, own):
    scene = texture(400, 600)
    flow, kept = motion.ResidualFlow(), []
    for x in (30, 50):
        before = with_object(view(scene, x), 70)
        after = with_object(view(scene, x + pan), 70 + own - pan)
        residual, _ = flow(before, after)
        kept.append(np.median(residual[46:74, 76:96, 0]) / own)
    assert min(kept) >= 0.8
    assert max(kept) <= 1.2


def test_a_cut_is_not_motion():
    flow, _ = motion.ResidualFlow()(np.full((120, 160), 20, np.uint8), view(texture(400, 600), 50))
    assert not flow.any()


def test_orientation_histogram_shares_between_the_two_nearest():
    """Length 2 at 22.5 degrees: halfway between orientations 0 (0 degrees) and 1 (45 degrees), one each."""
    angle = np.pi / 8
    dx, dy = np.zeros((16, 20), np.float32), np.zeros((16, 20), np.float32)
    dx[3, 5], dy[3, 5] = 2 * np.cos(angle), 2 * np.sin(angle)
    histogram = motion.orientation_histogram(dx, dy, motion.fine_cells(16, 20))
    np.testing.assert_allclose(histogram[3 * 20 + 5], [1, 1, 0, 0, 0, 0, 0, 0], atol=2e-3)
    assert histogram.sum() == pytest.approx(2, abs=1e-3)


def test_the_following_grid_moves_with_the_motion():
    """The same motion three cells further right gives the same pooled values."""
    energy = np.zeros((motion.ROWS, motion.COLUMNS), np.float32)
    energy[5:9, 4:8] = 1000.0
    moved = np.roll(energy, 3, axis=1)
    one = motion.following_pool(energy.ravel()) @ energy.ravel()
    two = motion.following_pool(moved.ravel()) @ moved.ravel()
    np.testing.assert_allclose(one, two, rtol=0.1, atol=0.05 * one.max())


def test_a_still_snippet_is_pooled_over_the_whole_picture():
    pool = motion.following_pool(np.zeros(motion.ROWS * motion.COLUMNS, np.float32))
    assert (pool.sum(axis=0) > 0).mean() > 0.95


def test_a_changed_feature_needs_a_new_version(tmp_path):
    """Stored features are found by fingerprint. If this test fails because features changed on purpose, raise the
    extractor's ``version`` and write the new numbers here."""
    path = film(tmp_path / "a.mp4", [512 * i for i in range(32)], pictures=mover(32, 1.2, pan=0.7))
    values = extract(path, "motion").values.astype(float)
    rgb, flow = (slice(*EXTRACTORS["motion"].streams[name]) for name in ("rgb", "flow"))
    said = (EXTRACTORS["motion"].version, *np.round([values[:, rgb].sum(), values[:, flow].sum()], 1))
    assert said == pytest.approx(GOLDEN, rel=0.02)


GOLDEN = (1, 29.1, 24.3)


def test_deep_keeps_its_features_too(tmp_path):
    """As above for ``deep``: the largest value and the sum of the first 64, which another codec may change by 2 %."""
    path = film(tmp_path / "a.mp4", [512 * i for i in range(16)], pictures=mover(16, 1.2, pan=0.7))
    values = extract(path, "deep").values.astype(float)[0]
    deep, plain = EXTRACTORS["deep"], extract(path, "motion").values[0]
    rgb = values[slice(*deep.streams["rgb"])]
    assert np.linalg.norm(rgb) == pytest.approx(1, abs=1e-3)
    np.testing.assert_array_equal(values[slice(*deep.streams["flow"])], plain[176:])
    assert (deep.version, *np.round([rgb.max(), rgb[:64].sum()], 3)) == pytest.approx(DEEP_GOLDEN, rel=0.02)


DEEP_GOLDEN = (1, 0.144, 1.246)


def test_fingerprints_differ_and_are_stable():
    assert len({e.fingerprint for e in EXTRACTORS.values()}) == len(EXTRACTORS)
    said = json.dumps(
        ["motion", 1, {"area": 19200, "rate": 25, "snippet_frames": 16}, {"rgb": [0, 176], "flow": [176, 560]}],
        sort_keys=True,
    )
    assert EXTRACTORS["motion"].fingerprint == hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def test_turned_videos_are_described_as_they_are_shown(tmp_path):
    turned = [np.ascontiguousarray(np.rot90(p, -1)) for p in mover(16, 1)]
    upright = film(tmp_path / "up.mp4", [512 * i for i in range(16)], pictures=mover(16, 1))
    stored = film(tmp_path / "turned.mp4", [512 * i for i in range(16)], pictures=turned, rotation=90)
    assert read_table(stored).times.tolist() == read_table(upright).times.tolist()
    a, b = (extract(p, "motion").values.astype(float) for p in (upright, stored))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.95
