"""A board from power-up on, with a flash, frame by frame."""

import zlib

import pytest
from flash_model import FlashModel
from link_bench import CONFIG, DIVISOR, SILENCE, converse

from zeroleap.boards.frames import Kind, Outcome
from zeroleap.boards.link.coding import Ask, encode, find_answer
from zeroleap.hw.isa import Space

AT = 0x1234
IDENTITY = Ask(Kind.READ, count=2)
MARK = 0x40C0FFEE
FIRST, SECOND = (Space.WEIGHTS, 0x010300), (Space.WEIGHTS, 0x010301)
WORDS = {FIRST: 0x04030201, SECOND: 0x08070605}
LONGEST = 4000
"""Cycles from power-up to the end of the last answer to `IMAGE`."""


def sealed(part):
    return part + zlib.crc32(part).to_bytes(4, "little")


def mirrored(frames):
    """Turn each byte's bits round."""
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in frames)


# Two words and a mark, as in the README's tables.
HEADER = sealed(bytes([0x5A, 0x4C, 2 << 4 | 1 << 2, 0, 0xFE, 0xFF, 0x02, 0x01]))
WRITE = HEADER + sealed(bytes([1, 2, 3, 4, 5, 6, 7, 8]))
IMAGE = mirrored(WRITE + sealed(bytes([0x5A, 0x4C, 3 << 2, 0, *MARK.to_bytes(4, "little")])))


def flipped(bit):
    content = bytearray(IMAGE)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


async def identity(host):
    """Ask what the board is, and give its mark."""
    await host.send(encode(IDENTITY, 7, turn=False))
    answer = find_answer(await host.hear(), IDENTITY, 7)
    assert answer.outcome == Outcome.DONE
    assert answer.words[0] == int(CONFIG.digest, 16)
    assert not answer.marked  # by a host
    return answer.words[1]


def test_has_the_image_without_a_host():
    flash = FlashModel(IMAGE, AT)

    async def talk(host):
        assert await host.hear(LONGEST) == b""  # no answer to the flash is for the host
        assert host.words == WORDS
        assert await identity(host) == MARK

    converse(talk, flash)
    bits = 32 + 8 * len(IMAGE)
    assert [len(heard) for heard in flash.heard] == [32, bits]  # not one more


NO_IMAGES = {
    "blank": b"",
    "zeros": bytes(64),
    "damaged header": flipped(3),
    "damaged CRC of a header": flipped(70),
    "a byte": IMAGE[:1],
    "a header": IMAGE[:12],
    "a word": IMAGE[:17],
    "words without a CRC": IMAGE[:20],
    "no mark": mirrored(WRITE),
}


@pytest.mark.parametrize("content", NO_IMAGES.values(), ids=NO_IMAGES)
def test_what_is_no_image_leaves_the_board_to_the_host(content):
    flash = FlashModel(content, AT)

    async def talk(host):
        heard = await host.hear(LONGEST)
        assert find_answer(heard, IDENTITY, 7).outcome == Outcome.DAMAGED
        assert await identity(host) == 0
        await host.send(WRITE)
        assert host.words == WORDS

    converse(talk, flash)
    assert len(flash.heard) == 2


@pytest.mark.parametrize("bit", range(0, 8 * len(IMAGE), 31))
def test_no_damaged_image_is_marked(bit):
    async def talk(host):
        await host.hear(LONGEST)
        assert await identity(host) == 0

    converse(talk, FlashModel(flipped(bit), AT))


@pytest.mark.parametrize("begins", [0, 200, 700, 1000, 1400])
def test_a_host_that_is_too_early_disturbs_nothing_and_is_heard_later(begins):
    async def talk(host):
        await host.pause(begins)
        for _ in range(8):
            await host.send(encode(IDENTITY, 7, turn=False))
        await host.hear(SILENCE * DIVISOR * 4)
        assert host.words == WORDS
        assert await identity(host) == MARK

    converse(talk, FlashModel(IMAGE, AT))
