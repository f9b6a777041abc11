"""What flows through a graph, and the numbers that go with it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Padding", "Requantization", "Tensor"]


@dataclass(frozen=True)
class Tensor:
    """A value that flows through the graph, or one of its constants.

    Weights, biases and tables are none: they live in the operators that use them.

    Parameters
    ----------
    name : str
        Unique in its graph; the model's own name for it.
    shape : tuple of int
        Channels last, batch included.
    dtype : str
        ``"int8"``, ``"uint8"`` or ``"float32"``; for indices ``"int32"`` or ``"int64"``.
    scale : float
        Real value of one step; 1.0 where nothing is quantised.
    zero_point : int
        The integer that stands for real 0; 0 where nothing is quantised.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "int8"
    scale: float = 1.0
    zero_point: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))


@dataclass(frozen=True)
class Padding:
    """Rows and columns of the input's zero point around a map."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, eq=False)
class Requantization:
    """From accumulators back to 8 bits, a scale for each output channel.

    ``real scale = multiplier / 2**31 * 2**shift``, applied with both roundings of TensorFlow Lite's
    ``MultiplyByQuantizedMultiplier``. ``multiplier`` is int32 in 0..2**31-1, ``shift`` int32 in
    -31..30; both have shape (out_channels,). But for an AveragePool's, whose kernel divides the
    multiplier by the window's size, ``multiplier`` is 0 or 2**30 and more.
    """

    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]
