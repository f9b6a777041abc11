"""What flows between the blocks of the front end and the lanes."""

from amaranth import signed, unsigned
from amaranth.lib import data

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import TAPS_BITS

__all__ = ["Activation", "Product", "Word"]

_WEIGHT = unsigned(20)
_PSUM = unsigned(12)
_LANE = unsigned(6)


class Word(data.Struct):
    """Neighbouring channels of one pixel, as they lie in the activation SRAM, and what they meet.

    Attributes
    ----------
    data : bytes
    mask : bits
        Bytes that are channels of the tensor.
    weight, psum : addresses
        For the first byte, its lowest tap and first slot.
    taps_y, taps_x : int
        Taps that the pixel meets in each direction, not 0.
    lane : int
        Lane of the first byte, if the layer is channelwise.
    """

    data: data.ArrayLayout(signed(8), WORD_BYTES)
    mask: unsigned(WORD_BYTES)
    weight: _WEIGHT
    psum: _PSUM
    taps_y: unsigned(TAPS_BITS)
    taps_x: unsigned(TAPS_BITS)
    lane: _LANE


class Activation(data.Struct):
    """One activation that the lanes must multiply; fields as in `Word`.

    ``value`` is the activation less its zero point.
    """

    value: signed(9)
    weight: _WEIGHT
    psum: _PSUM
    taps_y: unsigned(TAPS_BITS)
    taps_x: unsigned(TAPS_BITS)
    lane: _LANE


class Product(data.Struct):
    """One multiplication of every enabled lane: where its weight is, and where its sum goes."""

    value: signed(9)
    weight: _WEIGHT
    psum: _PSUM
