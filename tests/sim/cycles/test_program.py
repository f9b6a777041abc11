"""A program is read back as its layers and their tiles, each record as long as its kind."""

from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.hw.isa import RECORD_WORDS, Layer, Opcode, Tile
from zeroleap.sim.cycles.program import decode_program

L, T, E = Opcode.LAYER, Opcode.TILE, Opcode.END
SHAPES = {L: Layer, T: Tile}


def random_record(random, kind):
    words = random.integers(0, 2**32, RECORD_WORDS[kind]).tolist()
    words[0] = words[0] & ~3 | kind.value
    return words


def program(*kinds):
    """Return random records, and an image with their words."""
    random = np.random.default_rng(0)
    records = [random_record(random, kind) for kind in kinds]
    words = np.array([word for record in records for word in record], np.uint32)
    return records, SimpleNamespace(program=words)


def bits(record, kind):
    mask = (1 << SHAPES[kind].as_shape().size) - 1
    return sum(word << 32 * index for index, word in enumerate(record)) & mask


def test_layers_have_the_tiles_that_follow_and_know_what_is_next():
    kinds = (L, T, T, L, T, L, T, E)
    records, image = program(*kinds)
    layers = decode_program(image)
    assert [len(layer.tiles) for layer in layers] == [2, 1, 1]
    assert [layer.next for layer in layers] == [L, L, E]
    read = [item.as_bits() for layer in layers for item in (layer.layer, *layer.tiles)]
    expected = [
        bits(record, kind) for record, kind in zip(records, kinds, strict=True) if kind != E
    ]
    assert read == expected


def test_an_end_alone_is_no_layer():
    assert decode_program(SimpleNamespace(program=np.array([0], np.uint32))) == []


def test_a_program_without_an_end_is_refused():
    with pytest.raises(ValueError, match="last record must be an end"):
        decode_program(program(L, T)[1])


@pytest.mark.parametrize("rest", [(L, T, E), (E,), (T,)])
def test_an_end_before_the_last_is_refused(rest):
    before = RECORD_WORDS[L] + RECORD_WORDS[T]
    with pytest.raises(ValueError, match=f"word {before} must not be an end before the last"):
        decode_program(program(L, T, E, *rest)[1])
