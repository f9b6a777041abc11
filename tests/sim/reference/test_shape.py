"""Elements that move."""

import numpy as np
import pytest
from tflite_models import Value, integers, single

from zeroleap.gen.ir import Reshape, Tensor, Transpose
from zeroleap.sim.reference.network import run
from zeroleap.sim.reference.shape import reshape, transpose

VALUES = np.arange(6, dtype=np.int8).reshape(1, 1, 2, 3)
SOURCE = Tensor("x", VALUES.shape)


def test_reshape_keeps_the_order():
    layer = Reshape("reshape", "RESHAPE", ("x",), "y")
    assert reshape(layer, VALUES, SOURCE, Tensor("y", (3, 2))).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_transpose_takes_axes_from_the_input():
    layer = Transpose("transpose", "TRANSPOSE", ("x",), "y", permutation=(0, 3, 1, 2))
    moved = transpose(layer, VALUES, SOURCE, Tensor("y", (1, 3, 1, 2)))
    assert moved.tolist() == [[[[0, 3]], [[1, 4]], [[2, 5]]]]


SHAPES = [(1, 4, 5, 3), (1, 2, 7, 1), (1, 6, 6, 8), (1, 5), (1, 3, 4)]
SCALE = 0.25
ZERO_POINT = -3


def ours(shape):
    return Value(tuple(map(int, shape)), SCALE, ZERO_POINT)


def some(shape):
    return np.random.default_rng(sum(shape)).integers(-128, 128, shape, np.int8)


@pytest.mark.parametrize("border", [None, -128, 50])
@pytest.mark.parametrize("shape", SHAPES)
def test_pad_is_the_oracles(equal_to_oracle, shape, border):
    pads = np.random.default_rng(len(shape)).integers(0, 3, (len(shape), 2))
    sources = [ours(shape), Value(pads.shape, dtype="int32", data=pads)]
    if border is not None:
        sources.append(Value((), SCALE, ZERO_POINT, data=[border]))
    code = "PAD" if border is None else "PADV2"
    kind = "PadOptions" if border is None else "PadV2Options"
    target = ours(np.array(shape) + pads.sum(axis=1))
    equal_to_oracle(single(code, sources, [target], kind), some(shape))


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1])
def test_concatenation_is_the_oracles(equal_to_oracle, axis):
    shapes = [np.array((1, 4, 5, 3)) for _ in range(3)]
    for count, shape in enumerate(shapes[:2] if axis else []):
        shape[axis] += count + 1
    total = shapes[0].copy()
    total[axis] = sum(shape[axis] for shape in shapes)
    model = single(
        "CONCATENATION",
        [ours(shape) for shape in shapes],
        [ours(total)],
        "ConcatenationOptions",
        Axis=axis,
    )
    equal_to_oracle(model, *map(some, map(tuple, shapes)))


def test_concatenation_takes_a_constant_and_brings_other_scales_to_one(read):
    first, second = Value((1, 2), 0.5, 1), Value((1, 2), SCALE, ZERO_POINT, data=[[5, 6]])
    model = single("CONCATENATION", [first, second], [ours((1, 4))], "ConcatenationOptions", Axis=1)
    graph = read(model)
    values = run(graph, {"input0": np.array([[3, -100]], np.int8)})
    assert values["output0"].tolist() == [[1, -128, 5, 6]]  # 2 * (3 - 1) - 3; 2 * -101 - 3


@pytest.mark.parametrize(("axis", "parts"), [(1, 2), (2, 5), (3, 3), (-1, 1), (-3, 4)])
def test_split_is_the_oracles(equal_to_oracle, axis, parts):
    shape = (1, 4, 5, 3)
    part = np.array(shape)
    part[axis] //= parts
    model = single(
        "SPLIT",
        [Value((), dtype="int32", data=[axis]), ours(shape)],
        [ours(part)] * parts,
        "SplitOptions",
        NumSplits=parts,
    )
    equal_to_oracle(model, some(shape))


@pytest.mark.parametrize(
    ("begin", "size"), [((0, 1, 2, 0), (1, 2, 3, 2)), ((0, 0, 4, 1), (1, -1, -1, 1))]
)
def test_slice_is_the_oracles(equal_to_oracle, begin, size):
    shape = (1, 4, 5, 3)
    cut = [
        length - start if count < 0 else count
        for length, start, count in zip(shape, begin, size, strict=True)
    ]
    sources = [ours(shape), integers(*begin), integers(*cut)]  # the oracle knows no -1
    expected = equal_to_oracle(single("SLICE", sources, [ours(cut)], "SliceOptions"), some(shape))
    assert expected.shape == tuple(cut)


@pytest.mark.parametrize(
    ("begin", "end", "steps", "masks"),
    [
        ((0, 1, 0, 1), (1, 4, 5, 3), (1, 2, 3, 1), {}),
        ((0, -3, -4, 0), (1, -1, 100, 3), (1, 1, 2, 2), {}),
        ((0, 3, 9, 2), (1, 0, 1, 0), (1, -1, -2, -1), {}),
        ((0, 1, 0, 1), (1, 1, 1, 1), (1, 1, 1, 1), {"EndMask": 0b1111}),
        ((0, 1, 2, 1), (1, 3, 4, 3), (1, 1, 1, -1), {"BeginMask": 0b1010, "EndMask": 0b1000}),
        ((0, 1, 0, 1), (1, 2, 5, 2), (1, 1, 1, 1), {"ShrinkAxisMask": 0b1010}),
        ((0, 0, 0, -1), (1, 4, 5, 0), (1, 1, 1, 1), {"ShrinkAxisMask": 0b1000}),
    ],
)
def test_strided_slice_is_the_oracles(equal_to_oracle, begin, end, steps, masks):
    shape = (1, 4, 5, 3)
    values = some(shape)
    places = []
    for axis, place in enumerate(zip(begin, end, steps, strict=True)):
        first = None if masks.get("BeginMask", 0) >> axis & 1 else place[0]
        last = None if masks.get("EndMask", 0) >> axis & 1 else place[1]
        shrinks = masks.get("ShrinkAxisMask", 0) >> axis & 1
        places.append(place[0] if shrinks else slice(first, last, place[2]))
    by_numpy = values[tuple(places)]
    sources = [ours(shape), *(integers(*each) for each in (begin, end, steps))]
    model = single("STRIDED_SLICE", sources, [ours(by_numpy.shape)], "StridedSliceOptions", **masks)
    np.testing.assert_array_equal(equal_to_oracle(model, values), by_numpy)


@pytest.mark.parametrize("size", [(8, 10), (3, 2), (7, 13), (1, 1), (4, 5)])
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("centers", [False, True])
def test_resize_is_the_oracles(equal_to_oracle, size, align, centers):
    model = single(
        "RESIZE_NEAREST_NEIGHBOR",
        [ours((1, 4, 5, 3)), integers(*size)],
        [ours((1, *size, 3))],
        "ResizeNearestNeighborOptions",
        AlignCorners=align,
        HalfPixelCenters=centers,
    )
    equal_to_oracle(model, some((1, 4, 5, 3)))


@pytest.mark.parametrize("permutation", [(0, 3, 1, 2), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 3)])
def test_transpose_is_the_oracles(equal_to_oracle, permutation):
    shape = np.array((1, 4, 5, 3))
    sources, target = [ours(shape), integers(*permutation)], ours(shape[list(permutation)])
    model = single("TRANSPOSE", sources, [target], "TransposeOptions")
    equal_to_oracle(model, some(tuple(shape)))
