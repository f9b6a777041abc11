"""What the host, the compiler and the engine say to each other: records, parameters, addresses.

A program is a list of records of 32-bit words: a `Layer`, its `Tile` records, the next `Layer`, and
so on, and an ``END``. Only this file knows the layout of their bits.
"""

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from amaranth import Value, signed, unsigned
from amaranth.lib import data

from zeroleap.hw.config import WORD_BYTES

__all__ = [
    "COMBINATION_CYCLES",
    "COUNTERS",
    "COUNTER_STRIDE",
    "OPERAND_SHIFT",
    "PARAMETER_WORDS",
    "POSITIONS",
    "RECORD_WORDS",
    "Combination",
    "Command",
    "Header",
    "HostRequest",
    "Layer",
    "LayerAxis",
    "Opcode",
    "Parameter",
    "Route",
    "Space",
    "Tile",
    "TileAxis",
    "decode",
    "encode",
    "row_bytes",
]

POSITIONS = 16
"""Most weights of a block, which a lane looks at together."""


COMBINATION_CYCLES = 4
"""Cycles of a value that is combined with another."""

OPERAND_SHIFT = 8
"""The second factor of a product is shifted so far to the left, the first by the rest of 31."""


class Opcode(enum.Enum):
    """Kind of a record; always its lowest bits."""

    END = 0
    LAYER = 1
    TILE = 2


class Combination(enum.Enum):
    """What a layer does with a value and an operand, on the way out.

    ``ADD``, ``SUBTRACT`` and ``SUBTRACT_FROM`` (the value from the operand) scale both first,
    ``MULTIPLY`` multiplies them less their zero points, ``MAXIMUM`` and ``MINIMUM`` compare them as
    they are. Then the result is scaled.
    """

    NONE = 0
    ADD = 1
    MULTIPLY = 2
    MAXIMUM = 3
    MINIMUM = 4
    SUBTRACT = 5
    SUBTRACT_FROM = 6


class LayerAxis(data.Struct):
    """One direction, down or across, of a layer.

    Attributes
    ----------
    last_phase : int
        The stride less 1.
    psum_step : addresses
        From the partial sum of one output to that of the next.
    taps : int, one for each position of a block
        The tap of that position in this direction.
    """

    last_phase: unsigned(8)
    psum_step: unsigned(12)
    taps: data.ArrayLayout(unsigned(4), POSITIONS)


class Layer(data.Struct):
    """What holds for all tiles of a layer.

    The weights of an input channel lie in ``blocks`` of at most `POSITIONS`, each of which is some
    output channels (slots) of a lane with all the taps of the kernel, or of a part of it.

    Attributes
    ----------
    shared : bool
        All groups of lanes take the same tile, each some of its output channels; otherwise each
        takes a tile of its own.
    channelwise : bool
        Each channel is summed on its own (depthwise convolution, pooling); not with ``shared``.
    unit_weights : bool
        All weights are 1, and none is stored (pooling).
    maximum : bool
        The larger is kept instead of the sum. Values must be offset to be non-negative.
    uniform_parameters : bool
        All channels of a tile use one `Parameter`.
    input_zero_point, output_zero_point, clamp_low, clamp_high : int8
    y, x : LayerAxis
    psum_offsets : addresses, one for each position of a block
        From the partial sum that an activation names to that of the position, modulo 2**12.
    blocks : int
        Blocks of a channel, less one; none more in a channelwise layer.
    block_psums : addresses
        From the partial sums of one block to those of the next: its slots.
    block_weights, channel_weights : weight addresses
        From one block, or channel, to the next.
    last_positions : bits
        Positions of a channel's last block that are in use; looked at where no headers tell.
    row_words, pixel_words : words
        From one input row, or pixel, to the next.
    output_row_bytes, output_pixel_bytes, output_channel_bytes : bytes
        From one output row, pixel or channel to the next.
    scatters : bool
        The values of a frame need not lie in one word: each is written by itself.
    combination : Combination
        What is done with each value and the operand at its place.
    operand_row_bytes, operand_pixel_bytes : bytes
    operand_channel_bytes : 0 or 1
        From one row, pixel or channel of the operand to the next; 0 to use it again.
    operand_zero_point : int8
        For ``MULTIPLY``.
    combination_parameters : int
        Entry of the first of three `Parameter`: of the value, of the operand, of the result.
    value_zero_point, value_low, value_high : int8
        Zero point and clamp of the value that is combined; those above are the result's.
    looks_up : bool
        The result is looked up in a table.
    table : int
        Its number.
    """

    opcode: Opcode
    shared: unsigned(1)
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
    psum_offsets: data.ArrayLayout(unsigned(12), POSITIONS)
    blocks: unsigned(12)
    block_psums: unsigned(5)
    block_weights: unsigned(5)
    channel_weights: unsigned(20)
    last_positions: unsigned(POSITIONS)
    row_words: unsigned(20)
    pixel_words: unsigned(14)
    output_row_bytes: unsigned(22)
    output_pixel_bytes: unsigned(22)
    output_channel_bytes: unsigned(22)
    scatters: unsigned(1)
    combination: Combination
    operand_row_bytes: unsigned(22)
    operand_pixel_bytes: unsigned(16)
    operand_channel_bytes: unsigned(1)
    operand_zero_point: signed(8)
    combination_parameters: unsigned(14)
    value_zero_point: signed(8)
    value_low: signed(8)
    value_high: signed(8)
    looks_up: unsigned(1)
    table: unsigned(6)


