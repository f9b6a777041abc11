"""Copies as rectangles: carried out here byte by byte, and compared with NumPy's own."""

from itertools import product

import numpy as np
import pytest
from graphs import graph

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Concatenate, Pad, Rearrange, Resize, Slice
from zeroleap.gen.memory import Placement
from zeroleap.gen.moves import MOST_MOVES, moves_of


def values(shape, seed=3):
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)


def moves(operator, sources, shape):
    shapes = {name: array.shape for name, array in sources.items()}
    net = graph({**shapes, "y": shape}, operator, inputs=tuple(sources), outputs=("y",))
    return moves_of(net, operator)


def carry_out(operator, sources, shape):
    """Return the output that the moves make, and how many there were; each byte comes once."""
    done = moves(operator, sources, shape)
    place = Placement(0, *shape[1:])
    memory, written = np.zeros(4 * place.words, np.int8), np.zeros(4 * place.words, int)
    for move in done:
        source = sources[move.source][0]
        for at in product(*(range(places.count) for places in move.places)):
            picked = [
                places.first + index * places.step
                for places, index in zip(move.places, at, strict=True)
            ]
            inside = all(
                0 <= index < size for index, size in zip(picked, source.shape, strict=True)
            )
            address = move.destination.at(*at)
            memory[address] = source[tuple(picked)] if inside else move.fill
            written[address] += 1
    assert (place.unpack(written.astype(np.int8).view("<u4")) == 1).all()
    return place.unpack(memory.view("<u4")), len(done)


@pytest.mark.parametrize("pads", [((1, 2), (0, 3), (0, 0)), ((0, 0), (2, 1), (3, 2))])
def test_a_border_is_one_move(pads):
    x = values((1, 4, 5, 3))
    pads = ((0, 0), *pads)
    expected = np.pad(x, pads, constant_values=-7)
    made, count = carry_out(Pad("n", "PAD", ("x",), "y", pads, -7), {"x": x}, expected.shape)
    assert (made == expected).all()
    assert count == 1


def test_a_slice_is_one_move_and_its_channels_may_run_backwards():
    x = values((1, 7, 6, 8))
    expected = x[:, 1:6:2, 2:, 6::-2]
    operator = Slice("n", "STRIDED_SLICE", ("x",), "y", (0, 1, 2, 6), (1, 2, 1, -2))
    made, count = carry_out(operator, {"x": x}, expected.shape)
    assert (made == expected).all()
    assert count == 1


@pytest.mark.parametrize("axis", [1, 2])
def test_rows_and_columns_backwards_are_refused(axis):
    step = [1, 1, 1, 1]
    step[axis] = -1
    begin = tuple(3 if each == -1 else 0 for each in step)
    operator = Slice("n", "STRIDED_SLICE", ("x",), "y", begin, tuple(step))
    with pytest.raises(InputError, match="negative step along rows or columns; 1 or more"):
        moves(operator, {"x": values((1, 4, 4, 2))}, (1, 4, 4, 2))


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_a_joint_is_a_move_for_each_part(axis):
    shapes = [[1, 3, 4, 5] for _ in range(3)]
    for shape, size in zip(shapes, (2, 1, 6), strict=True):
        shape[axis] = size
    parts = {f"x{at}": values(shape, at) for at, shape in enumerate(shapes)}
    expected = np.concatenate(list(parts.values()), axis)
    operator = Concatenate("n", "CONCATENATION", tuple(parts), "y", axis)
    made, count = carry_out(operator, parts, expected.shape)
    assert (made == expected).all()
    assert count == 3


@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [
        ((0, 1, 2), (0, 1, 2, 3), 1),
        ((0, 0, 1, 1, 2, 2), (0, 1, 2, 3), 2),
        ((0, 0, 1, 1, 2, 2), (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3), 6),
        ((0, 2), (1, 3), 1),
        ((0, 0, 2), (0, 1), 2),
        ((0, 0, 1, 2), (0, 1), 3),
    ],
)
def test_repeated_rows_and_columns_take_the_fewest_even_runs(rows, columns, count):
    x = values((1, 3, 4, 5))
    expected = x[:, rows][:, :, columns]
    operator = Resize("n", "RESIZE_NEAREST_NEIGHBOR", ("x",), "y", rows, columns)
    made, found = carry_out(operator, {"x": x}, expected.shape)
    assert (made == expected).all()
    assert found == count


REARRANGED = [
    ((1, 4, 6, 8), (0, 2, 1, 3), (1, 6, 4, 8), 1),
    ((1, 4, 6, 8), (0, 3, 1, 2), (1, 8, 4, 6), 1),
    ((1, 4, 6, 8), (0, 1, 2, 3), (1, 2, 2, 48), 2),
    ((1, 4, 4, 16), (0, 1, 2, 3), (1, 8, 8, 4), 4),
    ((1, 2, 2, 12), (0, 1, 2, 3), (1, 4, 4, 3), 4),
]


@pytest.mark.parametrize(("source", "axes", "target", "most"), REARRANGED)
def test_elements_in_another_order_go_in_few_boxes(source, axes, target, most):
    x = values(source)
    order = np.arange(x.size).reshape(source).transpose(axes).reshape(-1)
    operator = Rearrange("n", "TRANSPOSE", ("x",), "y", order)
    made, count = carry_out(operator, {"x": x}, target)
    assert (made == x.transpose(axes).reshape(target)).all()
    assert count <= most


def test_an_order_without_rule_is_refused():
    x = values((1, 8, 8, 4))
    order = np.random.default_rng(1).permutation(x.size)
    operator = Rearrange("n", "TRANSPOSE", ("x",), "y", order)
    with pytest.raises(InputError, match=f"takes 256 copies; at most {MOST_MOVES} are accepted"):
        moves(operator, {"x": x}, x.shape)
