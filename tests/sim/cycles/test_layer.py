"""Counters of whole layers: from the definition, by hand, and against the most there can be."""

from dataclasses import replace

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
