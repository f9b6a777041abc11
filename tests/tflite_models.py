"""Small TensorFlow Lite files for tests: any tensors and operators, and random single layers."""

from dataclasses import dataclass
from pathlib import Path

import flatbuffers
import numpy as np
import tflite

REAL = Path(__file__).parents[1] / "../shared/models"
"""Real models and their golden outputs, which are no part of the repository."""


class ModelWriter:
    """Collects tensors and operators, then writes the flatbuffer."""

    def __init__(self):
        self._builder = flatbuffers.Builder(1024)
        self._buffers = [self._table("Buffer")]
        self._tensors = []
        self._codes = []
        self._operators = []

    def tensor(self, name, shape, dtype="int8", scales=(), zero_points=None, data=None, axis=0):
        """Add a tensor, constant if it has ``data``; return its index."""
        buffer = 0
        if data is not None:
            data = np.ascontiguousarray(data, np.dtype(dtype).newbyteorder("<")).reshape(-1)
            self._builder.Prep(16, data.nbytes)  # the schema's force_align
            vector = self._builder.CreateNumpyVector(data.view(np.uint8))
            buffer = len(self._buffers)
            self._buffers.append(self._table("Buffer", Data=vector))
        quantization = None
        if len(scales):
            zero_points = np.zeros(len(scales)) if zero_points is None else zero_points
            quantization = self._table(
                "QuantizationParameters",
                Scale=self._vector(scales, np.float32),
                ZeroPoint=self._vector(zero_points, np.int64),
                QuantizedDimension=axis,
            )
        self._tensors.append(
            self._table(
                "Tensor",
                Name=self._builder.CreateString(name),
                Shape=self._vector(shape, np.int32),
                Type=getattr(tflite.TensorType, dtype.upper()),
                Buffer=buffer,
                Quantization=quantization,
            )
        )
        return len(self._tensors) - 1

    def operator(self, code, inputs, outputs, kind=None, **options):
        """Add an operator, such as ``"CONV_2D"`` with ``kind`` ``"Conv2DOptions"``, or none."""
        number = getattr(tflite.BuiltinOperator, code)
        self._codes.append(
            self._table(
                "OperatorCode",
                DeprecatedBuiltinCode=min(number, 127),
                BuiltinCode=number,
                Version=1,
            )
        )
        self._operators.append(
            self._table(
                "Operator",
                OpcodeIndex=len(self._codes) - 1,
                Inputs=self._vector(inputs, np.int32),
                Outputs=self._vector(outputs, np.int32),
                BuiltinOptionsType=getattr(tflite.BuiltinOptions, kind or "NONE"),
                BuiltinOptions=kind and self._table(kind, **options),
            )
        )

    def finish(self, inputs, outputs):
        """Return the file's bytes."""
        graph = self._table(
            "SubGraph",
            Tensors=self._offsets(self._tensors),
            Inputs=self._vector(inputs, np.int32),
            Outputs=self._vector(outputs, np.int32),
            Operators=self._offsets(self._operators),
        )
        model = self._table(
            "Model",
            Version=3,
            OperatorCodes=self._offsets(self._codes),
            Subgraphs=self._offsets([graph]),
            Buffers=self._offsets(self._buffers),
        )
        self._builder.Finish(model, b"TFL3")
        return bytes(self._builder.Output())

    def _table(self, kind, **fields):
        getattr(tflite, f"{kind}Start")(self._builder)
        for name, value in fields.items():
            if value is not None:
                getattr(tflite, f"{kind}Add{name}")(self._builder, value)
        return getattr(tflite, f"{kind}End")(self._builder)

    def _vector(self, values, dtype):
        return self._builder.CreateNumpyVector(np.asarray(values, dtype))

    def _offsets(self, offsets):
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return self._builder.EndVector()


