"""Integers that are known when a TensorFlow Lite file is read, and the operators between them."""

import numpy as np
import pytest
from oracle import output_of
from shape_models import MAP, ShapeWriter, flatten
from tflite_models import Value, activation, integers, single

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.frontend.tflite.constants import FOLDED, SMALL, fold
from zeroleap.gen.frontend.tflite.file import parse
from zeroleap.gen.frontend.tflite.layer import Layer
from zeroleap.gen.ir import ArgMax, Reshape, Slice
from zeroleap.sim.reference import network

SAME = Value(MAP, 0.5, 3)


def constant(*shape, data, dtype="int32"):
    return Value(shape, dtype=dtype, data=data)


def result(*shape, dtype="int32"):
    return Value(shape, dtype=dtype)


TABLE = constant(3, 4, data=np.arange(12) * 10)
FIVE, SEVEN = constant(data=5), constant(data=-7)
LONG = constant(2, data=[5, 2**32 + 6], dtype="int64")


def sliced(begin, end, steps, shape, **masks):
    given = [integers(*numbers) for numbers in (begin, end, steps)]
    return single(
        "STRIDED_SLICE", [TABLE, *given], [result(*shape)], "StridedSliceOptions", **masks
    )


def packed(*sources, shape, **options):
    options |= {"ValuesCount": len(sources)}
    return single("PACK", sources, [result(*shape)], "PackOptions", **options)


def joined(*sources, shape, **options):
    return single("CONCATENATION", sources, [result(*shape)], "ConcatenationOptions", **options)


def gathered(indices, shape, **options):
    return single("GATHER", [TABLE, indices], [result(*shape)], "GatherOptions", **options)


def product(*axes, shape, keeps=False):
    sources = [constant(2, 3, data=range(1, 7)), integers(*axes)]
    return single("REDUCE_PROD", sources, [result(*shape)], "ReducerOptions", KeepDims=keeps)


IN_MICRO = {
    "shape": (single("SHAPE", [SAME], [result(4)], "ShapeOptions"), [1, 2, 3, 4]),
    "slice": (sliced((1, 1), (3, 4), (1, 2), (2, 2)), [[50, 70], [90, 110]]),
    "ends from behind": (sliced((-2, -3), (-1, -1), (1, 1), (1, 2)), [[50, 60]]),
    "ends outside": (sliced((-9, 2), (9, 9), (1, 1), (3, 2)), [[20, 30], [60, 70], [100, 110]]),
    "backwards": (sliced((2, 3), (0, 0), (-1, -2), (2, 2)), [[110, 90], [70, 50]]),
    "begin_mask": (sliced((2, 2), (3, 3), (1, 1), (1, 3), BeginMask=2), [[80, 90, 100]]),
    "end_mask": (sliced((2, 2), (3, 3), (1, 1), (1, 2), EndMask=2), [[100, 110]]),
    "begin_mask backwards": (sliced((0, 3), (0, 1), (-1, -2), (2, 1), BeginMask=1), [[110], [70]]),
    "end_mask backwards": (sliced((1, 0), (1, 4), (-1, 4), (2, 1), EndMask=1), [[40], [0]]),
    "shrink": (sliced((-1, 1), (0, 4), (1, 1), (3,), ShrinkAxisMask=1), [90, 100, 110]),
    "shrink inside": (sliced((1, 2), (3, 0), (1, 1), (2,), ShrinkAxisMask=2), [60, 100]),
    "shrink all": (sliced((1, 2), (2, 3), (1, 1), (), ShrinkAxisMask=3), 60),
    "pack": (packed(FIVE, SEVEN, FIVE, shape=(3,)), [5, -7, 5]),
    "pack behind": (
        packed(integers(1, 2), integers(3, 4), shape=(2, 2), Axis=-1),
        [[1, 3], [2, 4]],
    ),
    "join": (joined(integers(1), integers(2, 3), shape=(3,)), [1, 2, 3]),
    "join behind": (joined(TABLE, TABLE, shape=(3, 8), Axis=-1), None),
    "add": (single("ADD", [TABLE, FIVE], [result(3, 4)], "AddOptions"), None),
    "subtract": (single("SUB", [FIVE, SEVEN], [result()], "SubOptions"), 12),
    "multiply": (single("MUL", [integers(2, 3), FIVE], [result(2)], "MulOptions"), [10, 15]),
    "reshape": (single("RESHAPE", [TABLE, integers(-1, 3)], [result(4, 3)]), None),
    "squeeze": (single("SQUEEZE", [constant(1, 2, data=[8, 9])], [result(2)]), [8, 9]),
}
"""Files of one operator, and their outputs by hand, or None where they are long."""

