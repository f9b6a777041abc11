"""What the compiler refuses, in words that say how much is missing, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest
from random_layers import random_network

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.image import Image
from zeroleap.gen.ir import Convolution, Graph, MaxPool, Padding, Requantization, Tensor
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import RECORD_WORDS
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
    assert needed == RECORD_WORDS * (sum(1 + layer.tiles for layer in image.layers) + 1)
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
        (
            {"size": (1, 63), "kernel": (1, 32), "channels": (1, 1)},
            "kernel over stride is 32; .* at most 31",
        ),
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


def test_a_kernel_as_wide_as_the_map_meets_few_outputs():
    """40 taps over 1 output are 1 a position: what counts is the number of outputs met."""
    compile_graph(network(size=(1, 40), kernel=(1, 40), channels=(1, 1)), ROOMY)


def test_an_image_is_saved_and_loaded(tmp_path):
    graph, _ = random_network(1, 10)
    config = replace(ROOMY, program_words=4096, weight_bytes=2**15)
    image = compile_graph(graph, config)
    image.save(tmp_path / "image.npz")
    loaded = Image.load(tmp_path / "image.npz")
    for field in ("name", "config", "placements", "inputs", "outputs", "layers"):
        assert getattr(loaded, field) == getattr(image, field)
    for field in ("program", "weights", "parameters"):
        ours, theirs = getattr(loaded, field), getattr(image, field)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_a_program_is_read_back_as_layers_and_tiles():
    image = compile_graph(network(layers=3), replace(ROOMY, partial_sums=8))
    program = decode_program(image)
    assert [len(tiles) for _, tiles in program] == [layer.tiles for layer in image.layers]
    assert [layer.maximum for layer, _ in program] == [0, 1, 1]
    cut = replace(image, program=image.program[:-RECORD_WORDS])
    with pytest.raises(ValueError, match="last record must be an end"):
        decode_program(cut)