@dataclass
class Layer:
    """One layer with weights, and everything a test may want to fix about it.

    ``scales`` are the weights': one, or one for each output channel. ``weights`` has shape
    (out_channels, kernel_height, kernel_width, in_channels), (out_channels, in_size) or, depthwise,
    (out_channels, kernel_height, kernel_width). Fewer ``in_channels`` than the input's make groups.
    """

    shape: tuple[int, ...]
    weights: np.ndarray
    bias: np.ndarray
    scales: np.ndarray
    stride: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"
    input_scale: float = 0.05
    input_zero_point: int = 0
    output_scale: float = 0.1
    output_zero_point: int = 0
    dilation: tuple[int, int] = (1, 1)
    keeps_dimensions: bool = False
    has_bias: bool = True

    def convolution(self):
        """Return a file with this layer as CONV_2D."""
        return self._slide("CONV_2D", "Conv2DOptions", self.weights, axis=0)

    def depthwise(self):
        """Return a file with this layer as DEPTHWISE_CONV_2D."""
        return self._slide(
            "DEPTHWISE_CONV_2D",
            "DepthwiseConv2DOptions",
            self.weights.transpose(1, 2, 0)[None],
            axis=3,
            DepthMultiplier=len(self.weights) // self.shape[3],
        )

    def _slide(self, code, kind, weights, axis, **options):
        kernel = zip(self.weights.shape[1:3], self.dilation, strict=True)
        window = [(taps - 1) * step + 1 for taps, step in kernel]
        out_shape = _windows(self.shape, window, self.stride, self.padding)
        return self._write(
            code,
            (self.shape[0], *out_shape, len(self.weights)),
            kind,
            weights,
            axis,
            Padding=getattr(tflite.Padding, self.padding),
            StrideH=self.stride[0],
            StrideW=self.stride[1],
            DilationHFactor=self.dilation[0],
            DilationWFactor=self.dilation[1],
            **options,
        )

    def transposed(self, height, width):
        """Return a file with this layer as TRANSPOSE_CONV, and an output of this size."""
        return self._write(
            "TRANSPOSE_CONV",
            (self.shape[0], height, width, len(self.weights)),
            "TransposeConvOptions",
            self.weights,
            Padding=getattr(tflite.Padding, self.padding),
            StrideH=self.stride[0],
            StrideW=self.stride[1],
        )

    def dense(self):
        """Return a file with this layer as FULLY_CONNECTED."""
        rows = int(np.prod(self.shape)) // self.weights.shape[1]
        out_shape = (rows, len(self.weights))
        if self.keeps_dimensions:
            out_shape = (*self.shape[:-1], len(self.weights))
        return self._write(
            "FULLY_CONNECTED",
            out_shape,
            "FullyConnectedOptions",
            self.weights,
            KeepNumDims=self.keeps_dimensions,
        )

    def _write(self, code, out_shape, kind, data, axis=0, **options):
        writer = ModelWriter()
        source = writer.tensor(
            "input", self.shape, "int8", [self.input_scale], [self.input_zero_point]
        )
        weights = writer.tensor("weights", data.shape, "int8", self.scales, data=data, axis=axis)
        bias = writer.tensor(
            "bias",
            self.bias.shape,
            "int32",
            np.float32(self.input_scale) * np.float32(self.scales),
            data=self.bias,
        )
        target = writer.tensor(
            "output", out_shape, "int8", [self.output_scale], [self.output_zero_point]
        )
        activation = getattr(tflite.ActivationFunctionType, self.activation)
        inputs = [source, weights, bias if self.has_bias else -1]
        if code == "TRANSPOSE_CONV":
            shape = writer.tensor("shape", (4,), "int32", data=out_shape)
            inputs = [shape, weights, source, *inputs[2:]]
        writer.operator(
            code,
            inputs,
            [target],
            kind,
            FusedActivationFunction=activation,
            **options,
        )
        return writer.finish([source], [target])