BY_HAND = {
    "shape in int64": (single("SHAPE", [SAME], [result(4, dtype="int64")]), [1, 2, 3, 4]),
    "shape of a constant": (single("SHAPE", [TABLE], [result(2)]), [3, 4]),
    "nothing": (sliced((3, 0), (3, 4), (1, 1), (0, 4)), []),
    "gather one": (gathered(constant(data=2), (4,)), [80, 90, 100, 110]),
    "gather": (gathered(integers(3, 0), (3, 2), Axis=1), [[30, 0], [70, 40], [110, 80]]),
    "narrow": (single("CAST", [LONG], [result(2)], "CastOptions"), [5, 6]),
    "widen": (single("CAST", [integers(-3)], [result(1, dtype="int64")]), [-3]),
    "product of rows": (product(1, shape=(2,)), [6, 120]),
    "product of columns": (product(-2, shape=(1, 3), keeps=True), [[4, 10, 18]]),
    "product of all": (product(0, 1, shape=()), 720),
    "expand": (single("EXPAND_DIMS", [FIVE, integers(0)], [result(1)]), [5]),
}
"""The same for what TensorFlow Lite Micro has no kernel of these types for."""


def folded(content):
    """Return the values of the model's output, a constant."""
    model = parse(content)
    tensors = list(model.tensors)
    layers = [Layer("here", "y", step, tensors, {}) for step in model.operators]
    assert fold(layers, tensors, model.inputs) == []
    return tensors[model.outputs[0]].values


@pytest.mark.parametrize("name", IN_MICRO)
def test_gives_what_tensorflow_lite_micro_computes(name):
    content, by_hand = IN_MICRO[name]
    values = folded(content)
    theirs = output_of(content, *[np.zeros(MAP, np.int8)] * (name == "shape"))
    assert (values.dtype, values.tolist()) == (theirs.dtype, theirs.tolist())
    assert by_hand in (None, values.tolist())


@pytest.mark.parametrize("name", BY_HAND)
def test_gives_what_was_worked_by_hand(name):
    content, by_hand = BY_HAND[name]
    assert folded(content).tolist() == by_hand


def test_every_operator_is_tested():
    models = (*IN_MICRO.values(), *BY_HAND.values())
    assert {parse(content).operators[0].code for content, _ in models} == set(FOLDED)


