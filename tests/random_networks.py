"""Random TensorFlow Lite files of many operators."""

import numpy as np
import tflite
from tflite_models import ModelWriter

OPERATORS = (
    "convolution",
    "depthwise",
    "transposed",
    "sum",
    "product",
    "activation",
    "pad",
    "pool",
    "concatenate",
    "slice",
    "shuffle",
    "excite",
)


class Network:
    """Grows a network, an operator at a time, from a map of int8."""

    def __init__(self, rng):
        self._rng = rng
        self._writer = ModelWriter()
        shape = tuple(map(int, rng.integers([1, 5, 5, 2], [2, 10, 10, 7])))
        self.input = self._tensor(shape)
        self._maps = [(self.input, shape, self._quantization)]

    def _tensor(self, shape, scale=None, zero_point=None, **fields):
        scale = float(np.float32(self._rng.uniform(0.02, 0.1))) if scale is None else scale
        zero_point = int(self._rng.integers(-128, 128)) if zero_point is None else zero_point
        self._quantization = (scale, zero_point)
        name = f"t{self._rng.integers(2**40)}"
        return self._writer.tensor(name, shape, "int8", [scale], [zero_point], **fields)

    def _numbers(self, *numbers):
        return self._writer.tensor("numbers", np.shape(numbers), "int32", data=numbers)

    def _give(self, code, inputs, shape, kind=None, same=None, **options):
        """Add an operator and its output, in the quantisation ``same`` if it is given."""
        shape = tuple(map(int, shape))
        output = self._tensor(shape, *(same or ()))
        self._writer.operator(code, inputs, [output], kind, **options)
        self._maps.append((output, shape, self._quantization))
        return output

    def grow(self, operator):
        """Add one of `OPERATORS` behind any map that there is."""
        source, shape, same = self._maps[self._rng.integers(len(self._maps))]
        getattr(self, f"_{operator}")(source, shape, same)

    def finish(self):
        """Return the file, whose outputs are the last two maps."""
        self.outputs = [index for index, _, _ in self._maps[-2:]]
        return self._writer.finish([self.input], self.outputs)

    @property
    def shape(self):
        return self._maps[0][1]

    def _weights(self, shape, axis=0):
        weights = self._rng.integers(-127, 128, shape) * (self._rng.random(shape) < 0.7)
        weights[..., 0] *= self._rng.random() < 0.7  # some kernels, or channels, have no weights
        channels = shape[axis]
        scales = self._rng.uniform(0.002, 0.01, channels).astype(np.float32)
        index = self._writer.tensor("w", shape, "int8", scales, data=weights, axis=axis)
        bias = self._rng.integers(-2000, 2000, channels)
        return index, self._writer.tensor("b", bias.shape, "int32", data=bias)

    def _window(self):
        return {
            "Padding": tflite.Padding.SAME,
            "StrideH": 1,
            "StrideW": 1,
            "FusedActivationFunction": int(self._rng.integers(0, 4)),
        }

    def _convolution(self, source, shape, same):
        groups = int(self._rng.choice([n for n in (1, 2, 3) if shape[3] % n == 0]))
        channels = groups * int(self._rng.integers(1, 4))
        kernel = self._rng.integers(1, 4, 2)
        weights = self._weights((channels, *map(int, kernel), shape[3] // groups))
        rows, columns = map(int, self._rng.integers(1, 3, 2))
        options = self._window() | {"DilationHFactor": rows, "DilationWFactor": columns}
        shape = (*shape[:3], channels)
        self._give("CONV_2D", [source, *weights], shape, "Conv2DOptions", **options)

    def _depthwise(self, source, shape, same):
        multiplier = int(self._rng.integers(1, 3))
        channels = shape[3] * multiplier
        weights = self._weights((1, *map(int, self._rng.integers(1, 4, 2)), channels), axis=3)
        options = self._window() | {"DilationHFactor": 1, "DilationWFactor": 1}
        options["DepthMultiplier"] = multiplier
        shape = (*shape[:3], channels)
        self._give(
            "DEPTHWISE_CONV_2D", [source, *weights], shape, "DepthwiseConv2DOptions", **options
        )

    def _transposed(self, source, shape, same):
        stride, kernel = self._rng.integers(1, 3, 2), self._rng.integers(1, 4, 2)
        channels = int(self._rng.integers(1, 4))
        size = np.array(shape[1:3]) * stride - self._rng.integers(0, stride)
        shape, weights = (1, *map(int, size), channels), (channels, *map(int, kernel), shape[3])
        options = self._window() | dict(zip(("StrideH", "StrideW"), map(int, stride), strict=True))
        weights, bias = self._weights(weights)
        inputs = [self._numbers(*shape), weights, source, bias]
        self._give("TRANSPOSE_CONV", inputs, shape, "TransposeConvOptions", **options)

    def _other(self, shape):
        """Return another map of ``shape``, or a constant for its channels."""
        others = [index for index, other, _ in self._maps if other == shape]
        if self._rng.random() < 0.7:
            return int(self._rng.choice(others))
        return self._tensor((shape[3],), data=self._rng.integers(-128, 128, shape[3]))

    def _sum(self, source, shape, same):
        code = str(self._rng.choice(["ADD", "SUB"]))
        fused = int(self._rng.integers(0, 4))
        kind = f"{code.title()}Options"
        other = self._other(shape)
        self._give(code, [source, other], shape, kind, FusedActivationFunction=fused)

    def _product(self, source, shape, same):
        self._give("MUL", [source, self._other(shape)], shape, "MulOptions")

    def _activation(self, source, shape, same):
        code = str(self._rng.choice(["LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "QUANTIZE"]))
        fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}.get(code)
        if code == "LEAKY_RELU":
            self._give(code, [source], shape, "LeakyReluOptions", Alpha=0.1)
        else:
            self._give(code, [source], shape, same=fixed)

    def _pad(self, source, shape, same):
        pads = np.zeros((4, 2), int)
        pads[self._rng.integers(1, 4)] = self._rng.integers(0, 2, 2)
        pads[1] = self._rng.integers(0, 2, 2)
        shape = np.array(shape) + pads.sum(axis=1)
        padded = self._give("PAD", [source, self._numbers(*pads.tolist())], shape, same=same)
        if self._rng.random() < 0.7:
            self._convolution(padded, self._maps[-1][1], same)

    def _pool(self, source, shape, same):
        code = str(self._rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
        window = dict(
            zip(("FilterHeight", "FilterWidth"), self._rng.integers(1, 4, 2), strict=True)
        )
        options = self._window() | {key: int(size) for key, size in window.items()}
        self._give(code, [source], shape, "Pool2DOptions", same=same, **options)

    def _concatenate(self, source, shape, same):
        axis = int(self._rng.integers(1, 4))
        shape = [*shape]
        shape[axis] *= 2
        self._give(
            "CONCATENATION", [source] * 2, shape, "ConcatenationOptions", same=same, Axis=axis
        )

    def _slice(self, source, shape, same):
        begin = [int(self._rng.integers(0, max(1, length // 2))) for length in shape]
        size = [length - first for length, first in zip(shape, begin, strict=True)]
        inputs = [source, self._numbers(*begin), self._numbers(*size)]
        self._give("SLICE", inputs, size, same=same)

    def _shuffle(self, source, shape, same):
        """Shuffle channels, as a reshape, a transpose and a reshape."""
        n, h, w, c = shape
        groups = 2 if c % 2 == 0 else 1
        split = (n, h, w, groups, c // groups)
        first = self._give("RESHAPE", [source], split, "ReshapeOptions", same=same)
        order = self._numbers(0, 1, 2, 4, 3)
        second = self._give("TRANSPOSE", [first, order], (n, h, w, c // groups, groups), same=same)
        self._give("RESHAPE", [second], shape, "ReshapeOptions", same=same)
        del self._maps[-3:-1]  # no other operator takes 5 dimensions

    def _excite(self, source, shape, same):
        """Weigh channels by what a dense layer makes of their means."""
        n, _, _, c = shape
        axes = self._numbers(1, 2)
        means = self._give("MEAN", [source, axes], (n, c), "ReducerOptions", KeepDims=False)
        dense = [means, *self._weights((c, c))]
        scores = self._give("FULLY_CONNECTED", dense, (n, c), "FullyConnectedOptions")
        gates = self._give("LOGISTIC", [scores], (n, c), same=(1 / 256, -128))
        self._give("MUL", [source, gates], shape, "MulOptions")
        del self._maps[-4:-1]


def random_network(seed):
    """Return a file of 8 random operators, and values for its input."""
    rng = np.random.default_rng(seed)
    network = Network(rng)
    for operator in rng.choice(OPERATORS, 8):
        network.grow(operator)
    values = rng.integers(-128, 128, network.shape, np.int8)
    return network.finish(), values
