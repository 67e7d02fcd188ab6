"""A network of one's own: what it is given, what comes out, and what is said when file and description disagree."""

import json

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tests.wtal_core.features.films import film
from wtal_core.features.extractors import extract, find
from wtal_core.features.onnx_description import BadDescription
from wtal_core.features.onnx_file import BadNetwork

CLIP = {"kind": "rgb", "layout": "NCTHW", "frames": 4}


def network(path, shape=(1, 3, 4, 8, 8), axes=(2, 3, 4), *, inputs=("clip",), keepdims=0):
    """A network that averages each of its inputs over some axes, and puts the results behind each other."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name in inputs]
    nodes = [
        helper.make_node("ReduceMean", [name], [f"mean {name}"], axes=list(axes), keepdims=keepdims) for name in inputs
    ]
    nodes.append(helper.make_node("Concat", [f"mean {name}" for name in inputs], ["out"], axis=1))
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "mean", values, [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def describe(path, **said):
    told = {"size": [8, 8], "inputs": {"clip": CLIP}} | said
    path.with_suffix(".json").write_text(json.dumps({key: value for key, value in told.items() if value is not None}))
    return f"onnx:{path}"


def coloured(n, colour=(200, 100, 50), size=(32, 48)):
    return [np.full((*size, 3), colour, np.uint8) for _ in range(n)]


@pytest.mark.parametrize(
    ("layout", "shape", "axes"),
    [
        ("NCTHW", (1, 3, 4, 8, 8), (2, 3, 4)),
        ("NTCHW", (1, 4, 3, 8, 8), (1, 3, 4)),
        ("NTHWC", (1, 4, 8, 8, 3), (1, 2, 3)),
        ("NCHW", (1, 3, 8, 8), (2, 3)),
        ("NHWC", (1, 8, 8, 3), (1, 2)),
    ],
)
def test_every_layout_carries_the_normalised_colour(tmp_path, layout, shape, axes):
    """Grey levels 200, 100, 50 with mean 100 and std 50 are 2, 0, -1, within what the codec changes (2 levels)."""
    said = {"kind": "rgb", "layout": layout, "frames": 4, "mean": [100], "std": [50]}
    name = describe(network(tmp_path / "n.onnx", shape, axes), inputs={"clip": said})
    path = film(tmp_path / "a.mp4", [512 * i for i in range(32)], pictures=coloured(32))
    sequence = extract(path, name)
    assert sequence.values.shape == (2, 3)
    np.testing.assert_allclose(sequence.values.astype(float), [[2, 0, -1]] * 2, atol=0.1)
    assert sequence.streams == {"rgb": (0, 3)}


def test_a_clip_spans_its_snippet_and_shows_what_is_on_screen(tmp_path):
    """Pictures 0 to 15 have grey level 10 i; four frames at 0.08, 0.24, 0.40, 0.56 s are pictures 2, 6, 10, 14 of the
    25 a second: mean grey level 80. The second cell has no picture: number 15 stays, 150."""
    shades = [np.full((32, 32, 3), 10 * i, np.uint8) for i in range(16)]
    name = describe(network(tmp_path / "n.onnx"))
    path = film(tmp_path / "a.mp4", [*(512 * i for i in range(15)), 512 * 15], pictures=shades)
    long = film(tmp_path / "b.mp4", [*(512 * i for i in range(16)), 512 * 40], pictures=[*shades, shades[0]])
    assert extract(path, name).values[0].astype(float) == pytest.approx([80] * 3, abs=3)
    assert extract(long, name).values[1].astype(float) == pytest.approx([150] * 3, abs=3)


def test_two_streams_get_colour_and_flow_each(tmp_path):
    """A texture that moves right by 2 of 64 pixels a picture: flow of x near 2 / bound 4, of y near 0."""
    random = np.random.default_rng(0)
    wide = np.kron(random.integers(0, 255, (8, 40)), np.ones((8, 8))).astype(np.uint8)
    moving = [np.repeat(wide[:, 160 - 2 * i : 224 - 2 * i, None], 3, axis=2) for i in range(32)]
    flow = {"kind": "flow", "layout": "NCTHW", "frames": 16, "bound": 4}
    nets = network(tmp_path / "n.onnx", (1, "C", "T", 64, 64), inputs=("look", "move"))
    streams = {"rgb": [0, 3], "flow": [3, 5]}
    said = {"look": {**CLIP, "frames": 2}, "move": flow}
    sequence = extract(
        film(tmp_path / "a.mp4", [512 * i for i in range(32)], pictures=moving),
        describe(nets, size=[64, 64], inputs=said, streams=streams),
    )
    assert sequence.streams == {"rgb": (0, 3), "flow": (3, 5)}
    assert sequence.values[0, 3] == pytest.approx(0.5, abs=0.15)
    assert sequence.values[0, 4] == pytest.approx(0, abs=0.1)
    stacked = network(tmp_path / "s.onnx", (1, 8, 64, 64), (2, 3), inputs=("move",))
    name = describe(stacked, size=[64, 64], inputs={"move": {**flow, "layout": "NCHW", "frames": 4}})
    values = extract(tmp_path / "a.mp4", name).values
    assert values.shape == (2, 8)
    assert values[0, ::2].astype(float).mean() == pytest.approx(0.5, abs=0.15)


def test_the_middle_is_cut_out_where_that_is_asked(tmp_path):
    """A wide film, dark at both ends: stretched the mean is 100, its middle alone 200."""
    wide = np.zeros((32, 64, 3), np.uint8)
    wide[:, 16:48] = 200
    path = film(tmp_path / "a.mp4", [512 * i for i in range(16)], pictures=[wide] * 16)
    nets = network(tmp_path / "n.onnx")
    assert extract(path, describe(nets)).values[0, 0] == pytest.approx(100, abs=8)
    assert extract(path, describe(nets, fit="centre")).values[0, 0] == pytest.approx(200, abs=8)


def test_the_fingerprint_follows_the_bytes_and_the_description_and_not_the_place(tmp_path):
    name = describe(network(tmp_path / "n.onnx"))
    first = find(name)
    assert find(name).fingerprint == first.fingerprint
    (tmp_path / "moved").mkdir()
    assert find(describe(network(tmp_path / "moved" / "m.onnx"))).fingerprint == first.fingerprint
    assert find(describe(tmp_path / "n.onnx", fit="centre")).fingerprint != first.fingerprint
    describe(tmp_path / "n.onnx")
    model = onnx.load(tmp_path / "n.onnx")
    model.doc_string = "another"
    (tmp_path / "n.onnx").write_bytes(model.SerializeToString())
    assert find(name).fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("made", "said", "words"),
    [
        ({}, None, "needs a description beside it"),
        ({}, {"size": [8]}, r'"size" is \[height, width\]'),
        ({}, {"size": [8, True]}, '"size" is'),
        ({}, {"fit": "crop"}, '"fit" is "stretch" or "centre"'),
        ({}, {"colour": 1}, "has 'colour'; known are fit, inputs"),
        ({}, {"inputs": {}}, '"inputs" names each input'),
        ({}, {"inputs": {"clip": {**CLIP, "layout": "CTHW"}}}, '"layout" of input'),
        ({}, {"inputs": {"clip": {**CLIP, "frames": 0}}}, '"frames" of input'),
        ({}, {"inputs": {"clip": {**CLIP, "std": [0]}}}, '"std" of input'),
        ({}, {"inputs": {"clip": {**CLIP, "mean": [1, 2]}}}, "1 or 3 numbers"),
        ({}, {"inputs": {"other": CLIP}}, "has the inputs clip, its description tells of other"),
        ({}, {"inputs": {"clip": {**CLIP, "layout": "NCHW"}}}, r"has 5 axes .* NCHW has 4"),
        ({}, {"inputs": {"clip": {**CLIP, "frames": 8}}}, "axis T of input 'clip' is 4, its description comes to 8"),
        ({}, {"output": "else"}, "no output 'else'; there are out"),
        ({}, {"streams": {"rgb": [0, 4]}}, "gives 3 columns"),
        ({}, {"streams": {"rgb": [1, 3]}}, "begins at 1 and not at 0"),
        ({}, {"inputs": {"clip": {**CLIP, "kind": "flow"}}}, "flow needs a side of 12 pixels or more, got 8 x 8"),
        ({"axes": (3, 4)}, {}, r"shape \(1, 3, 4\); one row of features per clip"),
    ],
)
def test_what_cannot_serve_is_refused_in_words(tmp_path, made, said, words):
    path = network(tmp_path / "n.onnx", **made)
    if said is not None:
        describe(path, **said)
    with pytest.raises((BadDescription, BadNetwork), match=words):
        find(f"onnx:{path}")


def test_files_that_are_no_network_and_names_that_are_no_file_are_refused(tmp_path):
    with pytest.raises(BadNetwork, match="there is no such file"):
        find(f"onnx:{tmp_path / 'gone.onnx'}")
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    describe(text)
    with pytest.raises(BadNetwork, match="no ONNX network that can be run"):
        find(f"onnx:{text}")
    text.with_suffix(".json").write_text("{")
    with pytest.raises(BadDescription, match="no JSON text"):
        find(f"onnx:{text}")


def test_values_that_are_not_finite_are_refused_with_their_time(tmp_path):
    """A standard deviation of 1e-9 takes grey level 200 to 2e11, beyond float16."""
    said = {**CLIP, "std": [1e-9]}
    name = describe(network(tmp_path / "n.onnx"), inputs={"clip": said})
    path = film(tmp_path / "a.mp4", [512 * i for i in range(16)], pictures=coloured(16))
    with pytest.raises(BadNetwork, match=r"a\.mp4: the network gives values that are not finite.*at 0\.00 s"):
        extract(path, name)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["size", "fit", "inputs", "streams", "clip", "kind", "layout", "frames"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_description_whatever_ends_in_anything_but_words(tmp_path_factory, said):
    from wtal_core.features.onnx_description import read

    path = tmp_path_factory.mktemp("d") / "n.json"
    path.write_text(json.dumps(said))
    with pytest.raises(BadDescription):
        read(path)
