"""What a layer does to its input map, whatever its operator: one shape for tiling and schedule."""

from collections.abc import Sequence
from dataclasses import dataclass

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    Operator,
    Padding,
    Pool,
)

__all__ = ["Geometry", "count_windows", "geometry_of", "reach"]


@dataclass(frozen=True)
class Geometry:
    """Sizes of a layer: input, output, window.

    Parameters
    ----------
    height, width, in_channels : int
        The input map.
    out_height, out_width, out_channels : int
        The output map.
    kernel, stride : (int, int)
        Down and across.
    padding : Padding
    channelwise : bool
        Each output channel has the input channel of the same number for its only input.
    """

    height: int
    width: int
    in_channels: int
    out_height: int
    out_width: int
    out_channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: Padding
    channelwise: bool

    @property
    def out_size(self) -> tuple[int, int]:
        """Height and width of the output map."""
        return self.out_height, self.out_width

    def input_range(
        self, axis: int, first: int, count: int, taps: tuple[int, int] | None = None
    ) -> tuple[int, int]:
        """First input coordinate, and their number, that ``count`` outputs from ``first`` meet.

        ``axis`` is 0 for rows and 1 for columns. Padding is left out: the number may be 0. Only
        the kernel's ``taps`` are looked at, as first and count; all by default.
        """
        first_tap, tap_count = taps or (0, self.kernel[axis])
        size = (self.height, self.width)[axis]
        before = (self.padding.top, self.padding.left)[axis] - first_tap
        start = first * self.stride[axis] - before
        stop = (first + count - 1) * self.stride[axis] - before + tap_count
        start, stop = max(0, start), min(size, stop)
        return min(start, size - 1), max(0, stop - start)


def reach(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, int]:
    """Return the rows and columns from a kernel's first tap to its last."""
    return (kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1


def geometry_of(graph: Graph, operator: Operator) -> Geometry:
    """Describe a layer of a legalised graph: a convolution or a pool on one-image maps."""
    _, height, width, in_channels = graph.tensors[operator.input].shape
    _, out_height, out_width, out_channels = graph.tensors[operator.output].shape
    if isinstance(operator, Convolution | DepthwiseConvolution):
        kernel = (operator.weights.shape[1], operator.weights.shape[2])
    elif isinstance(operator, Pool):
        kernel = operator.window
    else:
        raise TypeError(f"operator must be a convolution or a pool, not {operator.kind}")
    return Geometry(
        height,
        width,
        in_channels,
        out_height,
        out_width,
        out_channels,
        kernel,
        operator.stride,
        operator.padding,
        channelwise=isinstance(operator, Pool | DepthwiseConvolution),
    )


def count_windows(operator: AveragePool, geometry: Geometry, axis: int) -> list[int]:
    """Input coordinates that take part in the mean of each output coordinate along ``axis``."""
    sizes = (geometry.out_height, geometry.out_width)
    return [geometry.input_range(axis, output, 1)[1] for output in range(sizes[axis])]
