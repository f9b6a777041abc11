"""What the compiler refuses, in words that say how much is missing, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError, InputError
from zeroleap.gen.ir import Convolution, Graph, MaxPool, Padding, Requantization, Tensor
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import RECORD_WORDS, Header, Opcode, decode
from zeroleap.sim.cycles.program import decode_program

ROOMY = EngineConfig(lanes=4, activation_bytes=2**16, weight_bytes=2**14, parameters=2**10)


def network(size=(6, 6), channels=(4, 12), kernel=(3, 3), stride=(1, 1), padding=None, layers=1):
    """One convolution, and pools behind it."""
    padding = padding or Padding()
    out = [
        (room + sum(sides) - span) // step + 1
        for room, span, step, sides in zip(
            size,
            kernel,
            stride,
            ((padding.top, padding.bottom), (padding.left, padding.right)),
            strict=True,
        )
    ]
    ones = np.ones(channels[1], np.int32)
    convolution = Convolution(
        *("first", "CONV_2D", ("x",), "y0"),
        weights=np.ones((channels[1], *kernel, channels[0]), np.int8),
        bias=ones,
        stride=stride,
        padding=padding,
        requantization=Requantization(ones * 2**30, ones * -5),
        clamp=(-128, 127),
    )
    pools = [
        MaxPool(
            f"pool{n}", "MAX_POOL_2D", (f"y{n - 1}",), f"y{n}", (1, 1), (1, 1), Padding(), (0, 9)
        )
        for n in range(1, layers)
    ]
    tensors = [Tensor("x", (1, *size, channels[0]))]
    tensors += [Tensor(f"y{n}", (1, *out, channels[1])) for n in range(layers)]
    return Graph(
        name="network",
        tensors={tensor.name: tensor for tensor in tensors},
        inputs=("x",),
        outputs=(f"y{layers - 1}",),
        operators=(convolution, *pools),
    )


@pytest.mark.parametrize(
    ("field", "room", "message"),
    [
        ("weight_bytes", 107, "108 bytes of weights a lane, but weight_bytes is 107; 1 more"),
        ("parameters", 10, "14 channel parameters, but parameters is 10; 4 more"),
        ("layers", 2, "3 layers, but layers is 2; 1 more"),
        ("activation_bytes", 256, "activations need .* but activation_bytes is 256; .* more"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_by_how_much(field, room, message):
    graph = network(layers=3)
    compile_graph(graph, ROOMY)
    with pytest.raises(InputError, match=message):
        compile_graph(graph, replace(ROOMY, **{field: room}))


def test_a_program_that_does_not_fit_is_refused_by_how_much():
    graph = network(layers=3)
    tiny = replace(ROOMY, partial_sums=4)  # 16 pixels of 3 channels a lane, each on its own
    image = compile_graph(graph, tiny)
    needed = len(image.program)
    tiles = sum(layer.tiles for layer in image.layers)
    sizes = {Opcode.LAYER: 3, Opcode.TILE: tiles, Opcode.END: 1}
    assert needed == sum(RECORD_WORDS[kind] * count for kind, count in sizes.items())
    compile_graph(graph, replace(tiny, program_words=needed))
    with pytest.raises(InputError, match=f"needs {needed} words of program, .* 1 more are needed"):
        compile_graph(graph, replace(tiny, program_words=needed - 1))


def test_what_just_fits_is_accepted():
    image = compile_graph(network(layers=3), ROOMY)
    needs = {
        "weight_bytes": len(image.weights),
        "parameters": len(image.parameters),
        "layers": len(image.layers),
        "activation_bytes": 4 * max(p.address + p.words for p in image.placements.values()),
    }
    compile_graph(network(layers=3), replace(ROOMY, **needs))
    assert (needs["weight_bytes"], needs["parameters"]) == (3 * 36, 12 + 2)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"size": (600, 1), "kernel": (1, 1), "stride": (256, 1)}, "stride is 256; .* at most 255"),
        ({"size": (1026, 1), "kernel": (513, 1), "stride": (200, 1)}, "kernel is 513; .* 512"),
        (
            {"size": (4097, 1), "kernel": (1, 1), "stride": (2, 1), "channels": (1, 1)},
            "height and width is 4097; .* at most 4096",
        ),
        (
            {"size": (1, 1), "kernel": (1, 1), "channels": (1, 16385)},
            "channels is 16385; .* at most 16384",
        ),
    ],
)
def test_what_no_engine_can_do_is_refused_by_name(shape, message):
    with pytest.raises(InputError, match=rf"layer 'first' \(CONV_2D\): {message}"):
        compile_graph(network(**shape), replace(ROOMY, activation_bytes=2**20))


def test_the_largest_kernel_is_done_in_parts():
    image = compile_graph(network(size=(1, 512), kernel=(1, 512), channels=(1, 1)), ROOMY)
    [program] = decode_program(image)
    assert image.layers[0].tiles == 1
    assert [tile.is_part for tile in program.tiles] == [1] * 31 + [0]  # 32 times 16 taps


@pytest.mark.parametrize("sparsity", ["none", "activation", "both"])
def test_memories_follow_each_other_layer_by_layer(sparsity):
    """Each layer's weights and headers begin where those of the layer before end."""
    first = network(size=(3, 3), channels=(4, 8), kernel=(3, 3))
    operator = replace(
        network(size=(1, 1), channels=(8, 12), kernel=(1, 1)).operators[0],
        **{"name": "second", "inputs": ("y0",), "output": "y1"},
    )
    graph = replace(
        first,
        tensors={**first.tensors, "y1": Tensor("y1", (1, 1, 1, 12))},
        outputs=("y1",),
        operators=(*first.operators, operator),
    )
    image = compile_graph(graph, replace(ROOMY, sparsity=sparsity))
    one, two = decode_program(image)
    # 2 slots of 9 taps for each of 4 channels are 2 blocks each; then 3 slots for each of 8
    assert len(image.weights) == 2 * 9 * 4 + 3 * 8
    assert len(image.headers) == (2 * 4 + 8 if sparsity == "both" else 0)
    assert [tile.weights for tile in one.tiles] == [0]
    assert [tile.weights for tile in two.tiles] == [8 if sparsity == "both" else 72]
    assert [one.tiles[0].parameters, two.tiles[0].parameters] == [0, 8]
    assert len(image.parameters) == 20
    if sparsity == "both":
        header = decode(Header, [image.headers[8, 0]])
        assert (header.mask, header.weights) == (0b111, 72)


