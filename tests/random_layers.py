"""Random layers, side by side in one network, that go through the corners of the specification."""

from dataclasses import dataclass

import numpy as np

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    MaxPool,
    Padding,
    Requantization,
    Tensor,
)

CONVOLUTIONS = (Convolution, DepthwiseConvolution)
CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 17, 42)
MOST_WEIGHTS = 8000
DENSITIES = (0.0, 0.05, 0.3, 0.6, 0.95, 1.0)
ZERO_POINTS = (-128, -127, -1, 0, 1, 33, 126, 127)
CLAMPS = ((-128, 127), (-128, 127), (-7, 90), (0, 0), (-128, -100), (100, 127))
INT32 = np.iinfo(np.int32)


@dataclass
class Chooser:
    """The choices of one random network."""

    random: np.random.Generator

    def one(self, *choices):
        return choices[self.random.integers(len(choices))]

    def upto(self, most):
        return int(self.random.integers(most + 1))

    def chance(self, probability):
        return self.random.random() < probability

    def values(self, shape, zero, density):
        """Bytes of which a share of about ``density`` is not ``zero``."""
        values = self.random.integers(-128, 128, shape)
        return np.where(self.random.random(shape) < density, values, zero).astype(np.int8)

    def window(self, height, width, may_miss_the_map):
        """Kernel, stride and padding; a window that ``may_miss_the_map`` may be all padding."""
        kernel = self.one((1, 1), (3, 3), (2, 2), (1, 5), (4, 1), (2, 3), (5, 5), (height, width))
        stride = self.one((1, 1), (1, 1), (2, 2), (1, 3), (2, 1), (4, 5), kernel)
        wide = 3 if may_miss_the_map and self.chance(0.3) else 0
        sides = [0, 0, 0, 0]
        if self.chance(0.7):
            sides = [self.upto(kernel[side // 2] - 1 + wide) for side in range(4)]
        padding = Padding(*sides)
        padded = (height + padding.top + padding.bottom, width + padding.left + padding.right)
        kernel = (min(kernel[0], padded[0]), min(kernel[1], padded[1]))
        return kernel, stride, padding, padded

    def requantization(self, channels, magnitude):
        """Scales that bring most sums of about ``magnitude`` into range, and a few of any kind."""
        multiplier = self.random.integers(2**30, 2**31, channels)
        shift = 6 - int(np.log2(magnitude + 1)) + self.random.integers(-1, 2, channels)
        wild = self.random.random(channels) < 0.1
        shift = np.where(wild, self.random.integers(-31, 31, channels), np.clip(shift, -31, 30))
        multiplier[self.random.random(channels) < 0.05] = 0
        return Requantization(multiplier.astype(np.int32), shift.astype(np.int32))

    def bias(self, channels, magnitude):
        bias = self.random.integers(-magnitude - 1, magnitude + 1, channels)
        wild = self.random.choice([2**30, -(2**30), INT32.max, INT32.min], channels)
        return np.where(self.random.random(channels) < 0.1, wild, bias).astype(np.int32)

    def layer(self, index):
        """One layer: its operator, its input and output tensors, and values for the input."""
        source, target = f"x{index}", f"y{index}"
        height, width = self.one((1, 1), (1, 9), (7, 2), (5, 5), (6, 7), (9, 8))
        in_channels = self.one(*CHANNELS)
        zero_point, clamp = self.one(*ZERO_POINTS), self.one(*CLAMPS)
        kind = self.one(
            Convolution, Convolution, Convolution, DepthwiseConvolution, MaxPool, AveragePool
        )
        kernel, stride, padding, padded = self.window(height, width, kind in CONVOLUTIONS)
        names = (kind.kind, kind.kind, (source,), target)
        out_channels, out_zero_point = in_channels, zero_point
        if kind in CONVOLUTIONS:
            shape = (in_channels, *kernel)
            if kind is Convolution:
                most = MOST_WEIGHTS // (kernel[0] * kernel[1] * in_channels)
                out_channels = min(most, self.one(*CHANNELS))
                shape = (out_channels, *kernel, in_channels)
            out_zero_point = self.one(*ZERO_POINTS)
            weights = self.values(shape, 0, self.one(*DENSITIES))
            magnitude = int(60 * 60 * np.sqrt(weights[0].size))
            operator = kind(
                *names,
                weights=weights,
                bias=self.bias(out_channels, magnitude),
                stride=stride,
                padding=padding,
                requantization=self.requantization(out_channels, magnitude),
                clamp=clamp,
            )
        elif kind is AveragePool and padding == Padding() and self.chance(0.5):
            out_zero_point = self.one(*ZERO_POINTS)
            scale = self.requantization(1, int(60 * np.sqrt(kernel[0] * kernel[1])))
            operator = AveragePool(*names, kernel, stride, padding, clamp, scale)
        else:
            operator = kind(*names, kernel, stride, padding, clamp)
        size = tuple(
            (room - span) // step + 1
            for room, span, step in zip(padded, kernel, stride, strict=True)
        )
        tensors = (
            Tensor(source, (1, height, width, in_channels), zero_point=zero_point),
            Tensor(target, (1, *size, out_channels), zero_point=out_zero_point),
        )
        zero = -128 if kind is MaxPool else zero_point
        return operator, tensors, self.values(tensors[0].shape, zero, self.one(*DENSITIES))


def random_network(seed, layers):
    """Return a graph of ``layers`` layers, each with an input and an output, and its inputs."""
    chooser = Chooser(np.random.default_rng(seed))
    operators, tensors, inputs = [], {}, {}
    for index in range(layers):
        operator, pair, values = chooser.layer(index)
        operators.append(operator)
        tensors.update({tensor.name: tensor for tensor in pair})
        inputs[operator.input] = values
    graph = Graph(
        name=f"random {seed}",
        tensors=tensors,
        inputs=tuple(inputs),
        outputs=tuple(operator.output for operator in operators),
        operators=tuple(operators),
    )
    return graph, inputs
