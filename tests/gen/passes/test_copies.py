"""Where an operator follows no layer, a copy of its input is made that it can follow."""

from dataclasses import replace

import numpy as np
from graphs import add, convolution, factors, graph, same_results

from zeroleap.gen.ir import MaxPool, Padding, Subtract, Table
from zeroleap.gen.passes import legalise, verify
from zeroleap.gen.passes.copies import insert_copies
from zeroleap.gen.steps import followed, steps_of

SHAPES = {"x": (1, 3, 2, 3), "y": (1, 3, 2, 3)}
ROW = (1, 1, 1, 3)
SCALES = dict.fromkeys(("first", "second", "requantization"), factors(1))


def light(operator):
    """Bring results of about any operands into range."""
    scale = replace(factors(1), shift=np.array([-13], np.int32))
    return replace(operator, requantization=scale)


def copied(net):
    """Apply the pass, and hold that all means what it meant."""
    result = verify(insert_copies(verify(net)))
    same_results(net, result)
    return result


def test_two_inputs_get_a_copy_of_the_first():
    net = graph({**SHAPES, "k": SHAPES["x"]}, light(add("x", "k", "y")), inputs=("x", "k"))
    result = copied(net)
    copy, reader = result.operators
    assert isinstance(copy, MaxPool)
    assert (copy.window, copy.stride, copy.padding, copy.clamp) == (
        *((1, 1), (1, 1)),
        *(Padding(), (-128, 127)),
    )
    assert (copy.input, reader.inputs) == ("x", (copy.output, "k"))
    assert copy.output not in net.tensors
    assert result.tensors[copy.output] == replace(net.tensors["x"], name=copy.output)
    [step] = steps_of(result)
    assert (step.operand, step.output) == ("k", "y")


def test_what_follows_a_layer_is_left():
    net = graph(
        {**SHAPES, "a": SHAPES["x"]},
        convolution("x", "a", (3, 1, 1, 3)),
        light(add("a", "x", "y")),
    )
    assert insert_copies(net) is net


def test_a_copy_is_made_of_the_input_that_has_the_outputs_shape():
    for inputs in (("k", "x"), ("x", "k")):
        net = graph({**SHAPES, "k": ROW}, light(add(*inputs, "y")), inputs=("x", "k"))
        copy, reader = copied(net).operators
        assert copy.input == "x"
        assert reader.inputs[inputs.index("k")] == "k"


def test_an_operand_that_is_both_gets_one_copy():
    net = graph(SHAPES, light(add("x", "x", "y")))
    copy, reader = copied(net).operators
    assert reader.inputs == (copy.output, "x")


def test_a_difference_follows_the_layer_that_writes_its_second():
    difference = light(Subtract("sub", "SUB", ("x", "a"), "y", (-128, 127), **SCALES))
    net = graph({**SHAPES, "a": SHAPES["x"]}, convolution("x", "a", (3, 1, 1, 3)), difference)
    assert copied(net).operators == net.operators


def test_a_table_of_an_input_gets_a_copy():
    values = np.random.default_rng(0).permutation(np.arange(-128, 128)).astype(np.int8)
    net = graph(SHAPES, Table("table", "TANH", ("x",), "y", values))
    copy, reader = copied(net).operators
    assert (copy.input, reader.input) == ("x", copy.output)


def test_each_operator_gets_a_copy_of_its_own():
    """The second reads what the first writes; and that is not whole before its way out ends."""
    net = graph({**SHAPES, "a": SHAPES["x"]}, light(add("x", "x", "a")), light(add("a", "x", "y")))
    result = copied(net)
    assert [operator.kind for operator in result] == ["max_pool", "add", "max_pool", "add"]
    assert len({operator.output for operator in result}) == 4
    assert all(followed(result, each) for each in result if not isinstance(each, MaxPool))


def test_of_two_inputs_that_are_repeated_the_first_is_made_whole():
    shapes = {"x": (1, 3, 1, 3), "k": (1, 1, 2, 3), "y": (1, 3, 2, 3)}
    net = graph(shapes, light(add("x", "k", "y")), inputs=("x", "k"))
    result = copied(net)
    copy, repeat, again, second = result.operators
    assert [operator.kind for operator in result] == ["max_pool", "maximum", "max_pool", "add"]
    assert (result.constants[copy.input] == -128).all()
    assert repeat.inputs == (copy.output, "x")
    assert (again.input, second.inputs) == (repeat.output, (again.output, "k"))
    assert len(steps_of(result)) == 2


def test_a_constant_may_be_what_is_copied():
    values = np.arange(-24, 24, 2, np.int8).reshape(1, 4, 2, 3)
    shapes = {"x": (1, 1, 1, 3), "k": values.shape, "y": values.shape}
    net = replace(graph(shapes, light(add("x", "k", "y"))), constants={"k": values})
    copy, reader = copied(net).operators
    assert (copy.input, reader.inputs) == ("k", ("x", copy.output))
    legalise(net)