def test_weights_that_are_zero_take_no_room_with_both():
    graph = network(size=(3, 3), layers=1)  # one pixel, one tile
    [operator] = graph.operators
    weights = np.zeros_like(operator.weights)
    weights[[0, 5, 7], 0, 0, 0] = 1
    graph = replace(graph, operators=(replace(operator, weights=weights),))
    image = compile_graph(graph, replace(ROOMY, sparsity="both"))
    assert len(image.weights) == 1  # of three in four lanes
    tight = replace(ROOMY, sparsity="both", headers=12)
    assert len(compile_graph(graph, tight).headers) == 3 * 4
    with pytest.raises(InputError, match="12 headers of weights a lane, but headers is 11; 1 more"):
        compile_graph(graph, replace(tight, headers=11))


GROUPS = EngineConfig(lanes=16, groups=4, weight_bytes=2**14, parameters=2**10, program_words=2**12)


def field(**options):
    """A layer of many pixels: groups do better with tiles of their own, and all weights."""
    return network(size=(40, 40), channels=(8, 8), kernel=(3, 3), **options)


@pytest.mark.parametrize(
    ("sparsity", "memory", "alone"),
    [("none", "weight_bytes", 2 * 72), ("both", "weight_bytes", 2 * 72), ("both", "headers", 16)],
)
def test_groups_share_where_weights_do_not_fit_otherwise(sparsity, memory, alone):
    """8 channels of 72 weights are 2 in each of 4 lanes, and 1 in each where two groups share."""
    config = replace(GROUPS, sparsity=sparsity)
    for room, is_shared in ((alone, 0), (alone - 1, 1), (alone // 2, 1)):
        image = compile_graph(field(), replace(config, **{memory: room}))
        [program] = decode_program(image)
        assert program.layer.shared == is_shared
        received = {"weight_bytes": len(image.weights), "headers": len(image.headers)}[memory]
        assert received == (alone // 2 if is_shared else alone)
    what = {"weight_bytes": "bytes of weights", "headers": "headers of weights"}[memory]
    room = alone // 2 - 1
    message = f"needs {alone // 2} {what} a lane, but {memory} is {room}; 1 more are needed"
    with pytest.raises(CapacityError, match=message):
        compile_graph(field(), replace(config, **{memory: room}))


def test_one_group_has_nothing_to_share():
    with pytest.raises(
        CapacityError, match=r"needs 144 bytes of weights a lane, .* is 143; 1 more"
    ):
        compile_graph(field(), replace(GROUPS, lanes=4, groups=1, weight_bytes=143))


def test_sharing_does_not_help_where_activations_do_not_fit():
    with pytest.raises(CapacityError, match=r"activations need .* but activation_bytes is 12800"):
        compile_graph(field(), replace(GROUPS, activation_bytes=12800))
