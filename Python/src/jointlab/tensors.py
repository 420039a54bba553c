"""Models in the safetensors format, in memory that a node shares with its worker.

The package ``safetensors`` copies what it reads; here arrays lie where the node wrote them, and a
result is written where the node reads it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_NAMES = {type: name for name, type in _TYPES.items()}


class OutputTooLarge(Exception):
    """A result has more bytes than may leave the sandbox."""

    def __init__(self, byte_count: int) -> None:
        super().__init__(f"the result has {byte_count} bytes")
        self.byte_count = byte_count


def read(buffer: memoryview) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file, read-only views of these bytes."""
    length = int.from_bytes(buffer[:8], "little")
    header = json.loads(bytes(buffer[8 : 8 + length]))
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        array = np.frombuffer(
            buffer,
            np.dtype(_TYPES[entry["dtype"]]),
            count=math.prod(entry["shape"]),
            offset=8 + length + entry["data_offsets"][0],
        ).reshape(entry["shape"])
        array.flags.writeable = False
        arrays[name] = array
    return arrays


def write(arrays: Mapping[str, Any], buffer: memoryview) -> int:
    """Write a safetensors file in the one form that a node accepts.

    Parameters
    ----------
    arrays
        By name.
    buffer
        Where the file goes.

    Returns
    -------
    int
        The file's bytes.

    Raises
    ------
    OutputTooLarge
        Where the file does not fit; the buffer is then as it was.
    """
    named = {str(name): np.asarray(array) for name, array in arrays.items()}
    for name, array in named.items():
        if array.dtype.newbyteorder("<").str not in _NAMES:
            raise TypeError(f"{name} is an array of {array.dtype}, not of numbers")
    # Wider types first, so that all are aligned; then by name.
    order = sorted(named, key=lambda name: (-named[name].itemsize, name.encode()))
    header, end = {}, 0
    for name in order:
        array = named[name]
        header[name] = {
            "dtype": _NAMES[array.dtype.newbyteorder("<").str],
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    total = 8 + len(text) + end
    if total > len(buffer):
        raise OutputTooLarge(total)
    buffer[:8] = len(text).to_bytes(8, "little")
    buffer[8 : 8 + len(text)] = text
    start = 8 + len(text)
    for name in order:
        array = named[name]
        target = np.frombuffer(
            buffer, array.dtype.newbyteorder("<"), count=array.size, offset=start
        ).reshape(array.shape)
        np.copyto(target, array)
        start += array.nbytes
    return total


def to_bytes(arrays: Mapping[str, Any]) -> bytes:
    """The same file as an object of its own."""
    size = sum(np.asarray(array).nbytes for array in arrays.values())
    buffer = memoryview(bytearray(size + 4_096 + 512 * len(arrays)))
    return bytes(buffer[: write(arrays, buffer)])
