"""Records go into words and come back, and what does not fit is refused."""

import random

import pytest
from amaranth.lib import data

from zeroleap.hw.isa import (
    RECORD_WORDS,
    HostRequest,
    Layer,
    Opcode,
    Parameter,
    Tile,
    decode,
    encode,
    weight_row_words,
)

SHAPES = [Layer, Tile, Parameter]


def fields_of(shape, value_of):
    """Fill every field of a struct, also of the structs within."""
    filled = {}
    for name, field in shape.as_shape():
        if name == "opcode":
            filled[name] = Opcode.TILE
        elif isinstance(field.shape, type) and issubclass(field.shape, data.Struct):
            filled[name] = fields_of(field.shape, value_of)
        else:
            filled[name] = value_of(field.shape)
    return filled


def limits(shape):
    half = 1 << shape.width - 1
    return (-half, half - 1) if shape.signed else (0, 2 * half - 1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "value_of",
    [
        lambda shape: limits(shape)[0],
        lambda shape: limits(shape)[1],
        lambda shape: random.Random(shape.width).randint(*limits(shape)),
    ],
    ids=["lowest", "highest", "random"],
)
def test_what_is_encoded_is_decoded(shape, value_of):
    fields = fields_of(shape, value_of)
    words = encode(shape, fields, RECORD_WORDS)
    assert len(words) == RECORD_WORDS
    assert all(0 <= word < 2**32 for word in words)
    assert decode(shape, words) == shape.const(fields)


def test_words_are_lowest_first():
    """The bias is the first word; the multiplier's 31 bits and one of the left shift the second."""
    fields = {"bias": -2, "multiplier": 2**31 - 1, "left_shift": 0b00011, "right_shift": 0b10000}
    assert encode(Parameter, fields, 3) == [0xFFFF_FFFE, 0xFFFF_FFFF, 0b10000_0001]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": 2**31}, r"Parameter.bias must be in -2147483648..2147483647, not 2147483648"),
        ({"left_shift": -1}, r"Parameter.left_shift must be in 0..31, not -1"),
        ({"scale": 1}, r"Parameter has \['bias', .*\], not \[.*'scale'"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fields = {"bias": 0, "multiplier": 0, "left_shift": 0, "right_shift": 0}
    with pytest.raises(ValueError, match=message):
        encode(Parameter, fields | change, 3)
    with pytest.raises(ValueError, match="not"):
        encode(Parameter, {"bias": 0}, 3)


def test_an_opcode_is_in_the_lowest_bits_of_every_record():
    for shape in (Layer, Tile):
        assert shape.as_shape()["opcode"].offset == 0
        assert shape.as_shape().size <= 32 * RECORD_WORDS


def test_a_request_fits_in_64_bits():
    assert HostRequest.as_shape().size <= 64


@pytest.mark.parametrize(
    ("lanes", "words"),
    [(1, 1), (4, 1), (5, 2), (8, 2), (9, 4), (16, 4), (17, 8), (33, 16), (64, 16)],
)
def test_a_row_of_weights_is_a_power_of_two_words(lanes, words):
    assert weight_row_words(lanes) == words
