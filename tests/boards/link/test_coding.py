"""Frames as bytes, against frames laid out by hand."""

import numpy as np
import pytest
from fake_board import seal

from zeroleap.boards.frames import Kind, Outcome
from zeroleap.boards.link.coding import Ask, encode, find_answer
from zeroleap.hw.isa import Space

READ = Ask(Kind.READ, Space.COUNTERS, 8, 2)
DONE = seal(bytes([0x7A, 9, 0b11000, 1, 1, 2, 3, 4, 5, 6, 7, 8]))


@pytest.mark.parametrize(
    ("ask", "header"),
    [
        (READ, [0x5A, 0x4C, 5 << 4, 9, 0xFE, 7, 0, 0]),
        (Ask(Kind.READ, Space.ACTIVATIONS, 0, 256), [0x5A, 0x4C, 4 << 4, 9, 0, 0xFF, 0xFF, 0xFF]),
        (Ask(Kind.COMMAND, address=2), [0x5A, 0x4C, 2 << 2, 9, 0xFF, 2, 0, 0]),
        (Ask(Kind.MARK, mark=0x89ABCDEF), [0x5A, 0x4C, 3 << 2, 9, 0xEF, 0xCD, 0xAB, 0x89]),
    ],
)
def test_headers_are_as_in_the_tables(ask, header):
    assert encode(ask, 9, turn=False) == seal(bytes(header))
    header[2] |= 0x80
    assert encode(ask, 9, turn=True) == seal(bytes(header))


def test_words_follow_with_a_crc_of_their_own():
    words = np.array([0x04030201, 0x80000000], np.uint32)
    frame = encode(Ask(Kind.WRITE, Space.PROGRAM, 1, 2, words), 0, turn=False)
    assert frame[12:] == seal(bytes([1, 2, 3, 4, 0, 0, 0, 0x80]))


def test_reads_an_answer():
    answer = find_answer(DONE, READ, 9)
    assert (answer.outcome, answer.busy, answer.turn, answer.marked) == (
        Outcome.DONE,
        False,
        True,
        True,
    )
    assert answer.words.tolist() == [0x04030201, 0x08070605]


def test_finds_an_answer_behind_noise_and_other_answers():
    other = seal(bytes([0x7A, 8, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9]))
    assert find_answer(b"\x7a\x00\x7a" + other + DONE + b"\x7a", READ, 9).words[0] == 0x04030201
    assert find_answer(other, READ, 9) is None


def test_waits_for_the_whole_answer():
    for length in range(len(DONE)):
        assert find_answer(DONE[:length], READ, 9) is None


def test_no_bit_of_an_answer_may_differ():
    for bit in range(8 * len(DONE)):
        damaged = bytearray(DONE)
        damaged[bit // 8] ^= 1 << bit % 8
        assert find_answer(bytes(damaged), READ, 9) is None


@pytest.mark.parametrize(("outcome", "sequence", "found"), [(1, 200, True), (2, 200, False)])
def test_damaged_answers_any_request(outcome, sequence, found):
    answer = find_answer(seal(bytes([0x7A, sequence, outcome, 1])), READ, 9)
    assert (answer is not None) == found


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"kind": Kind.READ, "count": 0}, "count must be in 1..256"),
        ({"kind": Kind.READ, "count": 257}, "count must be in 1..256"),
        ({"kind": Kind.READ, "address": 1 << 24}, "address must be in"),
        ({"kind": Kind.MARK, "mark": 1 << 32}, "mark must be in"),
        ({"kind": Kind.WRITE, "space": Space.PROGRAM, "count": 2}, "words must be 2, not 0"),
        ({"kind": Kind.WRITE, "words": np.zeros(1, np.uint32)}, "use a COMMAND"),
    ],
)
def test_refuses_what_no_frame_can_say(fields, rule):
    with pytest.raises(ValueError, match=rule):
        Ask(**fields)
