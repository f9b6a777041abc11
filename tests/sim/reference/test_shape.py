"""Elements that move."""

import numpy as np

from zeroleap.gen.ir import Reshape, Tensor, Transpose
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
