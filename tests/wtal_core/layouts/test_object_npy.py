"""Object arrays are read, and nothing in them is ever run."""

import io
import os
import pickle
import pickletools

import numpy as np
import pytest

from tests.shared_data import shared
from tests.wtal_core.layouts.scenes import objects
from wtal_core.layouts import LayoutError
from wtal_core.layouts.object_npy import read_array


def npy(path, content: bytes, n: int):
    """An npy file whose header announces ``n`` objects, with any bytes behind it."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (n,)})
        file.write(content)
    return path


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_matrices_names_and_segments_come_back_at_every_pickle_protocol(tmp_path, protocol):
    """Python 2 wrote protocol 2, NumPy writes 4 today; the field's files are of both times."""
    rows = objects(
        [np.arange(6, dtype=np.float32).reshape(2, 3), [b"Diving", "Sh\xf6t"], [[0.5, 1.5]], [], np.float64(2.5)]
    )
    found = read_array(npy(tmp_path / "a.npy", pickle.dumps(rows, protocol=protocol), len(rows)))
    assert found.shape == (5,)
    np.testing.assert_array_equal(found[0], rows[0])
    assert found[0].dtype == np.float32
    assert found[1:].tolist() == [[b"Diving", "Sh\xf6t"], [[0.5, 1.5]], [], 2.5]


def test_fortran_order_and_big_endian_numbers_are_read_as_numpy_reads_them(tmp_path):
    rows = objects([np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(3, dtype=">f4")])
    np.save(tmp_path / "a.npy", rows)
    for found, wanted in zip(read_array(tmp_path / "a.npy"), rows, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_plain_arrays_are_mapped_and_never_unpickled(tmp_path):
    np.save(tmp_path / "names.npy", np.array([b"a", b"bc"]))
    found = read_array(tmp_path / "names.npy")
    assert isinstance(found, np.memmap)
    assert found.tolist() == [b"a", b"bc"]


@pytest.mark.parametrize("name", ["labels", "labels_all", "segments", "subset", "videoname", "duration", "classlist"])
def test_the_real_arrays_are_what_numpy_itself_reads(name):
    """NumPy's own reader runs the pickle: allowed here, on files whose content is known."""
    path = shared("data", "format-samples", "thumos14", "wtalc_npy", "Thumos14reduced-Annotations", f"{name}.npy")
    wanted = np.load(path, allow_pickle=True, encoding="bytes")
    found = read_array(path)
    assert found.tolist() == wanted.tolist()
    assert found.dtype == wanted.dtype


class Payload:
    """Pickles to a call of ``function`` with ``arguments``."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def test_a_payload_is_refused_and_does_not_run(tmp_path):
    """The same bytes do run in an ordinary unpickler, so the test would notice if ours ran them."""
    ran = tmp_path / "ran"
    hostile = pickle.dumps(objects([Payload(os.mkdir, str(ran))]))
    path = npy(tmp_path / "features.npy", hostile, 1)
    with pytest.raises(LayoutError, match=r"features\.npy.*names posix\.mkdir.*was not run"):
        read_array(path)
    assert not ran.exists()
    pickle.loads(hostile)
    assert ran.exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy.core.multiarray\n_reconstruct\n(cbuiltins\nlist\n(I0\ntS'b'\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR.",
        b"(S'x'\nios\nsystem\n.",
        b"Pfile\n.",
        b"cnumpy\nndarray\n(dS'make'\nI1\nsb.",
        b"cnumpy\ndtype\nS'V8'\n\x85R.",
        b"cnumpy\nndarray\n)R.",
        b"\x82\x01.",
        b"I1\n.",
        b"",
        b"not a pickle",
    ],
)
def test_programs_of_any_kind_are_refused_with_the_file_named(tmp_path, program):
    with pytest.raises(LayoutError, match=r"a\.npy"):
        read_array(npy(tmp_path / "a.npy", program, 1))


def array_state(shape, code, raw) -> bytes:
    """A pickle of one array with a state of our choice: lengths need not agree."""
    out = io.BytesIO()
    pickler = pickle._Pickler(out, protocol=2)
    pickler.proto, pickler.bin = 2, 1
    out.write(pickle.PROTO + b"\x02" + b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(I0\ntS'b'\n\x87R")
    out.write(b"(I1\n")
    pickler.save(shape)
    out.write(b"cnumpy\ndtype\n(")
    pickler.save(code)
    out.write(b"I0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb")
    pickler.save(False)
    pickler.save(raw)
    out.write(b"tb.")
    return out.getvalue()


def test_the_hand_written_state_is_read_where_its_lengths_agree(tmp_path):
    """So that the refusals below are refusals of the lengths."""
    content = array_state((2,), "O8", [[b"a"], 1.5])
    pickletools.dis(content, io.StringIO())
    assert read_array(npy(tmp_path / "a.npy", content, 2)).tolist() == [[b"a"], 1.5]


@pytest.mark.parametrize(
    ("shape", "code", "raw"),
    [
        ((10**12,), "f4", b"1234"),
        ((4,), "f4", b"1234"),
        ((-1,), "f4", b"1234"),
        ((3,), "O8", [1]),
        ((2, 2), "O8", [1, 2, 3, 4]),
        ((1,), "O8", [[[[[[[1]]]]]]]),
        ((1,), "O8", [{"a": 1}]),
    ],
)
def test_lengths_that_do_not_agree_are_refused_before_anything_is_viewed(tmp_path, shape, code, raw):
    content = array_state(shape, code, raw)
    with pytest.raises(LayoutError, match=r"a\.npy"):
        read_array(npy(tmp_path / "a.npy", content, 1))


def test_a_list_shared_many_times_over_is_made_once(tmp_path):
    """A list of 10,000 times a list of 10,000 would be 10^8 items if each were copied."""
    item: list[object] = [b"x"]
    for _ in range(2):
        item = [item] * 10_000
    found = read_array(npy(tmp_path / "a.npy", pickle.dumps(objects([item]), protocol=2), 1))
    assert len(found[0]) == 10_000
    assert found[0][0] is found[0][9_999]


def test_a_cut_file_and_a_missing_file_are_named(tmp_path):
    np.save(tmp_path / "whole.npy", objects([np.ones((50, 4)), np.ones((50, 4))]))
    whole = (tmp_path / "whole.npy").read_bytes()
    for keep in (5, 90, 200, len(whole) - 3):
        (tmp_path / "cut.npy").write_bytes(whole[:keep])
        with pytest.raises(LayoutError, match=r"cut\.npy"):
            read_array(tmp_path / "cut.npy")
    with pytest.raises(LayoutError, match=r"gone\.npy"):
        read_array(tmp_path / "gone.npy")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (True,), }\n",
        b"{1: 2, 'descr': '|O'}\n",
    ],
)
def test_a_header_that_numpy_did_not_write_is_refused(tmp_path, header):
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickle.dumps([1]))
    with pytest.raises(LayoutError, match=r"a\.npy: this is not a NumPy \.npy file"):
        read_array(path)


def test_a_plain_array_that_promises_more_than_the_file_holds_is_refused(tmp_path):
    """10 ** 20 numbers: the product of the shape wraps around in 64 bits."""
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        told = {"descr": "<f4", "fortran_order": False, "shape": (10**10, 10**10)}
        np.lib.format.write_array_header_1_0(file, told)
        file.write(bytes(64))
    with pytest.raises(LayoutError, match=r"a\.npy: the file is cut off"):
        read_array(path)