def test_indices_of_two_types_may_gather():
    values = folded(gathered(constant(1, data=[1], dtype="int64"), (1, 4)))
    assert (values.dtype, values.tolist()) == (np.int32, [[40, 50, 60, 70]])


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (sliced((0, 0), (3, 4), (1, 1), (3, 4), EllipsisMask=1), "EllipsisMask is 1; 0 is"),
        (sliced((0, 0), (3, 4), (1, 1), (3, 4), NewAxisMask=1), "NewAxisMask is 1; 0 is"),
        (sliced((0, 0), (3, 4), (1, 1), (3, 4), Offset=True), "offset is true; false is"),
        (sliced((0,), (3,), (1,), (3, 4)), "begin (0,), end (3,) and strides (1,); 2 of each"),
        (sliced((0, 0), (3, 4), (1, 0), (3, 4)), "strides (1, 0); 2 of each, strides not 0"),
        (
            sliced((3, 0), (4, 4), (1, 1), (4,), ShrinkAxisMask=1),
            "begin (3, 0) of input (3, 4); a place in it is accepted",
        ),
        (sliced((0, 0), (2, 4), (1, 1), (3, 4)), "output has shape (3, 4); (2, 4) is accepted"),
        (packed(FIVE, integers(1), shape=(2,)), "cannot be computed (all input arrays must have"),
        (packed(FIVE, FIVE, shape=(2,), Axis=1), "cannot be computed (axis 1 is out of bounds"),
        (packed(FIVE, FIVE, shape=(3,)), "output has shape (3,); (2,) is accepted"),
        (packed(FIVE, LONG, shape=(2,)), "cannot be computed"),
        (packed(LONG, LONG, shape=(2, 2)), "output has type INT32; INT64 is accepted"),
        (joined(FIVE, FIVE, shape=(2,)), "cannot be computed (zero-dimensional"),
        (joined(FIVE, shape=(1,), **activation("RELU")), "FusedActivationFunction is 1; 0 is"),
        (gathered(integers(3), (1, 4)), "cannot be computed (index 3 is out of bounds"),
        (gathered(integers(-1), (1, 4)), "indices are [-1]; 0 and more are accepted"),
        (gathered(integers(0), (1, 4), BatchDims=1), "BatchDims is 1; 0 is accepted"),
        (single("MUL", [FIVE, FIVE], [result()], "MulOptions", **activation("RELU6")), "is 3; 0"),
        (single("MUL", [FIVE], [result()], "MulOptions"), "has 1 inputs; 2 are accepted"),
        (single("ADD", [integers(1, 2), integers(1, 2, 3)], [result(3)]), "cannot be computed"),
        (product(2, shape=(2,)), "cannot be computed (axis 2 is out of bounds"),
        (single("PACK", [FIVE], [result(1)]), "has no PackOptions; the file must hold them"),
        (
            single("ADD", [constant(SMALL, data=np.zeros(SMALL)), FIVE], [result(SMALL)]),
            "computes with 4097 constants; up to 4096 are accepted",
        ),
        (single("CAST", [FIVE], [constant(data=1)]), "writes a constant; one writer is accepted"),
    ],
)
def test_refuses_in_one_line_that_names_layer_and_operator(read, model, words):
    with pytest.raises(InputError) as error:
        read(model)
    assert words in str(error.value)
    assert str(error.value).startswith("model.tflite: layer 0 'output0' (")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (single("PACK", [FIVE, result()], [result(2)], "PackOptions"), "(PACK): operator is not"),
        (single("PACK", [SAME], [Value((1, *MAP), 0.5, 3)], "PackOptions"), "(PACK): operator is"),
        (single("GATHER", [SAME, integers(0)], [SAME]), "(GATHER): operator is not supported"),
        (single("CAST", [result(1)], [result(1, dtype="int64")]), "(CAST): operator is not"),
        (single("CAST", [integers(1)], [result(1, dtype="float32")]), "(CAST): operator is not"),
        (
            single("CAST", [constant(1, data=[2.5], dtype="float32")], [result(1)]),
            "(CAST): operator is not supported",
        ),
        (single("PACK", [FIVE], [result(1)] * 2, "PackOptions"), "(PACK): operator is not"),
        (single("PACK", [FIVE], [], "PackOptions"), "(PACK): operator is not supported"),
        (single("SHAPE", [SAME], [SAME]), "(SHAPE): operator is not supported"),
        (single("ADD", [result(1), FIVE], [result(1)], "AddOptions"), "input 0 is int32; int8"),
    ],
)
def test_what_is_not_constant_keeps_its_error(read, model, words):
    with pytest.raises(InputError) as error:
        read(model)
    assert words in str(error.value)


def test_an_output_that_is_constant_is_none(read):
    with pytest.raises(InputError, match="'output0' is written by no layer; an output that a"):
        read(IN_MICRO["shape"][0])


