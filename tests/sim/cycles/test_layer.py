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
from zeroleap.hw.isa import RECORD_WORDS, Combination, Opcode
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

    The layer's record takes effect when it is loaded, words and 2 cycles; the tile's a cycle and as
    much later. Its word is read 2 cycles later, its activation found 4 after that, in the lanes'
    queue 2 after that, its block in the first stage 2 after that, its turn when it has passed the
    stages. The end is a cycle behind in the queue, so that its turn is the cycle after the
    product's; 9 later (`Picker`, `Lane` and a cycle) its sums are there, which is known a cycle
    later. Drained: 2 cycles to begin, 5 in `Drain`, 9 in `Requantizer`, 1 in `Table`, 1 a value, 1
    to see that it is written, 1 to go on; then 4 counters.
    """
    graph = one_by_one()
    [counters] = predicted(
        graph, {"x0": np.ones((1, 1, 1, 1), np.int8)}, sparsity=sparsity, lanes=1
    )
    loaded = RECORD_WORDS[Opcode.LAYER] + 2 + 1 + RECORD_WORDS[Opcode.TILE] + 2
    end = loaded + 2 + 4 + 2 + 2 + stages + 1
    cycles = end + 9 + 1 + 2 + 5 + 9 + 1 + 1 + 1 + 1 + 4
    assert counters.cycles == cycles
    assert (counters.products, counters.words_read, counters.words_written) == (1, 1, 1)


LAYER = RECORD_WORDS[Opcode.LAYER] + 2
TILE = 1 + RECORD_WORDS[Opcode.TILE] + 2
"""Cycles until a record may take effect."""
FIRST = LAYER + TILE
"""When the first tile does."""
TOLD = 1
"""From the last sum, or an open bank, until it is known."""
WRITTEN = 2 + 5 + 9 + 1 + 1
"""From there until a single group has written, less the number of values."""


def a_tile(front, done, values=1, group=None, is_part=0):
    """A tile of so many cycles until the front end is done, and the lanes; maybe bound."""
    axis = SimpleNamespace(last=0)
    return SimpleNamespace(
        **{"front": front, "done": done, "channels": values - 1, "group_channels": 4},
        **{"y": axis, "x": axis, "is_part": is_part},
        **{"is_bound": group is not None, "group": group or 0},
    )


@pytest.fixture
def sequenced(monkeypatch):
    """Run the sequencer on made-up tiles.

    Gives for each tile the front end that took it, when, and since when the banks are open; and all
    cycles.
    """

    def run(*tiles, groups=1, shared=0):
        walked = []
        fronts = [object() for _ in range(groups)]

        def walk_tile(stream, lanes, decided, turn, *, is_part, opens, has_queue):
            tile = tiles[len(walked)]
            assert is_part == tile.is_part
            assert has_queue
            assert turn.after(LAYER + 1) == LAYER + 1 + (0 if shared else fronts.index(lanes))
            walked.append((fronts.index(lanes), decided, opens))
            done = [] if is_part else [decided + tile.done + 100 * n for n in range(len(opens))]
            return decided + tile.front, done

        ways = {"combination": Combination.NONE.value, "scatters": 0}
        layer = SimpleNamespace(channelwise=0, input_zero_point=0, shared=shared, **ways)
        program = LayerProgram(layer, list(tiles), Opcode.END)
        module = "zeroleap.sim.cycles.layer"
        stream = SimpleNamespace(products=0, is_here=np.zeros(0, bool))
        monkeypatch.setattr(f"{module}.walk_tile", walk_tile)
        monkeypatch.setattr(f"{module}.lane_times", lambda *_, **__: fronts)
        monkeypatch.setattr(f"{module}.stream_of_tile", lambda *_: stream)
        monkeypatch.setattr(f"{module}.decode_program", lambda _: [program])
        image = compile_graph(one_by_one(), replace(ROOMY, lanes=4 * groups, groups=groups))
        [counters] = predict(image, {"x0": np.ones((1, 1, 1, 1))})
        return walked, counters.cycles

    return run


def test_a_tile_begins_when_the_one_before_is_pending(sequenced):
    """1000 cycles each; sums are there 10 later, and written with one value."""
    walked, cycles = sequenced(*[a_tile(1000, 1010)] * 3)
    begun = [FIRST, FIRST + 1001, FIRST + 2002]
    written = [at + 1010 + TOLD + WRITTEN + 1 for at in begun]
    opens = [TOLD, written[0] + TOLD, written[1] + TOLD]
    assert walked == [(0, at, [is_open]) for at, is_open in zip(begun, opens, strict=True)]
    assert cycles == written[2] + 1 + 4


def test_a_record_that_is_not_yet_loaded_is_waited_for(sequenced):
    parts = [a_tile(2, 2, is_part=1)] * 3
    walked, _ = sequenced(*parts, a_tile(2, 2))
    assert [decided for _, decided, _ in walked] == [LAYER + n * TILE for n in range(1, 5)]


def test_only_one_tile_waits_for_the_lanes(sequenced):
    """The second pends when the first does no more, and only then the third is taken."""
    walked, _ = sequenced(*[a_tile(5, 500)] * 3)
    assert [decided for _, decided, _ in walked] == [FIRST, FIRST + TILE, FIRST + 503]


def test_a_tile_is_drained_after_the_one_before(sequenced):
    """Each is computed soon, and takes 5000 cycles and more to be written."""
    walked, cycles = sequenced(*[a_tile(50, 60, values=5000)] * 2)
    assert [decided for _, decided, _ in walked] == [FIRST, FIRST + 51]
    assert cycles == FIRST + 60 + TOLD + 2 * (WRITTEN + 5000) + 5


def test_parts_are_drained_once_with_the_last(sequenced):
    parts = [a_tile(100, 0, values=9, is_part=1)] * 2
    walked, cycles = sequenced(*parts, a_tile(100, 120, values=9))
    assert walked == [(0, FIRST + n * 101, [TOLD]) for n in range(3)]
    assert cycles == FIRST + 202 + 120 + TOLD + WRITTEN + 9 + 5


def test_a_tile_goes_to_the_first_group_that_is_ready(sequenced):
    """The third finds the second group ready, the fourth the first; the fifth, both."""
    times = [1000, 100, 2000, 500, 10]
    walked, _ = sequenced(*[a_tile(time, time + 1) for time in times], groups=2)
    third = FIRST + TILE + 101
    fourth = FIRST + 1001
    assert [(group, decided) for group, decided, _ in walked] == [
        *((0, FIRST), (1, FIRST + TILE), (1, third), (0, fourth), (0, fourth + 501)),
    ]


def test_of_groups_that_are_ready_the_first_is_taken(sequenced):
    """Each tile is done before the next is loaded; or both groups are ready in the same cycle."""
    walked, _ = sequenced(*[a_tile(2, 3)] * 4, groups=4)
    assert [group for group, *_ in walked] == [0, 0, 0, 0]
    times = [1000 + TILE, 1000, 5]
    walked, _ = sequenced(*[a_tile(time, time) for time in times], groups=2)
    assert [(group, decided) for group, decided, _ in walked][2] == (0, FIRST + TILE + 1001)


def test_a_tile_that_is_bound_waits_for_its_group(sequenced):
    """Parts of two tiles in turn; the second group's take longer."""
    parts = [a_tile(50, 0, group=0, is_part=1), a_tile(300, 0, group=1, is_part=1)]
    walked, _ = sequenced(*parts, a_tile(50, 60, group=0), a_tile(300, 310, group=1), groups=2)
    begun = [FIRST, FIRST + TILE, FIRST + 51, FIRST + TILE + 301]
    assert [(group, decided) for group, decided, _ in walked] == [
        *zip([0, 1, 0, 1], begun, strict=True)
    ]
    assert [opens for *_, opens in walked] == [[TOLD]] * 4
    walked, _ = sequenced(a_tile(9, 9, group=1), a_tile(900, 900, group=1), groups=2)
    assert [group for group, *_ in walked] == [1, 1]


