"""Records go into words and come back, and what does not fit is refused."""

import random

import pytest
from amaranth.lib import data

from zeroleap.hw.isa import (
    COUNTER_STRIDE,
    COUNTERS,
    PARAMETER_WORDS,
    POSITIONS,
    RECORD_WORDS,
    Combination,
    Header,
    HostRequest,
    Layer,
    LayerAxis,
    Opcode,
    Parameter,
    Route,
    Space,
    Tile,
    TileAxis,
    decode,
    encode,
    row_bytes,
)

SHAPES = [Layer, Tile, LayerAxis, TileAxis, Parameter, Route, Header]


def fields_of(shape, value_of):
    """Fill every field of a struct, also of the structs and arrays within."""
    return {name: filled(field.shape, value_of) for name, field in shape.as_shape()}


def filled(shape, value_of):
    if shape is Opcode:
        return Opcode.TILE
    if shape is Combination:
        return Combination.SUBTRACT
    if isinstance(shape, data.ArrayLayout):
        return [value_of(shape.elem_shape) for _ in range(shape.length)]
    if isinstance(shape, type) and issubclass(shape, data.Struct):
        return fields_of(shape, value_of)
    return value_of(shape)


def read_back(value):
    """Read a struct field by field."""
    if isinstance(value, data.Const) and isinstance(value.shape(), data.ArrayLayout):
        return [read_back(element) for element in value]
    if isinstance(value, data.Const):
        return {name: read_back(value[name]) for name, _ in value.shape()}
    return value


def numbers(fields):
    return {name: getattr(value, "value", value) for name, value in fields.items()}


def limits(shape):
    half = 1 << shape.width - 1
    return (-half, half - 1) if shape.signed else (0, 2 * half - 1)


GENERATOR = random.Random(0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "value_of",
    [
        lambda shape: limits(shape)[0],
        lambda shape: limits(shape)[1],
        lambda shape: GENERATOR.randint(*limits(shape)),
    ],
    ids=["lowest", "highest", "random"],
)
def test_what_is_encoded_is_decoded(shape, value_of):
    fields = fields_of(shape, value_of)
    count = -(-shape.as_shape().size // 32)
    words = encode(shape, fields, count)
    assert len(words) == count
    assert all(0 <= word < 2**32 for word in words)
    assert read_back(decode(shape, words)) == numbers(fields)
    assert encode(shape, fields, count + 1) == [*words, 0]
    beyond = -(1 << (shape.as_shape().size - 1) % 32 + 1) & 0xFFFF_FFFF
    assert read_back(decode(shape, [*words[:-1], words[-1] | beyond])) == numbers(fields)


def test_words_are_lowest_first():
    """The bias is the first word; the multiplier's 31 bits and one of the left shift the second."""
    fields = {"bias": -2, "multiplier": 2**31 - 1, "left_shift": 0b00011, "right_shift": 0b10000}
    assert encode(Parameter, fields, 4) == [0xFFFF_FFFE, 0xFFFF_FFFF, 0b10000_0001, 0]


def test_arrays_are_lowest_first():
    """8 bits of a phase, 12 of a step, then a tap in each 4 bits."""
    fields = {"last_phase": 0x12, "psum_step": 0x345, "taps": list(range(POSITIONS))}
    assert encode(LayerAxis, fields, 3) == [0x2103_4512, 0xA987_6543, 0x000F_EDCB]


def test_a_header_is_a_mask_and_an_address():
    """The host writes it as one word."""
    assert encode(Header, {"mask": 0x1234, "weights": 0xABCD}, 1) == [0xABCD_1234]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": 2**31}, r"^Parameter.bias must be in -2147483648..2147483647, not 2147483648$"),
        ({"bias": -(2**31) - 1}, r"^Parameter.bias must be in .*, not -2147483649$"),
        ({"left_shift": -1}, r"^Parameter.left_shift must be in 0..31, not -1$"),
        ({"left_shift": 32}, r"^Parameter.left_shift must be in 0..31, not 32$"),
        ({"scale": 1}, r"^Parameter has \['bias', .*\], not \[.*'scale'"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fields = {"bias": 0, "multiplier": 0, "left_shift": 0, "right_shift": 0}
    with pytest.raises(ValueError, match=message):
        encode(Parameter, fields | change, PARAMETER_WORDS)
    with pytest.raises(ValueError, match="not"):
        encode(Parameter, {"bias": 0}, PARAMETER_WORDS)


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        ({"last_phase": 256}, "last_phase must be in 0..255, not 256$"),
        ({"taps": [0] * 15 + [16]}, "taps must be in 0..15, not 16$"),
        ({"taps": [-1] + [0] * 15}, "taps must be in 0..15, not -1$"),
        ({"tap": 1}, r"has \['last_phase', 'psum_step', 'taps'\], not "),
    ],
)
def test_what_does_not_fit_within_is_refused(inner, message):
    fields = fields_of(Layer, lambda _: 0)
    fields["x"] = fields["x"] | inner
    with pytest.raises(ValueError, match=message):
        encode(Layer, fields, RECORD_WORDS[Opcode.LAYER])


def test_an_opcode_is_in_the_lowest_bits_of_every_record():
    for shape, opcode in ((Layer, Opcode.LAYER), (Tile, Opcode.TILE)):
        assert shape.as_shape()["opcode"].offset == 0
        fields = fields_of(shape, lambda shape: limits(shape)[1]) | {"opcode": opcode}
        words = encode(shape, fields, RECORD_WORDS[opcode])
        assert words[0] & 0b11 == opcode.value
        assert 0 <= 32 * len(words) - shape.as_shape().size < 32


def test_an_end_is_one_word():
    assert RECORD_WORDS.keys() == set(Opcode)
    assert RECORD_WORDS[Opcode.END] == 1


def test_a_parameter_leaves_one_word_for_its_route():
    assert Parameter.as_shape().size <= 32 * (PARAMETER_WORDS - 1)
    assert Route.as_shape().size <= 32


def test_the_counters_of_a_layer_fit_in_their_stride():
    assert len(COUNTERS) <= COUNTER_STRIDE
    assert len(set(COUNTERS)) == len(COUNTERS)


def test_a_request_fits_in_64_bits():
    assert HostRequest.as_shape().size <= 64
    for space in Space:
        for write in (0, 1):
            fields = {"data": 2**32 - 1, "address": 2**24 - 1, "space": space, "write": write}
            assert read_back(decode(HostRequest, encode(HostRequest, fields, 2))) == numbers(fields)


@pytest.mark.parametrize(
    ("lanes", "item", "size"),
    [
        *[(1, 1, 4), (4, 1, 4), (5, 1, 8), (8, 1, 8), (9, 1, 16), (33, 1, 64), (64, 1, 64)],
        *[(1, 4, 4), (2, 4, 8), (3, 4, 16), (4, 4, 16), (5, 4, 32), (33, 4, 256), (64, 4, 256)],
    ],
)
def test_a_row_is_a_power_of_two_and_whole_words(lanes, item, size):
    assert row_bytes(lanes, item) == size