@pytest.mark.parametrize("rest", [(24,), (-1,), (4, 6), (1, -1, 8)])
def test_a_reshape_with_an_open_batch_is_one_reshape(read, rest):
    to = (1, *(-24 // np.prod(rest) if length == -1 else length for length in rest))
    content = flatten(rest, to)
    graph = read(content)
    assert [layer.source for layer in graph] == ["RELU", "RESHAPE", "RELU"]
    assert isinstance(graph.operators[1], Reshape)
    assert graph.constants == {}
    assert set(graph.tensors) == {"source", "middle", "shaped", "target"}
    values = np.arange(-12, 12, dtype=np.int8).reshape(MAP)
    ours = network.run(graph, {"source": values})["target"]
    assert np.array_equal(ours, output_of(content, values))


def test_a_layer_is_named_by_its_place_in_the_file(read):
    with pytest.raises(InputError) as error:
        read(flatten((4, 6), (1, 6, 4)))
    assert str(error.value) == (
        "model.tflite: layer 4 'shaped' (RESHAPE): shape is (1, 4, 6) and the output's (1, 6, 4);"
        " the same, but for one -1, is accepted"
    )


@pytest.mark.parametrize(
    ("shape", "to", "fits"),
    [
        ((1, 24), (1, 24), True),
        ((-1, 24), (1, 24), True),
        ((-1, -1), (1, 24), False),
        ((24,), (1, 24), False),
        ((1, 24, 1), (1, 24), False),
        ((), (), True),
        ((), (1,), False),
    ],
)
def test_a_constant_shape_and_the_output_say_the_same(read, shape, to, fits):
    source = SAME if len(to) > 1 else Value((1, 1), 0.5, 3)
    told = Value((len(shape),), dtype="int32", data=shape)
    content = single("RESHAPE", [source, told], [Value(to, 0.5, 3)])
    if fits:
        assert isinstance(read(content).operators[0], Reshape)
    else:
        with pytest.raises(InputError, match="the same, but for one -1, is accepted"):
            read(content)


def test_a_shape_that_is_computed_is_refused(read):
    with pytest.raises(InputError, match="input 1 is computed; constant integers are accepted"):
        read(single("RESHAPE", [SAME, result(2)], [Value((1, 24), 0.5, 3)]))


def test_maps_are_sliced_where_constants_say(read):
    writer = ShapeWriter()
    source, target = writer.map("source"), writer.map("target", (1, 1, 3, 4))
    one, zero = writer.batch(source), writer.numbers(0, shape=())
    begin = writer.computed("PACK", [zero, one, zero, zero], (4,), "PackOptions")
    ends = writer.computed("SHAPE", [source], (4,))
    steps = writer.numbers(1, 1, 1, 1)
    inputs = [source, begin, ends, steps]
    writer.operator("STRIDED_SLICE", inputs, [target], "StridedSliceOptions")
    (layer,) = read(writer.finish([source], [target]))
    assert type(layer) is Slice
    assert layer.begin == (0, 1, 0, 0)


def test_indices_that_are_computed_are_still_sliced(read):
    writer = ShapeWriter()
    source, zero, three = writer.map("source"), writer.numbers(0, 0, 1), writer.numbers(3)
    index = writer.computed("ARG_MAX", [source, three], MAP[:3], "ArgMaxOptions", OutputType=2)
    ends, ones = writer.numbers(1, 2, 3), writer.numbers(1, 1, 1)
    inputs = [index, zero, ends, ones]
    part = writer.computed("STRIDED_SLICE", inputs, (1, 2, 2), "StridedSliceOptions")
    first, second = read(writer.finish([source], [part]))
    assert (type(first), type(second)) == (ArgMax, Slice)


def test_what_nobody_reads_is_not_computed(read):
    writer = ShapeWriter()
    source, target = writer.map("source"), writer.map("target")
    writer.computed("PACK", [writer.batch(source), writer.numbers(1, 2)], (9,), "PackOptions")
    writer.operator("RELU", [source], [target])
    (layer,) = read(writer.finish([source], [target]))
    assert layer.source == "RELU"


@pytest.mark.parametrize("first", ["FLOOR", "SHAPE"])
def test_a_shape_is_that_of_a_layer_that_is_read(read, first):
    """Only the layer's own reader says that the shape in the file is right."""
    writer = ShapeWriter()
    source, middle, target = (writer.map(name) for name in ("source", "middle", "target"))
    shape = writer.tensor("shape", (4,), "int32")
    steps = [("FLOOR", [source], [middle]), ("SHAPE", [middle], [shape])]
    for step in steps if first == "FLOOR" else steps[::-1]:
        writer.operator(*step)
    writer.operator("RESHAPE", [source, shape], [target])
    with pytest.raises(InputError, match=rf"layer 0 .* \({first}\): operator is not supported"):
        read(writer.finish([source], [target]))


def test_what_reads_an_absent_constant_keeps_its_error(read):
    writer = ShapeWriter()
    source, target = writer.map("source"), writer.tensor("target", (1,), "int32")
    writer.operator("ADD", [writer.numbers(1), -1], [target], "AddOptions")
    with pytest.raises(InputError, match="input 1 is absent; a tensor is accepted"):
        read(writer.finish([source], [target]))


def test_a_state_is_no_constant(tmp_path, lite):
    tensors = [
        lite.tensor("x", (2,), "INT32", scales=[], zeros=[], data=[1, 2], variable=True),
        lite.tensor("y", (2,), "INT32", scales=[], zeros=[]),
    ]
    path = tmp_path / "model.tflite"
    path.write_bytes(lite.build(tensors, [lite.operator("CAST", [0], [1])], inputs=[]))
    with pytest.raises(InputError, match=r"\(CAST\): operator is not supported"):
        load(path)


def test_an_input_is_not_written(read):
    writer = ShapeWriter()
    source, target = writer.map("source"), writer.map("target", (1, 24))
    shape = writer.computed("CAST", [writer.numbers(1, 24)], (2,))
    writer.operator("RESHAPE", [source, shape], [target])
    with pytest.raises(InputError, match="model input: tensor 'cast' is a constant"):
        read(writer.finish([source, shape], [target]))
