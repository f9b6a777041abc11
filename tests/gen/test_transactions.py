"""Requests carry every word of an image to the address that it belongs to."""

from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.gen.memory import Placement
from zeroleap.gen.transactions import (
    command,
    load_image,
    read_counters,
    read_tensor,
    write_tensor,
)
from zeroleap.hw.isa import Command, HostRequest, Space


def unpacked(requests):
    """Return (space, address, data or None) of each request."""
    assert requests.dtype == np.uint64
    return [
        (Space(fields.space), fields.address, fields.data if fields.write else None)
        for fields in (HostRequest.from_bits(int(request)) for request in requests)
    ]


def image(lanes, weights=(), headers=()):
    return SimpleNamespace(
        program=np.array([7, 0xFFFF_FFFF], np.uint32),
        weights=np.array(weights, np.int8).reshape(-1, lanes),
        headers=np.array(headers, np.uint32).reshape(-1, lanes),
        parameters=np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.uint32),
        placements={"x": Placement(100, 1, 2, 3), "k": Placement(50, 1, 1, 5)},
        tables=np.zeros((0, 256), np.int8),
        constants={},
    )


def words_of(space, image):
    return [(at, data) for kind, at, data in unpacked(load_image(image)) if kind == space]


def test_program_and_parameters_lie_word_after_word():
    assert words_of(Space.PROGRAM, image(1)) == [(0, 7), (1, 0xFFFF_FFFF)]
    assert words_of(Space.PARAMETERS, image(1)) == [*enumerate(range(1, 9))]


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        # A row of bytes takes a whole word at least, and a power of two of bytes.
        (1, [0x01, 0xFE]),
        (4, [0x04_03_FE_01, 0x08_07_06_FB]),
        (5, [0x04_03_FE_01, 0xFB, 0x09_08_07_06, 0xF6]),
        (9, [0x04_03_FE_01, 0x08_07_06_FB, 0x09, 0, 0x0D_0C_0B_F6, 0xEF_10_F1_0E, 0x12, 0]),
    ],
)
def test_a_row_of_weights_takes_whole_words(lanes, expected):
    weights = np.arange(1, 2 * lanes + 1)
    weights[1::1] *= np.where(np.isin(weights[1:], (2, 5, 10, 15, 17)), -1, 1)
    assert words_of(Space.WEIGHTS, image(lanes, weights)) == [*enumerate(expected)]


@pytest.mark.parametrize(("lanes", "row"), [(1, 1), (2, 2), (3, 4), (5, 8), (64, 64)])
def test_a_row_of_headers_takes_a_power_of_two_words(lanes, row):
    headers = np.arange(2 * lanes, dtype=np.uint32) + 0xFFFF_0000
    received = words_of(Space.HEADERS, image(lanes, headers=headers))
    assert [at for at, _ in received] == [*range(2 * row)]
    for index, start in ((0, 0), (1, row)):
        data = [data for _, data in received[start : start + row]]
        own = headers[index * lanes : (index + 1) * lanes].tolist()
        assert data == own + [0] * (row - lanes)


def test_an_image_without_headers_writes_none():
    assert words_of(Space.HEADERS, image(3, [1, 2, 3])) == []


def test_an_entry_of_a_table_has_a_word():
    """256 a table, each the byte of a value from -128 on."""
    both = image(1)
    assert words_of(Space.TABLES, both) == []
    both.tables = np.stack([np.arange(-128, 128), np.arange(127, -129, -1)]).astype(np.int8)
    words = words_of(Space.TABLES, both)
    assert [at for at, _ in words] == [*range(512)]
    assert [data for _, data in words] == [
        (v & 0xFF) for v in (*range(-128, 128), *range(127, -129, -1))
    ]


def test_constants_go_to_their_places():
    loaded = image(1)
    assert words_of(Space.ACTIVATIONS, loaded) == []
    loaded.constants = {"k": np.array([[[[1, -2, 3, -4, 5]]]], np.int8)}
    assert words_of(Space.ACTIVATIONS, loaded) == [(50, 0xFC_03_FE_01), (51, 0x05)]


def test_a_tensor_goes_to_its_place_and_comes_back():
    values = np.array([[[[1, -2, 3], [-4, 5, 6]]]], np.int8)
    assert unpacked(write_tensor(image(1), "x", values)) == [
        (Space.ACTIVATIONS, 100, 0x00_03_FE_01),
        (Space.ACTIVATIONS, 101, 0x00_06_05_FC),
    ]
    expected = [(Space.ACTIVATIONS, 100, None), (Space.ACTIVATIONS, 101, None)]
    assert unpacked(read_tensor(image(1), "x")) == expected


def test_counters_of_a_layer_are_four_words():
    expected = [(Space.COUNTERS, address, None) for address in (8, 9, 10, 11)]
    assert unpacked(read_counters(2)) == expected


@pytest.mark.parametrize("which", Command)
def test_a_command_is_a_word_of_control(which):
    assert unpacked(command(which)) == [(Space.CONTROL, 0, which.value)]