def test_a_tile_that_is_shared_waits_for_all_groups(sequenced):
    """Of two tiles of 8 channels, 4 a group, the second group has its sums 100 cycles later.

    The first tile is pending for both in 51; the second is, when the first is no longer, in the
    second group. Turns are those of groups, even if all read in all cycles.
    """
    tiles = [a_tile(50, 60, values=8)] * 3
    walked, cycles = sequenced(*tiles, groups=2, shared=1)
    assert [(front, decided) for front, decided, _ in walked] == [
        *((0, FIRST), (0, FIRST + 51), (0, FIRST + 163)),
    ]

    def written(drain, group):
        """Two frames of 2 values."""
        begun = drain + TOLD + 2
        begun += (LAYER + 1 + group - begun) % 2
        return begun + 2 + 2 + 15 + 1

    first = [written(FIRST + 60, 0), written(FIRST + 160, 1)]
    second = [written(FIRST + 111, 0), written(FIRST + 211, 1)]
    assert [opens for *_, opens in walked] == [
        [TOLD] * 2,
        *([at + TOLD for at in each] for each in (first, second)),
    ]
    assert cycles == written(FIRST + 163 + 160, 1) + 5


def test_a_layer_ends_when_all_groups_have_written(sequenced):
    """The first tile takes the longest, on the first group of two."""
    _, cycles = sequenced(a_tile(3000, 3000), a_tile(10, 10), groups=2)
    begun = FIRST + 3001 + 2  # when the front end is done, the lanes are known to be
    begun += (LAYER + 1 - begun) % 2
    assert cycles == begun + 2 + 15 + 1 + 5


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
        assert first.cycles == second.cycles + RECORD_WORDS[Opcode.LAYER] + 2


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
def test_no_input_of_one_group_takes_more_than_the_most(sparsity):
    """With more groups, one that has less to do may take a tile that another would do sooner."""
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
