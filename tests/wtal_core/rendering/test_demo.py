"""The demo's videos are what their annotations say."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wtal_core.features.video import FrameReader, probe
from wtal_core.rendering import ACTIONS, render_demo
from wtal_core.rendering.actions import BACKGROUND
from wtal_core.rendering.demo import FPS, _acted, write_script
from wtal_core.rendering.figure import Looks, Pose, draw_figure, skeleton
from wtal_core.rendering.scene import HEIGHT, WIDTH, Camera, look, paint_place

LOOKS = Looks((236, 192, 160), (52, 38, 30), (204, 66, 58), (48, 58, 88), (44, 40, 44), 120.0, 1.0)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    seen = []
    return render_demo(folder, 1, seed=3, progress=seen.append), seen


def test_the_video_plays_and_lasts_as_long_as_its_annotations_say(demo):
    report, seen = demo
    facts = probe(report.videos[0])
    said = json.loads(report.annotations.read_text())["database"]["demo_00"]
    assert (facts.width, facts.height, facts.fps, facts.codec) == (WIDTH, HEIGHT, FPS, "h264")
    assert facts.browser_playable
    assert not facts.is_variable
    assert facts.duration == round(said["duration"] * 1e6)
    assert {"label", "segment"} == set(said["annotations"][0])
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_every_boundary_is_where_the_script_changes(demo):
    """A segment of frames [start, stop) at 25 fps is [start / 25, stop / 25) seconds."""
    report, _ = demo
    said = json.loads(report.annotations.read_text())["database"]["demo_00"]["annotations"]
    spans = [span for span in write_script(0, 3) if span.name in ACTIONS]
    assert [(a["label"], a["segment"]) for a in said] == [(s.name, [s.start / 25, s.stop / 25]) for s in spans]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path, demo):
    report, _ = demo
    again = render_demo(tmp_path / "again", 1, seed=3)
    assert again.videos[0].read_bytes() == report.videos[0].read_bytes()
    assert again.annotations.read_text() == report.annotations.read_text()
    assert write_script(0, 3) != write_script(0, 4)


def test_pictures_are_bright_varied_and_differ_from_frame_to_frame(demo):
    report, _ = demo
    with FrameReader(report.videos[0]) as reader:
        a, b = reader.frame(10).astype(int), reader.frame(30).astype(int)
    assert 60 < a.mean() < 220
    assert a.std() > 25
    assert np.abs(a - b).mean() > 0.5


def test_a_cancelled_rendering_keeps_whole_videos_only_and_goes_on_later(tmp_path):
    def cancel(done):
        if done > 0.3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        render_demo(tmp_path, 1, progress=cancel)
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 1000))
def test_scripts_have_no_gaps_and_actions_are_apart(index, seed):
    script = write_script(index, seed)
    assert script[0].start == 0
    for before, after in itertools.pairwise(script):
        assert before.stop == after.start
        assert not (before.name in ACTIONS and after.name in ACTIONS)
    assert {span.name for span in script} <= set(ACTIONS) | set(BACKGROUND)
    assert script[-1].name == "idle"
    assert 18 <= script[-1].stop / FPS <= 45
    assert 1 <= len({span.name for span in script if span.name in ACTIONS}) <= 2
    busy = sum(span.stop - span.start for span in script if span.name in ACTIONS) / script[-1].stop
    assert 0.05 < busy < 0.85


def test_five_videos_show_every_class():
    assert {s.name for i in range(5) for s in write_script(i, 0) if s.name in ACTIONS} == set(ACTIONS)


@settings(deadline=None)
@given(st.integers(0, 30))
def test_the_figure_stays_in_the_picture(seed):
    assert all(20 < x < WIDTH - 20 for _, x, _ in _acted(write_script(seed, seed), 120.0, 150.0))


@pytest.mark.parametrize("name", [*ACTIONS, *BACKGROUND])
def test_poses_are_continuous_and_the_lowest_point_is_on_the_ground_or_lifted(name):
    action = (ACTIONS | BACKGROUND)[name]
    before = None
    for t in np.arange(0, 3, 1 / FPS):
        pose = action.pose(float(t))
        joints = skeleton(pose, 1)
        lowest = min(y - (0.055 if joint == "head" else 0.0) for joint, (_, y) in joints.items())
        assert lowest == pytest.approx(pose.lift, abs=1e-9)
        if before is not None:
            moved = max(np.hypot(joints[j][0] - before[j][0], joints[j][1] - before[j][1]) for j in joints)
            assert moved < 0.3
        before = joints


def test_halfway_between_two_poses_rolls_the_short_way():
    """350 and 10 degrees are 20 apart: halfway is 0, not 180."""
    assert Pose(roll=350).towards(Pose(roll=10), 0.5).roll % 360 == pytest.approx(0)
    assert Pose(lean=10).towards(Pose(lean=30), 0.25).lean == 15


def test_facing_left_is_the_mirror_of_facing_right():
    right, left = skeleton(Pose(lean=20, near_leg=40), 1), skeleton(Pose(lean=20, near_leg=40), -1)
    assert {j: (-x, y) for j, (x, y) in right.items()} == left


def test_a_figure_is_drawn_above_its_foot_and_within_its_height():
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    draw_figure(picture, Pose(), (160.0, 200.0), LOOKS, facing=1, zoom=1.0)
    rows, columns = np.nonzero((picture < 250).any(axis=2))
    assert 70 < rows.min() < 95
    assert 198 < rows.max() < 210
    assert 120 < columns.min() < columns.max() < 200


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_places_cover_the_view_wherever_the_camera_looks(kind):
    random = np.random.default_rng(kind)
    place, camera = paint_place(kind, random), Camera(random)
    for t in (0.0, 3.3, 8.1):
        *shift, zoom = camera.at(t)
        seen = look(place, (shift[0], shift[1]), zoom)
        assert seen.shape == (HEIGHT, WIDTH, 3)
        assert seen.std() > 20
        assert abs(shift[0]) < 40
        assert abs(shift[1]) < 6
