"""BatchNormalization of the reader of ONNX files: by hand, and within one step of onnxruntime."""

import math

import numpy as np
import pytest
from onnx_models import SEED, Net, convolution, refusal, write
from onnx_oracle import compared, of_kind

from zeroleap.gen.frontend import load

FOUR = {
    "scale": [1.5, -0.7, 0, 1e-9],
    "bias": [0.3, -2, 2.5, -1],
    "mean": [0.2, -1, 3, 1],
    "variance": [0.5, 2, 1, 0],
}
"""A large factor, a negative one, none, and one that is nothing beside its bias."""


def normalised(net, x, output="n", constants=FOUR, **attributes):
    names = [
        net.constant(f"{output}_{name}", np.array(value, np.float32))
        for name, value in constants.items()
    ]
    return net.node("BatchNormalization", [x, *names], output, **attributes)


def test_one_integer_by_integer(tmp_path):
    net = Net((1, 4))
    constants = {
        "scale": [127, -508, 0, 0],
        "bias": [3, 0, 1, 0],
        "mean": [0, 2, 9, 9],
        "variance": [0, 3, 0, 0],
    }
    n = normalised(net, net.quantize("x", 0.5, -5), constants=constants, epsilon=1.0)
    n = net.quantize(net.node("Relu", [n], "r"), 64.0, 10)
    (layer,) = of_kind(load(write(tmp_path, net.model(n, (1, 4)))), "depthwise")
    assert (layer.name, layer.source, layer.clamp) == ("n_n", "BatchNormalization", (10, 127))
    # factors are 127, -508 / sqrt(3 + 1), 0, 0; offsets 3, 0 + 2 * 254, 1, 0
    assert layer.weights.reshape(-1).tolist() == [127, -127, 0, 0]
    assert layer.bias.tolist() == [6, 508, 2**30, 0]  # in steps of 0.5, 0.5 * 2, 2**-30, 0.5
    # over steps of 64: 2**-7, 2**-6, 2**-36, 2**-7
    assert layer.requantization.multiplier.tolist() == [2**30, 2**30, 0, 2**30]
    assert layer.requantization.shift.tolist() == [-6, -5, 0, -6]


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("shape", [(1, 4), (1, 4, 5), (1, 4, 6, 5)])
def test_maps_rows_and_vectors(tmp_path, shape, unsigned):
    net = Net(shape, unsigned)
    n = normalised(net, net.quantize("x", 0.06, -11), epsilon=1e-3)
    graph = compared(tmp_path, net.model(net.quantize(n, 0.07, 5), shape))
    assert len(of_kind(graph, "depthwise")) == 1


def test_after_a_layer_it_costs_no_move_and_an_activation_may_follow(tmp_path):
    net = Net((1, 2, 6, 5))
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.06, 3)
    n = net.quantize(net.node("Relu", [normalised(net, c)], "r"), 0.07, -128)
    graph = compared(tmp_path, net.model(n, (1, 4, 4, 3)), steps=3)  # the map may differ by a step
    kinds = ["quantize", "transpose", "conv", "depthwise", "transpose", "dequantize"]
    assert [op.kind for op in graph] == kinds


def test_its_scale_may_be_quantised_as_onnxruntime_does_it(tmp_path):
    net = Net((1, 4))
    scale = net.weights("s", (4,), scales=[0.01, 0.02, 0.03, 0.001])
    x = net.quantize("x", 0.06, -11)
    others = [net.constant(f"k{i}", np.float32([1, 2, 3, 4])) for i in range(3)]
    n = net.node("BatchNormalization", [x, scale, *others], "n")
    compared(tmp_path, net.model(net.quantize(n, 0.05, 5), (1, 4)))


@pytest.mark.parametrize(
    ("change", "attributes", "words"),
    [
        ({}, {"training_mode": 1}, "attribute training_mode is 1; accepted: 0"),
        ({"mean": [0, 0, 0]}, {}, "mean has shape (3,); (4,) is accepted"),
        ({"variance": [1, 1, -1, 1]}, {}, "variance + epsilon is not above 0"),
        ({"variance": [1, 1, np.nan, 1]}, {}, "variance + epsilon is not above 0"),
        ({"bias": [1, np.inf, 1, 1]}, {}, "constants are not finite"),
        ({"scale": [1, np.nan, 1, 1]}, {}, "constants are not finite"),
    ],
)
def test_refuses_what_is_no_product_and_sum(tmp_path, change, attributes, words):
    net = Net((1, 4))
    n = normalised(net, net.quantize("x", 0.05, 0), constants={**FOUR, **change}, **attributes)
    message = refusal(tmp_path, net.model(net.quantize(n, 0.05, 0), (1, 4)))
    assert "'n_n' (BatchNormalization): " + words in message


def test_refuses_inputs_that_are_not_quantised_or_of_other_dimensions(tmp_path):
    net = Net()
    c = convolution(net, net.quantize("x", 0.05, 0))
    model = net.model(net.quantize(normalised(net, c), 0.05, 0), (1, 4, 4, 3))
    message = refusal(tmp_path, model)
    assert "'n_n' (BatchNormalization): input is not quantised; QuantizeLinear" in message
    assert "zeroleap quantize" in message
    for shape in ((1, 4, 1, 1, 1), (2, 4), (4,)):
        net = Net((1, math.prod(shape)))
        x = net.node("Reshape", [net.quantize("x", 0.05, 0), net.constant("to", shape)], "y")
        n = normalised(net, net.quantize(x, 0.05, 0))
        message = refusal(tmp_path, net.model(net.quantize(n, 0.05, 0), shape))
        assert f"input has shape {shape}; 2 to 4 dimensions with batch 1" in message
    net = Net((1, 4))
    x = net.quantize("x", 0.05, 0)
    others = [net.constant(f"k{i}", np.ones(4, np.float32)) for i in range(3)]
    n = net.node("BatchNormalization", [x, x, *others], "n")
    message = refusal(tmp_path, net.model(net.quantize(n, 0.05, 0), (1, 4)))
    assert "'n_n' (BatchNormalization): scale is computed; a constant is accepted" in message


def test_random_factors_are_within_one_step_whatever_their_size(tmp_path):
    random = np.random.default_rng(SEED)
    count = 300
    net = Net((1, count))
    constants = {
        "scale": random.standard_normal(count) * 10.0 ** random.integers(-12, 2, count),
        "bias": random.uniform(-3, 3, count),
        "mean": random.uniform(-3, 3, count),
        "variance": 10.0 ** random.uniform(-6, 2, count),
    }
    n = normalised(net, net.quantize("x", 0.05, 4), constants=constants)
    compared(tmp_path, net.model(net.quantize(n, 0.03, 5), (1, count)), values=100)
