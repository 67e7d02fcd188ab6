"""Object arrays of the field's npy files, read without running anything of theirs.

W-TALC and its heirs store lists of names, lists of segments and whole feature matrices as NumPy object arrays; those
are pickles, programs that opening would run. Here they never run. The unpickler may name five NumPy constructors and
gets stand-ins of this module for them, which check every length before they view the bytes as numbers; NumPy's own
unpickling code, which trusts its input, is not reached either. Any other name in the file is a refusal.

This is the only file of the project that may import ``pickle`` (``tests/test_architecture.py``).
"""

from __future__ import annotations

import pickle
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from wtal_core.features.npy import BadHeader, read_header
from wtal_core.layouts.problems import LayoutError

_OBJECT = "O8"
_KINDS = frozenset("biufSU")
"""Booleans, integers, floats, bytes and text; structured and other types are not in the field's files."""


class _Refused(ValueError):
    """Something in a pickle that the field's files do not hold."""


def read_array(path: Path) -> NDArray[Any]:
    """An npy file, of plain numbers and text or of objects.

    Parameters
    ----------
    path
        The file. Objects may be lists, tuples, text, bytes, numbers, None and arrays of these.

    Returns
    -------
    ndarray
        Plain arrays are memory-mapped. In object arrays bytes stay bytes.

    Raises
    ------
    LayoutError
        If it is not there, cut off, no npy file, or a pickle that names anything but NumPy's arrays.
    """
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = read_header(file)
            if dtype.hasobject:
                return _objects(file, path, shape, fortran)
            begin = file.tell()
        if path.stat().st_size - begin < prod(shape) * dtype.itemsize:
            raise LayoutError(f"{path}: the file is cut off; copy it again")
        mapped: NDArray[Any] = np.memmap(path, dtype, "r", begin, shape, "F" if fortran else "C")
        return mapped
    except BadHeader as error:
        raise LayoutError(f"{path}: this is not a NumPy .npy file ({error})") from error
    except OSError as error:
        raise LayoutError(f"{path}: it cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        if isinstance(error, LayoutError):
            raise
        raise LayoutError(f"{path}: the file is damaged or cut off ({error}); copy it again") from error


def _objects(file: BinaryIO, path: Path, shape: tuple[int, ...], fortran: bool) -> NDArray[Any]:
    """The object array behind a header."""
    try:
        found = _Unpickler(file).load()
        if not isinstance(found, _Array):
            raise _Refused(f"a {type(found).__name__} where an array is expected")
        array = _Plain().array(found)
    except EOFError as error:
        raise LayoutError(f"{path}: the file is cut off; copy it again") from error
    except Exception as error:  # a damaged pickle may raise anything; none of it is a reason to go on
        said = str(error) if isinstance(error, _Refused) else f"{type(error).__name__}: {error}"
        raise LayoutError(
            f"{path}: this pickle is not one of the field's annotation or feature arrays ({said}); it was not run. "
            "Get the file again from where it was published"
        ) from error
    if array.shape != shape or fortran or array.dtype != object:
        raise LayoutError(f"{path}: its header says {shape}, its content has {array.shape}; copy it again")
    return array


class _Dtype:
    """Stand-in for ``numpy.dtype``: a code such as ``f4`` and a byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: Any, align: Any = False, copy: Any = False) -> None:
        text = code.decode("ascii") if isinstance(code, bytes) else code
        if not isinstance(text, str) or not (
            text in ("O", _OBJECT) or (text[:1] in _KINDS and (text[1:].isascii() and text[1:].isdecimal()))
        ):
            raise _Refused(f"an array of type {code!r}")
        self.code = _OBJECT if text == "O" else text
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
            raise _Refused("a structured array")
        self.order = order

    def numpy(self) -> np.dtype[Any]:
        """The type itself; never of objects."""
        return np.dtype(self.order + self.code)


class _Array:
    """Stand-in for ``numpy.ndarray``: what its state says, checked; made into an array by :class:`_Plain`."""

    __slots__ = ("content",)

    def __init__(self) -> None:
        self.content: NDArray[Any] | tuple[tuple[int, ...], list[Any]] | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, raw = state
        self.content = _content(dtype, shape, raw, fortran)


def _content(dtype: Any, shape: Any, raw: Any, fortran: Any) -> NDArray[Any] | tuple[tuple[int, ...], list[Any]]:
    """What an array holds, if its lengths agree."""
    if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
        raise _Refused("an array without type or shape")
    if any(not isinstance(size, int) or size < 0 for size in shape):
        raise _Refused(f"an array of shape {shape!r}")
    if dtype.code == _OBJECT:
        if not isinstance(raw, list) or len(raw) != prod(shape) or len(shape) != 1:
            raise _Refused("an object array whose list has another length than its shape")
        return shape, raw
    kind = dtype.numpy()
    if not isinstance(raw, (bytes, bytearray)) or len(raw) != prod(shape) * kind.itemsize:
        raise _Refused(f"{len(raw) if isinstance(raw, (bytes, bytearray)) else 'no'} bytes for an array of {shape}")
    return np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C")


class _Plain:
    """Makes arrays and lists of stand-ins; what a pickle holds many times over is made once."""

    def __init__(self) -> None:
        self.made: dict[int, Any] = {}

    def __call__(self, item: Any, depth: int = 0) -> Any:
        """An object of a pickle, with lists in lists up to the depth the field uses."""
        if depth > _DEEPEST:
            raise _Refused("lists nested more deeply than annotations are")
        if id(item) not in self.made:
            self.made[id(item)] = self._make(item, depth)
        return self.made[id(item)]

    def _make(self, item: Any, depth: int) -> Any:
        if isinstance(item, _Array):
            return self.array(item, depth)
        if isinstance(item, (list, tuple)):
            return [self(each, depth + 1) for each in item]
        if item is None or isinstance(item, (str, bytes, int, float, np.generic)):
            return item
        raise _Refused(f"a {type(item).__name__}")

    def array(self, item: _Array, depth: int = 0) -> NDArray[Any]:
        """The array a stand-in holds."""
        if item.content is None:
            raise _Refused("an array without content")
        if isinstance(item.content, np.ndarray):
            return item.content
        shape, items = item.content
        array = np.empty(len(items), object)
        for index, each in enumerate(items):
            array[index] = self(each, depth + 1)
        return array.reshape(shape)


_DEEPEST = 4


class _Constructor:
    """Something a pickle may call; it has no attributes a pickle could set."""

    __slots__ = ("make",)
    make: Any

    def __init__(self, make: Any) -> None:
        object.__setattr__(self, "make", make)

    def __call__(self, *arguments: Any) -> Any:
        return self.make(*arguments)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise _Refused("a pickle that changes NumPy")


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if kind is not _NDARRAY:
        raise _Refused("an array of a foreign class")
    return _Array()


def _frombuffer(raw: Any, dtype: Any, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.content = _content(dtype, shape, raw, order == "F")
    return array


def _scalar(dtype: Any, raw: Any = None) -> Any:
    if not isinstance(dtype, _Dtype) or dtype.code == _OBJECT:
        raise _Refused("a number of no plain type")
    array = _content(dtype, (1,), raw, False)
    return array[0] if isinstance(array, np.ndarray) else None


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """How Python 3 writes bytes into old pickles."""
    if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
        raise _Refused("bytes in a foreign encoding")
    return text.encode("latin1")


def _ndarray(*_: Any) -> NoReturn:
    raise _Refused("an array made in no way the field does")


_NDARRAY = _Constructor(_ndarray)
_ALLOWED = {
    "_reconstruct": _Constructor(_reconstruct),
    "scalar": _Constructor(_scalar),
    "_frombuffer": _Constructor(_frombuffer),
    "ndarray": _NDARRAY,
    "dtype": _Constructor(_Dtype),
}
_PLACES = {
    "numpy": ("ndarray", "dtype"),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy._core.numeric": ("_frombuffer",),
}


class _Unpickler(pickle.Unpickler):
    """An unpickler that knows NumPy's constructors by name and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="bytes")

    def find_class(self, module: str, name: str, /) -> Any:
        """The stand-in of an allowed name.

        Raises
        ------
        _Refused
            On any other name.
        """
        if name in _PLACES.get(module, ()):
            return _ALLOWED[name]
        if (module, name) == ("_codecs", "encode"):
            return _Constructor(_encode)
        raise _Refused(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse references out of the file."""
        raise _Refused("it refers to something outside the file")
