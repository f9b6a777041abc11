"""What is done on whose way out."""

import numpy as np
import pytest
from graphs import add, convolution, factors, graph, pool, reshape

from zeroleap.gen.ir import Maximum, Multiply, Subtract, Table
from zeroleap.gen.steps import Step, followed, is_alias, steps_of

MAP = (1, 4, 4, 3)


def point(source, target, channels=3):
    """A convolution of one tap: so many products an output."""
    return convolution(source, target, (3, 1, 1, channels))


def subtract(first, second, target):
    scales = dict.fromkeys(("first", "second", "requantization"), factors(1))
    return Subtract("subtract", "SUB", (first, second), target, (-128, 127), **scales)


def multiply(first, second, target):
    return Multiply("multiply", "MUL", (first, second), target, (-128, 127), factors(1))


def maximum(first, second, target):
    return Maximum("maximum", "MAXIMUM", (first, second), target, (-128, 127))


def table(source, target):
    values = np.arange(-128, 128).astype(np.int8)
    return Table("table", "TANH", (source,), target, values)


def net(*operators, inputs=("x",), outputs=("y",), **shapes):
    """All maps have one shape, but those of ``shapes``."""
    names = {name for operator in operators for name in (*operator.inputs, operator.output)}
    return graph(
        {**dict.fromkeys(names, MAP), **shapes}, *operators, inputs=inputs, outputs=outputs
    )


def outputs_of(step):
    return [operator.output for operator in step.operators]


@pytest.mark.parametrize("combine", [add, multiply, maximum, subtract])
def test_two_maps_are_combined_on_the_way_out_of_the_first(combine):
    [step] = steps_of(net(point("x", "a"), combine("a", "x", "y")))
    assert outputs_of(step) == ["a", "y"]
    assert (step.output, step.operand, step.inputs) == ("y", "x", ("x", "x"))
    assert step.table is None


@pytest.mark.parametrize("combine", [add, multiply, maximum])
def test_or_of_the_second(combine):
    [step] = steps_of(net(point("x", "a"), combine("x", "a", "y")))
    assert outputs_of(step) == ["a", "y"]
    assert step.operand == "x"


def test_a_table_follows_a_layer_or_what_that_is_combined_with():
    [alone] = steps_of(net(point("x", "a"), table("a", "y")))
    assert (outputs_of(alone), alone.operand, alone.inputs) == (["a", "y"], None, ("x",))
    [both] = steps_of(net(pool("x", "a"), add("k", "a", "b"), table("b", "y"), inputs=("x", "k")))
    assert outputs_of(both) == ["a", "b", "y"]
    assert (both.operand, both.inputs) == ("k", ("x", "k"))
    assert both.table.output == "y"


def test_a_second_table_or_combination_follows_nothing():
    """There is one of each on a way out, and the table is last."""
    first, second = point("x", "a"), add("a", "x", "b")
    for last in (add("b", "x", "y"), maximum("x", "b", "y")):
        assert followed(net(first, second, last), last) is None
    last = table("b", "y")
    assert followed(net(first, table("a", "b"), last), last) is None
    last = add("b", "x", "y")
    assert followed(net(first, table("a", "b"), last), last) is None


def test_of_two_layers_it_follows_the_one_with_more_products():
    little, much = pool("x", "a"), point("x", "b")
    for writers in ((little, much), (much, little)):
        for inputs in (("a", "b"), ("b", "a")):
            graph = net(*writers, add(*inputs, "y"))
            assert followed(graph, graph.operators[2]) is much
            other, step = steps_of(graph)
            assert (other.output, step.output, step.operand) == ("a", "y", "a")


def test_a_step_stands_where_its_last_operator_stood():
    """The operand is written before, though its layer comes later."""
    graph = net(point("x", "a", 9), pool("x", "b"), pool("b", "c"), add("c", "a", "y"))
    assert [step.output for step in steps_of(graph)] == ["b", "c", "y"]
    assert steps_of(graph)[2].operator is graph.operators[0]
    assert steps_of(graph)[2].inputs == ("x", "c")


@pytest.mark.parametrize(
    "graph",
    [
        net(point("x", "a"), pool("a", "b"), add("a", "x", "y"), outputs=("b", "y")),
        net(point("x", "a"), add("a", "x", "y"), outputs=("a", "y")),
        net(point("x", "a"), add("a", "a", "y")),
        net(point("x", "a"), add("a", "k", "y"), inputs=("x", "k"), a=(1, 1, 1, 3)),
        net(add("x", "k", "y"), inputs=("x", "k")),
    ],
    ids=["another reader", "an output", "both inputs", "not whole", "no layer"],
)
def test_it_follows_no_layer_whose_values_others_need(graph):
    operator = next(each for each in graph if each.output == "y")
    assert followed(graph, operator) is None


def test_an_alias_is_no_step():
    graph = net(pool("x", "a"), reshape("a", "b"), point("b", "y"), b=(1, 2, 8, 3))
    assert [step.output for step in steps_of(graph)] == ["a", "y"]


@pytest.mark.parametrize(
    ("before", "after", "lies_so"),
    [
        ((1, 4, 4, 3), (1, 1, 16, 3), True),
        ((1, 4, 4, 8), (1, 2, 4, 16), True),
        ((1, 4, 4, 8), (1, 4, 2, 16), True),
        ((1, 4, 4, 6), (1, 4, 2, 12), False),
        ((1, 4, 2, 12), (1, 4, 4, 6), False),
        ((1, 4, 4, 4), (1, 64), False),
        ((1, 64), (1, 4, 4, 4), False),
    ],
)
def test_a_map_is_an_alias_if_its_words_are_the_same(before, after, lies_so):
    graph = net(reshape("x", "y"), x=before, y=after)
    assert is_alias(graph, graph.operators[0]) == lies_so
    assert not is_alias(net(pool("x", "y")), pool("x", "y"))


def test_a_layer_alone_is_a_step():
    step = Step(pool("x", "y"))
    assert (step.output, step.operand, step.inputs) == ("y", None, ("x",))
    assert step.operators == (step.operator,)
