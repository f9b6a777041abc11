"""What a host says to the engine: the same words in simulation and on a board."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.hw.isa import (
    COUNTER_STRIDE,
    COUNTERS,
    Command,
    HostRequest,
    Space,
    row_bytes,
)

__all__ = ["Requests", "command", "load_image", "read_counters", "read_tensor", "write_tensor"]

Requests = npt.NDArray[np.uint64]
"""Each element is a `HostRequest`."""


def load_image(image: Image) -> Requests:
    """Write all that stays the same: program, weights, parameters, tables, constants."""
    return np.concatenate(
        [
            _write(Space.PROGRAM, 0, image.program),
            _write(Space.WEIGHTS, 0, _rows(image.weights)),
            _write(Space.HEADERS, 0, _rows(image.headers)),
            _write(Space.PARAMETERS, 0, image.parameters.reshape(-1)),
            _write(Space.TABLES, 0, image.tables.reshape(-1).view(np.uint8).astype(np.uint32)),
            *(write_tensor(image, name, values) for name, values in image.constants.items()),
        ]
    )


def _rows(items: npt.NDArray[Any]) -> npt.NDArray[np.uint32]:
    """Pad each row, of an item a lane, to what the host writes."""
    rows, lanes = items.shape
    padded = np.zeros((rows, row_bytes(lanes, items.itemsize) // items.itemsize), items.dtype)
    padded[:, :lanes] = items
    return padded.reshape(-1).view("<u4")


def write_tensor(image: Image, name: str, values: npt.NDArray[np.int8]) -> Requests:
    """Write a tensor to its place in the activation SRAM."""
    place = image.placements[name]
    return _write(Space.ACTIVATIONS, place.address, place.pack(values))


def read_tensor(image: Image, name: str) -> Requests:
    """Read the words of a tensor; `Placement.unpack` takes the answers."""
    place = image.placements[name]
    return _read(Space.ACTIVATIONS, place.address, place.words)


def read_counters(layer: int) -> Requests:
    """Read the counters of a layer, in the order of `COUNTERS`."""
    return _read(Space.COUNTERS, layer * COUNTER_STRIDE, len(COUNTERS))


def command(which: Command) -> Requests:
    """Start the engine; what follows waits until it is idle again."""
    return _write(Space.CONTROL, 0, np.array([which.value], np.uint32))


def _write(space: Space, address: int, words: npt.NDArray[np.uint32]) -> Requests:
    return _pack(space, address, len(words), {"data": words.astype(np.uint64), "write": 1})


def _read(space: Space, address: int, words: int) -> Requests:
    return _pack(space, address, words, {})


def _pack(
    space: Space, address: int, words: int, fields: Mapping[str, npt.NDArray[np.uint64] | int]
) -> Requests:
    """Pack as many requests at rising addresses as there are words."""
    packed = np.zeros(words, np.uint64)
    addresses = np.arange(address, address + words, dtype=np.uint64)
    for name, values in {**fields, "space": space.value, "address": addresses}.items():
        offset = HostRequest.as_shape()[name].offset
        packed |= np.asarray(values, np.uint64) << np.uint64(offset)
    return packed
