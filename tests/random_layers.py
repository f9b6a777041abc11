"""Random layers, side by side in one network, that go through the corners of the specification."""

from dataclasses import dataclass, replace

import numpy as np

from zeroleap.gen.ir import (
    Add,
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Graph,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Padding,
    Requantization,
    Subtract,
    Sum,
    Table,
    Tensor,
)

CONVOLUTIONS = (Convolution, DepthwiseConvolution)
CHANNELS = (1, 2, 3, 4, 5, 7, 8, 9, 12, 17, 42)
MOST_WEIGHTS = 8000
DENSITIES = (0.0, 0.05, 0.3, 0.6, 0.95, 1.0)
ZERO_POINTS = (-128, -127, -1, 0, 1, 33, 126, 127)
CLAMPS = ((-128, 127), (-128, 127), (-7, 90), (0, 0), (-128, -100), (100, 127))
INT32 = np.iinfo(np.int32)
TABLES = 5
"""Different tables of a network."""


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

    def factor(self, *shifts):
        """Return a scale of one channel, with one of ``shifts``."""
        multiplier = self.random.integers(2**30, 2**31, 1).astype(np.int32)
        return Requantization(multiplier, np.array([self.one(*shifts)], np.int32))

    def combination(self, value, operand, target):
        """One operator of two maps."""
        kinds = [Add, Subtract, Multiply]
        if value.zero_point == operand.zero_point:
            kinds += [Maximum, Minimum] * 2
        kind, names = self.one(*kinds), (value.name, operand.name)
        if self.chance(0.4):
            names = names[::-1]
        fields = (kind.kind, kind.kind, names, target, self.one(*CLAMPS[:3], *CLAMPS))
        if issubclass(kind, Sum):
            factors = [self.factor(0, 0, -1, -4) for _ in names]
            return kind(*fields, *factors, self.factor(-17, -18, -19, -19, -20, -27))
        if kind is Multiply:
            return kind(*fields, self.requantization(1, 60 * 60))
        return kind(*fields)

    def repeating(self, shape):
        """Shape of an operand that fits ``shape``; often as it is, or one value a channel."""
        height, width, channels = shape[1:]
        choices = ((height, width, channels),) * 3 + ((1, 1, channels),) * 2
        choices += ((1, width, channels), (height, 1, channels), (height, width, 1), (1, 1, 1))
        return (1, *self.one(*choices))


def random_network(seed, layers, followers=0.0):
    """Return a graph of ``layers`` layers and its inputs; each layer has an input of its own.

    A share of about ``followers`` of them is followed by an operator of two maps, whose operand is
    an input, an earlier input or output, or a constant, and as many by a table.
    """
    net = _Network(Chooser(np.random.default_rng((seed, 1))), followers)
    chooser = Chooser(np.random.default_rng(seed))
    for index in range(layers):
        net.append(index, *chooser.layer(index))
    graph = Graph(
        name=f"random {seed}",
        tensors=net.tensors,
        inputs=tuple(net.inputs),
        outputs=tuple(net.outputs),
        operators=tuple(net.operators),
        constants=net.constants,
    )
    return graph, net.inputs


class _Network:
    """A network that grows layer by layer."""

    def __init__(self, chooser, followers):
        self.chooser = chooser
        self.followers = followers
        self.operators, self.outputs = [], []
        self.tensors, self.inputs, self.constants = {}, {}, {}
        self.tables = [chooser.values(256, 0, 1.0) for _ in range(TABLES)]

    def append(self, index, operator, tensors, values):
        """Append a layer and, maybe, what follows it."""
        source, target = tensors
        self._add(operator, target)
        self.tensors[source.name] = source
        self.inputs[source.name] = values
        chooser = self.chooser
        if chooser.chance(self.followers):
            zero_point = chooser.one(target.zero_point, chooser.one(*ZERO_POINTS))
            operand = self._operand(index, target, zero_point)
            after = replace(target, name=f"z{index}", zero_point=chooser.one(*ZERO_POINTS, 5, -9))
            follower = chooser.combination(target, operand, after.name)
            if isinstance(follower, Maximum | Minimum):
                after = replace(after, zero_point=target.zero_point)
            self._add(follower, after)
            target = after
        if chooser.chance(self.followers):
            after = replace(target, name=f"t{index}")
            values = chooser.one(*self.tables)
            self._add(Table("table", "table", (target.name,), after.name, values), after)
            target = after
        self.outputs.append(target.name)

    def _add(self, operator, target):
        self.operators.append(operator)
        self.tensors[target.name] = target

    def _operand(self, index, value, zero_point):
        """Choose a tensor that fits, or make one."""
        chooser, shape = self.chooser, value.shape
        kind = chooser.one("input", "constant", "earlier", "earlier")
        fitting = [
            self.tensors[name]
            for name in (*self.inputs, *self.outputs)
            if np.prod(self.tensors[name].shape) > 1
            and all(
                size in (1, whole)
                for size, whole in zip(self.tensors[name].shape, shape, strict=True)
            )
        ]
        if kind == "earlier" and fitting:
            return chooser.one(*fitting)
        tensor = Tensor(f"o{index}", chooser.repeating(shape), zero_point=zero_point)
        values = chooser.values(tensor.shape, zero_point, 0.9)
        (self.constants if kind == "constant" else self.inputs)[tensor.name] = values
        self.tensors[tensor.name] = tensor
        return tensor
