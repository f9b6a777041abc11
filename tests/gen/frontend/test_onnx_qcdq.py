"""QCDQ: integers that a Clip limits to fewer than 8 bits, within one step of onnxruntime."""

import numpy as np
import pytest
from onnx_models import Net, convolution, refusal, write
from onnx_oracle import compared, of_kind

from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Convolution
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference import network


class Clipped(Net):
    """Quantises with a Clip between."""

    def clip(self, name, low, high, kind=None):
        bounds = [
            ""
            if bound is None
            else self.constant(f"{name}_{what}", np.array(bound).astype(kind or self.dtype))
            for what, bound in (("low", low), ("high", high))
        ]
        return self.node("Clip", [name, *bounds], f"{name}_k")

    def quantize_within(self, name, scale, zero_point, low, high):
        parameters = self.scale(name, scale, zero_point)
        self.node("QuantizeLinear", [name, *parameters], f"{name}_q")
        return self.node(
            "DequantizeLinear", [self.clip(f"{name}_q", low, high), *parameters], f"{name}_d"
        )


@pytest.mark.parametrize(
    ("unsigned", "zero_point", "low", "high"),
    [
        (False, 3, -8, 7),
        (False, 0, -127, None),
        (False, 3, None, -100),
        (True, 0, 0, 15),
        (True, 130, None, 200),
        (True, 130, 100, None),
    ],
)
def test_activations_of_few_bits(tmp_path, unsigned, zero_point, low, high):
    net = Clipped((1, 3, 6, 5), unsigned)
    y = net.quantize_within("x", 0.05, zero_point, low, high)
    graph = compared(tmp_path, net.model(y, net.in_shape), steps=0, values=1)
    (layer,) = of_kind(graph, "table")
    assert (layer.name, layer.source) == ("n_x_q_k", "Clip")
    all_steps = np.arange(256) if unsigned else np.arange(-128, 128)
    assert np.array_equal(layer.values.astype(int) + 128 * unsigned, np.clip(all_steps, low, high))


@pytest.mark.parametrize("is_quantised", [False, True])
def test_weights_are_limited_before_anything_runs(tmp_path, is_quantised):
    net = Clipped((1, 2, 6, 5))
    x = net.quantize("x", 0.05, 0)
    whole = net.random.integers(-128, 128, (600, 2, 3, 3)).astype(np.int8)  # more than shapes have
    scale = net.scale("w", 0.01, 0)
    if is_quantised:
        net.constant("w", whole.astype(np.float32) * np.float32(0.01))
        w = net.clip(net.node("QuantizeLinear", ["w", *scale], "w_q"), -7, 7)
    else:
        w = net.clip(net.constant("w", whole), -7, 7)
    w = net.node("DequantizeLinear", [w, *scale], "w_d")
    y = net.quantize(net.node("Conv", [x, w], "c"), 0.1, 0)
    graph = load(write(tmp_path, net.model(y, (1, 600, 4, 3))))
    (layer,) = (op for op in graph if isinstance(op, Convolution))
    assert np.array_equal(layer.weights, np.clip(whole, -7, 7).transpose(0, 2, 3, 1))


def test_a_layer_of_four_bits_ends_in_its_clip(tmp_path):
    net = Clipped((1, 2, 6, 5))
    c = convolution(net, net.quantize("x", 0.05, 0))
    y = net.quantize_within(net.node("Relu", [c], "r"), 0.2, 0, 0, 7)
    graph = compared(tmp_path, net.model(y, (1, 4, 4, 3)))
    legal = legalise(graph)
    assert [op.kind for op in legal][2:4] == ["conv", "table"]
    x = np.full((1, 2, 6, 5), 3, np.float32)
    assert np.array_equal(*(network.run(form, {"x": x})["r_d"] for form in (graph, legal)))


@pytest.mark.parametrize(
    ("low", "high", "kind", "words"),
    [
        (3, -3, np.int8, "min..max is 3.0..-3.0; an ordered range is accepted"),
        ([1, 2], 3, np.int8, "min must be one int8"),
        (0, 3, np.uint8, "min must be one int8"),
        (-3, 3.5, np.float32, "min must be one int8"),
    ],
)
def test_refuses_bounds_that_are_none(tmp_path, low, high, kind, words):
    net = Clipped((1, 6))
    net.clip("x_q", low, high, kind)
    clip = net.nodes.pop()
    y = net.quantize("x", 0.05, 0)
    net.nodes.append(clip)
    y = net.node("DequantizeLinear", ["x_q_k", "x_s", "x_z"], "y")
    assert f"'n_x_q_k' (Clip): {words}" in refusal(tmp_path, net.model(y, (1, 6)))
