"""Counters of whole layers: from the definition, by hand, and against the most there can be."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from random_layers import random_network

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    Graph,
    Padding,
    Requantization,
    Tensor,
)
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import RECORD_WORDS, Opcode
from zeroleap.sim.cycles import most_cycles, predict
from zeroleap.sim.cycles.program import LayerProgram
from zeroleap.sim.reference.macs import effectual_macs

ROOMY = EngineConfig(lanes=5, weight_bytes=2**15, headers=2**13, program_words=2**13)
KINDS = ("none", "activation", "both")


def one_by_one(channels=(1, 1), layers=1):
    """Convolutions of one pixel by 1 x 1, each of an input of its own."""
    ones = np.ones(channels[1], np.int32)
    operators = [
        Convolution(
            *(f"layer{n}", "CONV", (f"x{n}",), f"y{n}"),
            weights=np.ones((channels[1], 1, 1, channels[0]), np.int8),
            bias=ones,
            stride=(1, 1),
            padding=Padding(),
            requantization=Requantization(ones * 2**30, ones * 0),
            clamp=(-128, 127),
        )
        for n in range(layers)
    ]
    tensors = {f"x{n}": Tensor(f"x{n}", (1, 1, 1, channels[0])) for n in range(layers)}
    tensors |= {f"y{n}": Tensor(f"y{n}", (1, 1, 1, channels[1])) for n in range(layers)}
    names = ([f"{kind}{n}" for n in range(layers)] for kind in "xy")
    return Graph("net", tensors, *map(tuple, names), tuple(operators))


def predicted(graph, values, **fields):
    return predict(compile_graph(graph, replace(ROOMY, **fields)), values)


@pytest.mark.parametrize(("sparsity", "stages"), [("none", 1), ("activation", 1), ("both", 3)])
def test_the_smallest_layer_by_hand(sparsity, stages):
    """One product.

    The layer's record takes effect when it is loaded, words and a cycle; the tile's a cycle and as
    much later. Its word is read 2 cycles later, its activation queued 3 after that, its block in
    the first stage 2 after that, its turn when it has passed the stages. The end is a cycle behind
    in the queue, so that its turn is the cycle after the product's; 9 later (`Picker`, `Lane` and a
    cycle) its sums are there. Drained: 2 cycles to begin, 5 in `Drain`, 9 in `Requantizer`, 1 a
    value, 1 to see that it is written, 1 to go on; then 4 counters.
    """
    graph = one_by_one()
    [counters] = predicted(
        graph, {"x0": np.ones((1, 1, 1, 1), np.int8)}, sparsity=sparsity, lanes=1
    )
    loaded = RECORD_WORDS[Opcode.LAYER] + 1 + 1 + RECORD_WORDS[Opcode.TILE] + 1
    end = loaded + 2 + 3 + 2 + stages + 1
    cycles = end + 9 + 2 + 5 + 9 + 1 + 1 + 1 + 4
    assert counters.cycles == cycles
    assert (counters.products, counters.words_read, counters.words_written) == (1, 1, 1)


LAYER = RECORD_WORDS[Opcode.LAYER] + 1
TILE = 1 + RECORD_WORDS[Opcode.TILE] + 1
"""Cycles until a record may take effect."""


@pytest.fixture
def sequenced(monkeypatch):
    """Run the sequencer on made-up tiles: (values, is_part, cycles of the front end, of lanes).

    Gives for each tile when it was decided on and when the other bank was open, and all cycles.
    """

    def run(*tiles):
        walked = []

        def walk_tile(stream, lanes, decided, *, is_part, is_open):
            walked.append((decided, is_open))
            _, _, front, done = tiles[len(walked) - 1]
            return decided + front, decided + done

        axis = SimpleNamespace(last=0)
        records = [
            SimpleNamespace(y=axis, x=axis, channels=values - 1, is_part=is_part)
            for values, is_part, _, _ in tiles
        ]
        layer = SimpleNamespace(channelwise=0, input_zero_point=0)
        stream = SimpleNamespace(products=0, counts=[])
        module = "zeroleap.sim.cycles.layer"
        monkeypatch.setattr(f"{module}.walk_tile", walk_tile)
        monkeypatch.setattr(f"{module}.stream_of_tile", lambda *_: stream)
        monkeypatch.setattr(
            f"{module}.decode_program", lambda _: [LayerProgram(layer, records, Opcode.END)]
        )
        [counters] = predict(compile_graph(one_by_one(), ROOMY), {"x0": np.ones((1, 1, 1, 1))})
        return walked, counters.cycles

    return run


def test_a_tile_begins_when_the_front_end_is_done_with_the_one_before(sequenced):
    """1000 cycles each; sums are there 10 later; 16 + 1 value + 1 cycles later they are written."""
    walked, cycles = sequenced(*[(1, 0, 1000, 1010)] * 3)
    first = LAYER + TILE
    assert [decided for decided, _ in walked] == [first, first + 1000, first + 2000]
    assert [is_open for _, is_open in walked] == [0, first + 1010 + 18, first + 2010 + 18]
    assert cycles == first + 3010 + 18 + 5


def test_a_record_that_is_not_yet_loaded_is_waited_for(sequenced):
    walked, _ = sequenced(*[(1, 1, 2, 2)] * 3, (1, 0, 2, 2))
    assert [decided - LAYER for decided, _ in walked] == [TILE, 2 * TILE, 3 * TILE, 4 * TILE]


def test_only_one_tile_waits_for_the_lanes(sequenced):
    """The third is decided on when the sums of the first are there, a cycle later."""
    walked, _ = sequenced(*[(1, 0, 5, 500)] * 3)
    first = LAYER + TILE
    assert [decided for decided, _ in walked] == [first, first + TILE, first + 501]


def test_a_tile_is_drained_after_the_one_before(sequenced):
    """Each is computed soon, and takes 5000 cycles and 17 to be written."""
    walked, cycles = sequenced(*[(5000, 0, 50, 60)] * 2)
    first = LAYER + TILE
    assert [decided for decided, _ in walked] == [first, first + 50]
    assert cycles == first + 60 + 2 * 5017 + 5


def test_parts_are_drained_once_with_the_last(sequenced):
    walked, cycles = sequenced((9, 1, 100, 0), (9, 1, 100, 0), (9, 0, 100, 120))
    first = LAYER + TILE
    assert [is_open for _, is_open in walked] == [0, 0, 0]
    assert cycles == first + 200 + 120 + 16 + 9 + 1 + 5


def test_a_zero_saves_its_products():
    """One channel a lane: a cycle, and a product for each lane of 5, less for each zero."""
    values = np.ones((1, 1, 1, 8), np.int8)
    fewer = values.copy()
    fewer[0, 0, 0, [2, 5]] = 0
    graph = one_by_one(channels=(8, 5))
    for sparsity, saved in (("none", 0), ("activation", 2), ("both", 2)):
        [full], [less] = (
            predicted(graph, {"x0": given}, sparsity=sparsity) for given in (values, fewer)
        )
        assert full.cycles - less.cycles == saved
        assert full.products - less.products == 5 * saved
        assert full.words_read == less.words_read
        assert full.words_written == less.words_written == 5


def test_the_first_layer_waits_for_its_record_and_others_do_not():
    """Later ones are read while the layer before is computed, if that takes long enough."""
    graph = one_by_one((64, 1), layers=3)
    values = {f"x{n}": np.ones((1, 1, 1, 64), np.int8) for n in range(3)}
    for sparsity in KINDS:
        first, second, third = predicted(graph, values, sparsity=sparsity, lanes=1)
        assert second == third
        assert first.cycles == second.cycles + RECORD_WORDS[Opcode.LAYER] + 1


@pytest.mark.parametrize("sparsity", KINDS)
def test_random_layers_have_the_products_that_count(sparsity):
    graph, inputs = random_network(3, 60)
    config = replace(ROOMY, weight_bytes=2**16, program_words=2**14)
    image = compile_graph(graph, replace(config, sparsity=sparsity))
    for operator, counters in zip(graph, predict(image, inputs), strict=True):
        assert counters.words_written == graph.tensors[operator.output].size
        if sparsity == "both" and isinstance(operator, Convolution | DepthwiseConvolution):
            values = inputs[operator.input]
            assert counters.products == effectual_macs(graph, operator, values)


@pytest.mark.parametrize("sparsity", KINDS)
def test_no_input_takes_more_than_the_most(sparsity):
    graph, inputs = random_network(4, 40)
    image = compile_graph(graph, replace(ROOMY, sparsity=sparsity, partial_sums=40))
    most = most_cycles(image)
    full = {name: np.full_like(values, 5) for name, values in inputs.items()}
    assert all(graph.tensors[name].zero_point != 5 for name in inputs)
    cycles = [sum(run.cycles for run in predict(image, values)) for values in (inputs, full)]
    if sparsity == "none":
        assert cycles == [most, most]
    else:
        assert cycles[0] < most
        assert cycles[1] == most
