"""Looking up by hand."""

import numpy as np

from zeroleap.gen.ir import Table, Tensor
from zeroleap.sim.reference.table import look_up


def test_the_first_entry_is_for_the_smallest_input():
    values = np.arange(-128, 128).astype(np.int8)[::-1]
    layer = Table("table", "TANH", ("x",), "y", values)
    tensor = Tensor("x", (2, 2))
    looked_up = look_up(layer, np.array([[-128, -1], [0, 127]], np.int8), tensor, tensor)
    assert looked_up.tolist() == [[127, 0], [-1, -128]]
    assert looked_up.dtype == np.int8
