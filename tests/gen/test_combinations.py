"""Parameters of what is done on a way out, played as `zeroleap.hw.elementwise` says it is done."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import graph, pool

from zeroleap.gen.combinations import way_out
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError
from zeroleap.gen.ir import (
    Add,
    Maximum,
    Minimum,
    Multiply,
    Requantization,
    Subtract,
    Sum,
    Tensor,
)
from zeroleap.gen.steps import Step
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Combination, Parameter, decode
from zeroleap.sim.reference import network
from zeroleap.sim.reference.requantize import (
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

VALUES, OPERANDS = (
    grid.reshape(1, 1, -1, 1).astype(np.int8)
    for grid in np.meshgrid([-128, -77, -1, 0, 3, 64, 127], [-128, -50, -2, 0, 1, 90, 127])
)
KINDS = {
    Add: Combination.ADD,
    Subtract: Combination.SUBTRACT,
    Multiply: Combination.MULTIPLY,
    Maximum: Combination.MAXIMUM,
    Minimum: Combination.MINIMUM,
}


def scale(multiplier, shift):
    return Requantization(np.array([multiplier], np.int32), np.array([shift], np.int32))


SCALES = {
    "first": scale(2**30, 0),
    "second": scale(1_300_000_001, -2),
    "requantization": scale(1_900_000_000, -18),
}


def combined(kind, *, swapped=False, zero_points=(5, -9, 20), clamp=(-100, 110)):
    """Return a network of a pool and what follows it, and its step."""
    inputs = ("k", "a") if swapped else ("a", "k")
    fields = dict(SCALES) if issubclass(kind, Sum) else {}
    if kind is Multiply:
        fields["requantization"] = scale(1_400_000_000, -7)
    operator = kind("both", "BOTH", inputs, "y", clamp, **fields)
    if kind in (Maximum, Minimum):
        zero_points = zero_points[:1] * 3
    first = replace(pool("x", "a"), window=(1, 1), stride=(1, 1))
    names = ("a", "k", "y")
    tensors = {
        name: Tensor(name, VALUES.shape, zero_point=zero_point)
        for name, zero_point in zip(names, zero_points, strict=True)
    }
    tensors["x"] = replace(tensors["a"], name="x")
    return graph(tensors, first, operator, inputs=("x", "k")), Step(first, operator)


def scaled(words, values, multiplier=None):
    """Scale with an entry of the parameter SRAM."""
    entry = decode(Parameter, words)
    biased = (values.astype(np.int64) + entry.bias) << entry.left_shift
    assert np.all(np.abs(biased) < 2**31)
    high = saturating_rounding_doubling_high_mul(
        biased, entry.multiplier if multiplier is None else multiplier
    )
    return rounding_divide_by_pot(high, entry.right_shift)


def play(way):
    """Combine all values and operands, of which each is the first or the second as they come."""
    value, operand = VALUES.astype(np.int64), OPERANDS.astype(np.int64)
    of_value, of_operand, last = way.parameters
    match way.combination:
        case Combination.ADD:
            total = scaled(of_value, value) + scaled(of_operand, operand)
        case Combination.SUBTRACT:
            total = scaled(of_value, value) - scaled(of_operand, operand)
        case Combination.SUBTRACT_FROM:
            total = scaled(of_operand, operand) - scaled(of_value, value)
        case Combination.MULTIPLY:
            total = scaled(of_value, value, (operand - way.operand_zero_point) << 8)
        case Combination.MAXIMUM:
            total = scaled(of_value, np.maximum(value, operand))
        case Combination.MINIMUM:
            total = scaled(of_value, np.minimum(value, operand))
    return np.clip(scaled(last, total) + way.output_zero_point, *way.clamp)


@pytest.mark.parametrize("zero_points", [(5, -9, 20), (-128, 127, 10), (127, -128, 20)])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_way_is_the_operator(kind, swapped, zero_points):
    """Whichever input comes from the layer."""
    net, step = combined(kind, swapped=swapped, zero_points=zero_points)
    way = way_out(net, step)
    expected_kind = KINDS[kind]
    if kind is Subtract and swapped:
        expected_kind = Combination.SUBTRACT_FROM
    assert (way.combination, way.operand, way.clamp) == (expected_kind, "k", (-100, 110))
    expected = network.run(net, {"x": VALUES, "k": OPERANDS})["y"]
    np.testing.assert_array_equal(play(way), expected)
    assert len(np.unique(expected)) > 5


def test_factors_go_with_their_operand():
    """5 and -9 are zero points of ``a`` and ``k``, of which either is first."""
    for swapped in (False, True):
        net, step = combined(Add, swapped=swapped)
        first, second = (decode(Parameter, words) for words in way_out(net, step).parameters[:2])
        assert (first.bias, second.bias) == (-5, 9)
        assert (first.left_shift, second.left_shift) == (20, 20)
        scales = [(2**30, 0), (1_300_000_001, 2)]
        found = [(each.multiplier, each.right_shift) for each in (first, second)]
        assert found == (scales[::-1] if swapped else scales)


def test_a_layer_alone_has_no_way():
    net, step = combined(Add)
    assert way_out(net, Step(step.operator)) is None


def test_an_engine_without_combinations_refuses_them_by_name():
    net, _ = combined(Add)
    with pytest.raises(CapacityError, match=r"'both' .* combines two maps, but combinations is 0"):
        compile_graph(net, EngineConfig(combinations=0))
    assert compile_graph(net, EngineConfig())
