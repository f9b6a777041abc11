"""The layers that ``zeroleap bench`` measures: shapes that networks have, with made-up values."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Graph,
    Operator,
    Padding,
    Requantization,
    Tensor,
)

__all__ = ["LAYERS", "BenchLayer"]

SEED = 0

ACTIVATION_ZEROS = 0.5
WEIGHT_ZEROS = {"dense": 0.0, "sparse": 0.7}
"""Shares of values that stand for 0: exact, at random places."""

ZERO_POINT = -128
"""Of the input, as behind a ReLU."""

SPREAD = 40
"""Standard deviation that the outputs are scaled to, about: few saturate."""


@dataclass(frozen=True)
class BenchLayer:
    """A layer of stride 1, padded to keep its map's size, and the lanes that it is measured on.

    Parameters
    ----------
    kind : str
        ``"dense"`` has a map and a kernel of 1 x 1, ``"depthwise"`` equal channels.
    kernel : int
        Height and width; odd.
    in_channels, out_channels : int
    side : int
        Height and width of the map.
    lanes : int
    weights : "dense" or "sparse"
        Whether some are 0; see `WEIGHT_ZEROS`.
    """

    kind: Literal["conv", "depthwise", "dense"]
    kernel: int
    in_channels: int
    out_channels: int
    side: int
    lanes: int
    weights: Literal["dense", "sparse"]

    @property
    def name(self) -> str:
        """Describe the layer; no other of `LAYERS` has this name."""
        window, size = f"{self.kernel}x{self.kernel}", f"{self.side}x{self.side}"
        channels = f"{self.in_channels}->{self.out_channels}"
        shape = {
            "conv": f"conv {window} {channels} {size}",
            "depthwise": f"depthwise {window} {self.in_channels} {size}",
            "dense": f"fully connected {channels}",
        }
        return f"{shape[self.kind]} {self.weights}"

    def make(self) -> tuple[Graph, npt.NDArray[np.int8]]:
        """Make the layer as a graph, and the values of its input; the same each time."""
        random = np.random.default_rng(SEED)
        square = () if self.kind == "dense" else (self.side, self.side)
        source = Tensor("x", (1, *square, self.in_channels), zero_point=ZERO_POINT)
        target = Tensor("y", (1, *square, self.out_channels))
        values = partly_zero(random, source.shape, ZERO_POINT, ACTIVATION_ZEROS)
        tensors = {tensor.name: tensor for tensor in (source, target)}
        graph = Graph(self.name, tensors, ("x",), ("y",), (self._operator(random),))
        return graph, values

    def _operator(self, random: np.random.Generator) -> Operator:
        count, window = self.out_channels, (self.kernel, self.kernel)
        shapes: dict[str, tuple[int, ...]] = {
            "conv": (count, *window, self.in_channels),
            "depthwise": (count, *window),
            "dense": (count, self.in_channels),
        }
        weights = partly_zero(random, shapes[self.kind], 0, WEIGHT_ZEROS[self.weights])
        terms = np.count_nonzero(weights) / count
        deviation = 104 * 74 * math.sqrt(terms)  # an activation's root mean square, a weight's
        bias = random.integers(-round(deviation), round(deviation), count).astype(np.int32)
        shift = 1 + round(math.log2(SPREAD / deviation))
        scale = Requantization(np.full(count, 1 << 30, np.int32), np.full(count, shift, np.int32))
        names, clamp = (self.name, self.kind, ("x",), "y"), (-128, 127)
        if self.kind == "dense":
            return FullyConnected(*names, weights, bias, scale, clamp)
        kind = Convolution if self.kind == "conv" else DepthwiseConvolution
        padding = Padding(*[self.kernel // 2] * 4)
        return kind(*names, weights, bias, (1, 1), padding, scale, clamp)


def partly_zero(
    random: np.random.Generator, shape: tuple[int, ...], zero: int, share: float
) -> npt.NDArray[np.int8]:
    """Make int8 values of which exactly ``share``, rounded to a whole number, are ``zero``."""
    size = math.prod(shape)
    values = random.integers(-128, 127, size)
    values += values >= zero
    values[random.permutation(size)[: round(share * size)]] = zero
    return values.astype(np.int8).reshape(shape)


LAYERS = (
    BenchLayer("conv", 3, 32, 32, 16, 8, "dense"),
    BenchLayer("conv", 3, 32, 32, 16, 8, "sparse"),
    BenchLayer("conv", 3, 64, 64, 8, 32, "dense"),
    BenchLayer("conv", 3, 64, 64, 8, 32, "sparse"),
    BenchLayer("conv", 3, 16, 16, 32, 32, "dense"),
    BenchLayer("conv", 3, 16, 16, 32, 32, "sparse"),
    BenchLayer("conv", 1, 64, 64, 8, 8, "dense"),
    BenchLayer("conv", 1, 64, 64, 8, 8, "sparse"),
    BenchLayer("depthwise", 3, 64, 64, 24, 8, "dense"),
    BenchLayer("dense", 1, 256, 64, 1, 8, "dense"),
)