class TileAxis(data.Struct):
    """Where a tile starts and ends in one direction; see :class:`zeroleap.hw.axis.Axis`.

    Attributes
    ----------
    inputs : int
        Input coordinates to visit, less one.
    last : int
        Last output coordinate of the tile.
    outputs : int
        Outputs of the tile that the first input is too early to meet. It is not too early for the
        first of them.
    phase : int
        ``(input + padding - first tap) % stride`` of the first input.
    meets : bits
        Taps with which the first input meets an output.
    kernel : bits
        Taps that there are.
    psum : address
        Of the output that the first input meets with a tap below ``stride``, modulo 2**12; the
        tile's first output is at 0, and one beyond its last counts on.
    """

    inputs: unsigned(12)
    last: unsigned(12)
    outputs: unsigned(12)
    phase: unsigned(8)
    meets: unsigned(POSITIONS)
    kernel: unsigned(POSITIONS)
    psum: unsigned(12)


class Tile(data.Struct):
    """Output pixels and channels whose partial sums live in the lanes together.

    A kernel of more taps than a block has positions is done in parts, each by a `Tile` of its own;
    all but the last have ``is_part``.

    Attributes
    ----------
    is_part : bool
        Another part follows, with the same partial sums.
    is_bound, group : bool, int
        It is for this group; otherwise, for the first that is ready.
    y, x : TileAxis
    input_address : words
        First pixel to visit.
    words : int
        Words to visit of each pixel, less one.
    last_mask : 4 bits
        Bytes in use of the last of them.
    weights : weight address
        First block of the first channel.
    channels : int
        Output channels, less one.
    group_channels : int
        Output channels of a group, if ``shared``: the first so many are the first group's.
    output_address, operand_address : bytes
        First pixel, first channel.
    parameters : int
        `Parameter` of the first channel.
    """

    opcode: Opcode
    is_part: unsigned(1)
    is_bound: unsigned(1)
    group: unsigned(3)
    y: TileAxis
    x: TileAxis
    input_address: unsigned(20)
    words: unsigned(12)
    last_mask: unsigned(4)
    weights: unsigned(20)
    channels: unsigned(14)
    group_channels: unsigned(14)
    output_address: unsigned(22)
    operand_address: unsigned(22)
    parameters: unsigned(14)


