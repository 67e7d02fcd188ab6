"""The header of an npy file, read as what it is: the word of a stranger."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO

import numpy as np

_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
    (3, 0): np.lib.format.read_array_header_2_0,  # differs in the encoding of field names, which no array here has
}


class BadHeader(ValueError):
    """The bytes are no header of an npy file; the message is one line."""


def read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and type; the file then stands at the first value.

    NumPy's parser is made for headers that NumPy wrote: of others it raises what its tokenizer, compiler or sorting
    happens to raise, or warns on stderr.

    Raises
    ------
    BadHeader
        Whatever is wrong with it.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in _READERS:
            raise BadHeader(f"version {version[0]}.{version[1]} of the format, and there are 1.0, 2.0 and 3.0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = _READERS[version](file)
    except (BadHeader, OSError):
        raise
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadHeader(said) from error
    if any(type(size) is not int for size in shape):  # True is an int to isinstance
        raise BadHeader(f"its shape is {shape}")
    return shape, fortran, dtype
