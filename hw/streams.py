"""What flows between the blocks of the front end and the lanes."""

from amaranth import signed, unsigned
from amaranth.lib import data

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import POSITIONS

__all__ = ["BELOW", "Activation", "Block", "Product", "Word", "shortened"]

BELOW = (POSITIONS // 2, 3 * POSITIONS // 4)
"""Positions up to which the weights of a block are counted ahead."""

_WEIGHTS = unsigned(20)
_PSUM = unsigned(12)
_LANE = unsigned(7)


class Word(data.Struct):
    """Neighbouring channels of one pixel, as they lie in the activation SRAM, and what they meet.

    Attributes
    ----------
    is_end : bool
        No data: the tile's last word was the one before.
    data : bytes
    mask : bits
        Bytes that are channels of the tensor.
    weights : weight address
        First block of the first byte.
    psum : address
        Of the output that the pixel meets with taps below the stride; first slot.
    positions : bits
        Positions of a block whose taps meet an output; not all 0.
    lane : int
        Lane of the first byte, if the layer is channelwise.
    """

    is_end: unsigned(1)
    data: data.ArrayLayout(signed(8), WORD_BYTES)
    mask: unsigned(WORD_BYTES)
    weights: _WEIGHTS
    psum: _PSUM
    positions: unsigned(POSITIONS)
    lane: _LANE


class Activation(data.Struct):
    """One activation that the lanes must multiply; fields as in `Word`.

    ``value`` is the activation less its zero point.
    """

    is_end: unsigned(1)
    value: signed(9)
    weights: _WEIGHTS
    psum: _PSUM
    positions: unsigned(POSITIONS)
    lane: _LANE


class Block(data.Struct):
    """One activation and one block of weights; fields as in `Activation`.

    ``kernel`` has the positions whose weights are stored, the first of them at ``weights``;
    ``positions`` those to multiply by. ``below`` counts those of ``kernel`` below each of `BELOW`.
    """

    is_end: unsigned(1)
    value: signed(9)
    weights: _WEIGHTS
    psum: _PSUM
    positions: unsigned(POSITIONS)
    kernel: unsigned(POSITIONS)
    below: data.ArrayLayout(4, len(BELOW))
    lane: _LANE


class Product(data.Struct):
    """One multiplication: where its weight is, and where its sum goes.

    ``lane`` is the one that multiplies, in channelwise layers of lanes in step.
    """

    value: signed(9)
    weight: _WEIGHTS
    psum: _PSUM
    lane: _LANE


def shortened(fields: type[data.Struct], **depths: int) -> data.StructLayout:
    """Lay out the fields of a payload with the bits that an engine of some sizes looks at.

    Parameters
    ----------
    fields : subclass of Struct
    depths : int
        By name of a field: of the memory that it is an address of.
    """
    return data.StructLayout(
        {
            name: unsigned((depths[name] - 1).bit_length()) if name in depths else field.shape
            for name, field in fields.as_shape()
        }
    )