class Header(data.Struct):
    """Which weights of a block a lane has, and where they are.

    Attributes
    ----------
    mask : bits
        Positions whose weight is not zero.
    weights : address
        Of the first of them; the others follow.
    """

    mask: unsigned(POSITIONS)
    weights: unsigned(16)


class Parameter(data.Struct):
    """Bias and scale of an output channel, for :class:`zeroleap.hw.requantizer.Requantizer`."""

    bias: signed(32)
    multiplier: unsigned(31)
    left_shift: unsigned(5)
    right_shift: unsigned(5)


class Route(data.Struct):
    """Which lane of a group has an output channel, and the partial sum within a pixel."""

    lane: unsigned(7)
    slot: unsigned(11)


PARAMETER_WORDS = 4
"""32-bit words of an entry of the parameter SRAM: a `Parameter`, and in the last a `Route`."""

RECORD_WORDS = {
    Opcode.END: 1,
    Opcode.LAYER: -(-Layer.as_shape().size // 32),
    Opcode.TILE: -(-Tile.as_shape().size // 32),
}
"""32-bit words of each kind of record."""

COUNTERS = ("products", "words_read", "words_written", "cycles")
"""Counters of a layer, in the order in which they are stored."""

COUNTER_STRIDE = 4
"""Words from one layer's counters to the next layer's."""


class Space(enum.Enum):
    """What a host address belongs to.

    ``WEIGHTS`` has a row for each weight address, a byte a lane, and ``HEADERS`` a row for each
    block, a `Header` a lane; see `row_bytes`. ``PARAMETERS`` has `PARAMETER_WORDS` an entry,
    ``COUNTERS`` `COUNTER_STRIDE` words a layer, ``TABLES`` 256 a table, of a byte each.
    """

    CONTROL = 0
    PROGRAM = 1
    WEIGHTS = 2
    PARAMETERS = 3
    ACTIVATIONS = 4
    COUNTERS = 5
    HEADERS = 6
    TABLES = 7


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

    @property
    def is_command(self) -> Value:
        return self.write & (self.space == Space.CONTROL)


def row_bytes(lanes: int, item_bytes: int) -> int:
    """Host bytes of a row of items, one a lane: a power of two, and whole words."""
    return max(WORD_BYTES, 1 << (lanes * item_bytes - 1).bit_length())


def encode(shape: Any, fields: Mapping[str, Any], words: int) -> list[int]:
    """Lay ``fields`` out as a struct of ``shape``, in ``words`` 32-bit words, lowest first.

    Raises
    ------
    ValueError
        If a field is missing, unknown, or too large.
    """
    bits = shape.const(_checked(shape, fields)).as_bits()
    if bits >> 32 * words:
        raise ValueError(f"{shape.__name__} must fit in {words} words, not {bits:#x}")
    return [bits >> 32 * index & 0xFFFFFFFF for index in range(words)]


def decode(shape: Any, words: list[int]) -> Any:
    """Read a struct of ``shape`` back from 32-bit words; the opposite of `encode`."""
    bits = sum(int(word) << 32 * index for index, word in enumerate(words))
    return shape.from_bits(bits & (1 << shape.as_shape().size) - 1)


def _checked(shape: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    layout = {name: field.shape for name, field in shape.as_shape()}
    if layout.keys() != fields.keys():
        raise ValueError(f"{shape.__name__} has {sorted(layout)}, not {sorted(fields)}")
    return {
        name: _checked_value(f"{shape.__name__}.{name}", layout[name], value)
        for name, value in fields.items()
    }


def _checked_value(name: str, shape: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _checked(shape, value)
    if isinstance(value, Sequence):
        if len(value) != shape.length:
            raise ValueError(f"{name} must have {shape.length} elements, not {len(value)}")
        return [_checked_value(name, shape.elem_shape, element) for element in value]
    if isinstance(value, enum.Enum):
        return value
    low = -(1 << shape.width - 1) if shape.signed else 0
    high = (1 << shape.width - (1 if shape.signed else 0)) - 1
    if not low <= value <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {value}")
    return int(value)
