"""What the host, the compiler and the engine say to each other: records, parameters, addresses.

A program is a list of records of ``RECORD_WORDS`` 32-bit words: a `Layer`, its `Tile` records, the
next `Layer`, and so on, and an ``END``. Only this file knows the layout of their bits.
"""

import enum
from collections.abc import Mapping
from typing import Any

from amaranth import signed, unsigned
from amaranth.lib import data

from zeroleap.hw.config import WORD_BYTES

__all__ = [
    "COUNTERS",
    "COUNTER_STRIDE",
    "RECORD_WORDS",
    "TAPS_BITS",
    "Command",
    "HostRequest",
    "Layer",
    "LayerAxis",
    "Opcode",
    "Parameter",
    "Space",
    "Tile",
    "TileAxis",
    "decode",
    "encode",
    "weight_row_words",
]

TAPS_BITS = 5
"""Width of the number of outputs that an activation meets in one direction."""


class Opcode(enum.Enum):
    """Kind of a record; always its lowest bits."""

    END = 0
    LAYER = 1
    TILE = 2


class LayerAxis(data.Struct):
    """One direction, down or across, of a layer.

    ``weight_step`` is the distance of two neighbouring taps in the weight SRAM, ``tap_step`` that
    of two taps which one activation can meet: ``stride * weight_step``, modulo 2**20.
    """

    stride: unsigned(8)
    weight_step: unsigned(20)
    tap_step: unsigned(20)


class Layer(data.Struct):
    """What holds for all tiles of a layer.

    Attributes
    ----------
    channelwise : bool
        Each channel is summed on its own (depthwise convolution, pooling).
    unit_weights : bool
        All weights are 1, and none is stored (pooling).
    maximum : bool
        The larger is kept instead of the sum. Values must be offset to be non-negative.
    uniform_parameters : bool
        All channels of a tile use one `Parameter`.
    input_zero_point, output_zero_point, clamp_low, clamp_high : int8
    slot_step : weight addresses
        From one output channel of a lane to its next.
    row_words, pixel_words : words
        From one input row, or pixel, to the next.
    output_row_bytes, output_pixel_bytes : bytes
        From one output row, or pixel, to the next.
    """

    opcode: Opcode
    channelwise: unsigned(1)
    unit_weights: unsigned(1)
    maximum: unsigned(1)
    uniform_parameters: unsigned(1)
    input_zero_point: signed(8)
    output_zero_point: signed(8)
    clamp_low: signed(8)
    clamp_high: signed(8)
    y: LayerAxis
    x: LayerAxis
    slot_step: unsigned(20)
    row_words: unsigned(20)
    pixel_words: unsigned(14)
    output_row_bytes: unsigned(22)
    output_pixel_bytes: unsigned(16)


class TileAxis(data.Struct):
    """Where a tile starts and ends in one direction; see :class:`zeroleap.hw.axis.Axis`.

    Attributes
    ----------
    inputs : int
        Input coordinates to visit, less one.
    last : int
        Last output coordinate of the tile.
    position, phase : int
        Output that the first input meets with its lowest tap, and ``(input + padding) % stride``.
    quotient, remainder : int
        ``divmod(kernel - 1 - lowest tap, stride)``; a negative quotient meets no output.
    weight, psum : addresses
        Offsets of that tap and of that output.
    psum_step : addresses
        From one output coordinate to the next.
    """

    inputs: unsigned(12)
    last: unsigned(12)
    position: unsigned(12)
    phase: unsigned(8)
    quotient: signed(10)
    remainder: unsigned(8)
    weight: unsigned(20)
    psum: unsigned(12)
    psum_step: unsigned(12)