def random_layer(rng, weights_shape, shape, *, per_channel=True, zeros=0.3, **fixed):
    """Return a `Layer` whose outputs spread over int8, but for what is ``fixed``."""
    channels, depth = weights_shape[0], int(np.prod(weights_shape[1:]))
    weights = rng.integers(-127, 128, weights_shape) * (rng.random(weights_shape) >= zeros)
    scales = rng.uniform(0.001, 0.02, channels if per_channel else 1).astype(np.float32)
    input_scale = np.float32(rng.uniform(0.01, 0.2))
    spread = 74 * 74 * np.sqrt(depth) * float(input_scale) * float(scales.mean())
    arguments = {
        "shape": shape,
        "weights": weights.astype(np.int8),
        "bias": rng.integers(-20_000, 20_000, channels).astype(np.int32),
        "scales": scales,
        "activation": str(rng.choice(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])),
        "input_scale": float(input_scale),
        "input_zero_point": int(rng.integers(-128, 128)),
        "output_scale": float(np.float32(spread / 50)),
        "output_zero_point": int(rng.integers(-128, 128)),
    }
    return Layer(**arguments | fixed)


def pool(code, shape, window, stride, padding="SAME", activation="NONE", scale=0.1, zero_point=0):
    """Return a file with one MAX_POOL_2D or AVERAGE_POOL_2D."""
    writer = ModelWriter()
    out_shape = (shape[0], *_windows(shape, window, stride, padding), shape[3])
    source = writer.tensor("input", shape, "int8", [scale], [zero_point])
    target = writer.tensor("output", out_shape, "int8", [scale], [zero_point])
    writer.operator(
        code,
        [source],
        [target],
        "Pool2DOptions",
        Padding=getattr(tflite.Padding, padding),
        StrideH=stride[0],
        StrideW=stride[1],
        FilterHeight=window[0],
        FilterWidth=window[1],
        FusedActivationFunction=getattr(tflite.ActivationFunctionType, activation),
    )
    return writer.finish([source], [target])


@dataclass
class Value:
    """A tensor of a file: quantised if it has a scale, constant if it has data."""

    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int = 0
    dtype: str = "int8"
    data: object = None


def integers(*numbers):
    """Return a constant list of int32."""
    return Value((len(numbers),), dtype="int32", data=numbers)


def single(code, sources, targets, kind=None, **options):
    """Return a file with one operator from ``sources`` to ``targets``, which are `Value`s.

    The sources without data are the model's inputs.
    """
    writer = ModelWriter()
    inputs, outputs = (
        [
            writer.tensor(
                f"{name}{index}",
                value.shape,
                value.dtype,
                [] if value.scale is None else [value.scale],
                None if value.scale is None else [value.zero_point],
                value.data,
            )
            for index, value in enumerate(values)
        ]
        for name, values in (("input", sources), ("output", targets))
    )
    writer.operator(code, inputs, outputs, kind, **options)
    free = [index for index, value in zip(inputs, sources, strict=True) if value.data is None]
    return writer.finish(free, outputs)


def activation(name):
    """Return the option of the fused activation ``name``."""
    return {"FusedActivationFunction": getattr(tflite.ActivationFunctionType, name)}


def softmax(shape, scale, zero_point=0, beta=1.0):
    """Return a file with one SOFTMAX."""
    ends = ("int8", scale, zero_point), ("int8", 1 / 256, -128)
    return _edge("SOFTMAX", "SoftmaxOptions", shape, *ends, Beta=beta)


def quantize(shape, source, target):
    """Return a file with one QUANTIZE; ``source`` and ``target`` are dtype, scale, zero point."""
    return _edge("QUANTIZE", "QuantizeOptions", shape, source, target)


def dequantize(shape, source):
    """Return a file with one DEQUANTIZE; ``source`` is dtype, scale, zero point."""
    return _edge("DEQUANTIZE", "DequantizeOptions", shape, source, ("float32",))


def _edge(code, kind, shape, *ends, **options):
    writer = ModelWriter()
    source, target = (
        writer.tensor(name, shape, dtype, parameters[:1], parameters[1:])
        for name, (dtype, *parameters) in zip(("input", "output"), ends, strict=True)
    )
    writer.operator(code, [source], [target], kind, **options)
    return writer.finish([source], [target])


def _windows(shape, window, stride, padding):
    if padding == "SAME":
        return tuple(-(-length // step) for length, step in zip(shape[1:3], stride, strict=True))
    return tuple(
        (length - size) // step + 1
        for length, size, step in zip(shape[1:3], window, stride, strict=True)
    )
