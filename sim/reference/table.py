"""A function of one tensor, by looking it up."""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Table, Tensor

__all__ = ["look_up"]


def look_up(
    operator: Table, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return the table's entry for each of ``values``."""
    return operator.values[values.astype(np.intp) + 128]