class Tile(data.Struct):
    """Output pixels and channels whose partial sums live in the lanes together.

    Attributes
    ----------
    y, x : TileAxis
    input_address : words
        First pixel to visit.
    blocks : int
        Words to visit of each pixel, less one.
    last_mask : 4 bits
        Bytes in use of the last of them.
    slots : int
        Output channels of a lane. Channel ``slot * lanes + lane`` belongs to ``lane``.
    last_lanes : int
        Lanes that have an output channel in the last slot.
    channels : int
        Output channels, less one.
    output_address : bytes
        First pixel, first channel.
    parameters : int
        `Parameter` of the first channel.
    """

    opcode: Opcode
    y: TileAxis
    x: TileAxis
    input_address: unsigned(20)
    blocks: unsigned(12)
    last_mask: unsigned(4)
    slots: unsigned(12)
    last_lanes: unsigned(7)
    channels: unsigned(14)
    output_address: unsigned(22)
    parameters: unsigned(14)


class Parameter(data.Struct):
    """Bias and scale of an output channel, for :class:`zeroleap.hw.requantizer.Requantizer`."""

    bias: signed(32)
    multiplier: unsigned(31)
    left_shift: unsigned(5)
    right_shift: unsigned(5)


RECORD_WORDS = -(-max(Layer.as_shape().size, Tile.as_shape().size) // 32)
"""32-bit words of every record."""

COUNTERS = ("busy", "products", "words_read", "words_written", "cycles")
"""Counters of a layer, in the order in which they are stored."""

COUNTER_STRIDE = 8
"""Words from one layer's counters to the next layer's."""


class Space(enum.Enum):
    """What a host address belongs to.

    ``WEIGHTS`` has a row of `weight_row_words` for each weight address, ``PARAMETERS`` 4 words an
    entry, ``COUNTERS`` `COUNTER_STRIDE` words a layer.
    """

    CONTROL = 0
    PROGRAM = 1
    WEIGHTS = 2
    PARAMETERS = 3
    ACTIVATIONS = 4
    COUNTERS = 5


class Command(enum.Enum):
    """Word written to ``CONTROL``: run all, or the first layer only, or one layer more."""

    RUN = 0
    STEP = 1
    RESUME = 2


class HostRequest(data.Struct):
    """One access of the host to a 32-bit word."""

    data: unsigned(32)
    address: unsigned(24)
    space: Space
    write: unsigned(1)


def weight_row_words(lanes: int) -> int:
    """Host words of one row of weights, a byte a lane: a power of two."""
    return 1 << (-(-lanes // WORD_BYTES) - 1).bit_length()


def encode(shape: Any, fields: Mapping[str, Any], words: int) -> list[int]:
    """Lay ``fields`` out as a struct of ``shape``, in ``words`` 32-bit words, lowest first.

    Raises
    ------
    ValueError
        If a field is missing, unknown, or too large.
    """
    bits = shape.const(_checked(shape, fields)).as_bits()
    return [bits >> 32 * index & 0xFFFFFFFF for index in range(words)]


def decode(shape: Any, words: list[int]) -> Any:
    """Read a struct of ``shape`` back from 32-bit words; the opposite of `encode`."""
    bits = sum(int(word) << 32 * index for index, word in enumerate(words))
    return shape.from_bits(bits & (1 << shape.as_shape().size) - 1)


def _checked(shape: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    layout = {name: field.shape for name, field in shape.as_shape()}
    if layout.keys() != fields.keys():
        raise ValueError(f"{shape.__name__} has {sorted(layout)}, not {sorted(fields)}")
    checked: dict[str, Any] = {}
    for name, value in fields.items():
        inner = layout[name]
        if isinstance(value, Mapping):
            checked[name] = _checked(inner, value)
        elif isinstance(value, enum.Enum):
            checked[name] = value
        else:
            low = -(1 << inner.width - 1) if inner.signed else 0
            high = (1 << inner.width - (1 if inner.signed else 0)) - 1
            if not low <= value <= high:
                raise ValueError(f"{shape.__name__}.{name} must be in {low}..{high}, not {value}")
            checked[name] = int(value)
    return checked
