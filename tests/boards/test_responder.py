"""The board's end of the protocol, frame by frame on a wire."""

import zlib

import numpy as np
import pytest
from link_bench import BYTE, CONFIG, DIVISOR, SILENCE, converse

from zeroleap.boards.frames import MARK_BY_HOST, MOST_WORDS, Kind, Outcome
from zeroleap.boards.link.coding import Ask, encode, find_answer
from zeroleap.hw.isa import Command, Space

IDENTITY = Ask(Kind.READ, count=2)
WORDS = np.array([0x04030201, 0xFFFFFFFF, 0x80000001], np.uint32)


def write(address=0x0102FF, words=WORDS):
    return Ask(Kind.WRITE, Space.WEIGHTS, address, len(words), words)


async def ask(host, what, sequence=7, turn=False):
    """Send a request, and give the answer to it."""
    await host.send(encode(what, sequence, turn))
    answer = find_answer(await host.hear(), what, sequence)
    assert answer is not None
    return answer


def test_a_frame_on_the_wire_worked_by_hand():
    """Bytes as in the README's tables, and CRCs by zlib."""

    async def talk(host):
        header = bytes([0x5A, 0x4C, 2 << 4 | 1 << 2, 7, 0xFE, 0xFF, 0x02, 0x01])
        words = bytes([1, 2, 3, 4, 5, 6, 7, 8])
        for part in (header, words):
            await host.send(part + zlib.crc32(part).to_bytes(4, "little"))
        answer = bytes([0x7A, 7, 0, 1])
        assert await host.hear() == answer + zlib.crc32(answer).to_bytes(4, "little")
        first = Space.WEIGHTS, 0x010300
        assert host.words == {first: 0x04030201, (Space.WEIGHTS, 0x010301): 0x08070605}

    converse(talk)


def test_writes_and_reads_words_at_rising_addresses():
    async def talk(host):
        assert (await ask(host, write())).outcome == Outcome.DONE
        assert host.words == {
            (Space.WEIGHTS, 0x0102FF + at): word for at, word in enumerate(WORDS.tolist())
        }
        for count in (1, 2, 3):
            answer = await ask(host, Ask(Kind.READ, Space.WEIGHTS, 0x0102FF, count), count)
            assert answer.words.tolist() == WORDS[:count].tolist()

    converse(talk)


@pytest.mark.slow
def test_takes_the_longest_frame():
    count = MOST_WORDS
    words = np.arange(count, dtype=np.uint32) * 0x01010101

    async def talk(host):
        assert (await ask(host, write(0, words))).outcome == Outcome.DONE
        assert len(host.words) == count
        answer = await ask(host, Ask(Kind.READ, Space.WEIGHTS, 0, count))
        assert answer.words.tolist() == words.tolist()

    converse(talk)


def test_says_what_it_is_while_the_engine_runs():
    async def talk(host):
        answer = await ask(host, IDENTITY)
        assert answer.words.tolist() == [int(CONFIG.digest, 16), 0]
        assert (answer.busy, answer.marked, answer.version) == (False, False, 1)
        host.busy = True
        assert (await ask(host, IDENTITY)).busy

    converse(talk)


def test_keeps_a_mark():
    async def talk(host):
        for mark in (MARK_BY_HOST | 0x12345678, 0x00FF00AA):
            assert (await ask(host, Ask(Kind.MARK, mark=mark))).outcome == Outcome.DONE
            for _ in range(2):
                answer = await ask(host, IDENTITY)
                assert answer.words[1] == mark
                assert answer.marked == bool(mark & MARK_BY_HOST)

    converse(talk)


def test_does_a_command_once_for_each_turn():
    async def talk(host):
        resume = Ask(Kind.COMMAND, address=Command.RESUME.value)
        for turn, done in [(True, 1), (True, 1), (False, 2), (False, 2), (True, 3)]:
            answer = await ask(host, resume, turn=turn)
            assert (answer.outcome, answer.turn) == (Outcome.DONE, turn)
            assert host.commands == [Command.RESUME.value] * done

    converse(talk)


def test_refuses_all_but_identity_and_a_repeated_command_while_the_engine_runs():
    async def talk(host):
        run = Ask(Kind.COMMAND, address=Command.RUN.value)
        await ask(host, run, turn=True)
        host.busy = True
        for refused in (write(), Ask(Kind.READ, Space.COUNTERS, 0, 4)):
            assert (await ask(host, refused)).outcome == Outcome.REFUSED
        answer = await ask(host, run, turn=False)
        assert (answer.outcome, answer.turn) == (Outcome.REFUSED, True)
        assert (await ask(host, run, turn=True)).outcome == Outcome.DONE
        assert (host.commands, host.words) == ([Command.RUN.value], {})
        host.busy = False
        assert (await ask(host, write())).outcome == Outcome.DONE

    converse(talk)


@pytest.mark.parametrize("bit", [0, 16, 18, 20, 24, 32, 40, 63, 64, 95])
def test_does_nothing_of_a_damaged_header(bit):
    async def talk(host):
        frame = bytearray(encode(write(), 7, turn=True))
        frame[bit // 8] ^= 1 << bit % 8
        await host.send(frame)
        assert find_answer(await host.hear(), write(), 7).outcome == Outcome.DAMAGED
        assert (host.words, host.commands) == ({}, [])
        assert (await ask(host, write())).outcome == Outcome.DONE

    converse(talk)


@pytest.mark.parametrize("byte", [12, 23, 24, 27])
def test_damaged_words_are_written_again_where_they_belong(byte):
    async def talk(host):
        frame = bytearray(encode(write(), 7, turn=True))
        frame[byte] ^= 0x10
        await host.send(frame)
        assert find_answer(await host.hear(), write(), 7).outcome == Outcome.DAMAGED
        assert set(host.words) == {(Space.WEIGHTS, 0x0102FF + at) for at in range(len(WORDS))}
        await ask(host, write())
        assert list(host.words.values()) == WORDS.tolist()

    converse(talk)


@pytest.mark.parametrize("length", [1, 4, 11, 12, 13, 23, 27])
def test_forgets_half_a_frame_after_a_silence(length):
    async def talk(host):
        await host.send(encode(write(), 7, turn=True)[:length])
        await host.pause(SILENCE * DIVISOR // 2)
        assert await host.hear(BYTE // 2) == b""
        assert find_answer(await host.hear(), write(), 7).outcome == Outcome.DAMAGED
        assert (await ask(host, IDENTITY)).outcome == Outcome.DONE

    converse(talk)


@pytest.mark.parametrize("noise", ["break", "spike", "byte"])
@pytest.mark.parametrize("after", [0, 5, 14])
def test_noise_is_survived(noise, after):
    async def talk(host):
        frame = encode(write(), 7, turn=True)
        await host.send(frame[:after])
        if noise == "byte":
            await host.send(b"\x5a")
        else:
            await host.hold(1 if noise == "spike" else 3 * BYTE)
        await host.send(frame[after:])
        heard = find_answer(await host.hear(), write(), 7)
        assert heard.outcome == (Outcome.DONE if noise == "spike" else Outcome.DAMAGED)
        await ask(host, write())
        assert list(host.words.values()) == WORDS.tolist()

    converse(talk)


def test_noise_during_an_answer_does_not_change_it():
    async def talk(host):
        await host.send(encode(IDENTITY, 7, turn=False) + b"\x00\x55\xff")
        answer = find_answer(await host.hear(), IDENTITY, 7)
        assert answer.words.tolist() == [int(CONFIG.digest, 16), 0]

    converse(talk)
