"""What a well-formed graph is, as code that can be run."""

from collections.abc import Callable

import numpy as np

from zeroleap.gen.ir import (
    Add,
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    Elementwise,
    FullyConnected,
    Graph,
    MaxPool,
    Operator,
    Padding,
    Pool,
    Quantize,
    Requantization,
    Reshape,
    Softmax,
    Sum,
    Tensor,
    Transpose,
)

__all__ = ["verify"]

RANGES = {"int8": (-128, 127), "uint8": (0, 255), "float32": (0, 0)}
NUMBERS = {1: "one input", 2: "two inputs", None: "inputs"}


def verify(graph: Graph) -> Graph:
    """Return ``graph``, every rule of `zeroleap.gen.ir` checked.

    Tensors have a known type, positive dimensions, a positive scale and a zero point in range;
    operators run in order, read what was written before them and write each tensor once; shapes,
    types and constants agree with each operator.

    Raises
    ------
    ValueError
        A rule, the operator or tensor that breaks it, and its value.
    """
    for name, tensor in graph.tensors.items():
        _require(tensor.name == name, f"a tensor's key must be its name {tensor.name!r}", name)
        _verify_tensor(tensor)
    for name, values in graph.constants.items():
        _verify_constant(graph, name, values)
    written = {*graph.inputs, *graph.constants}
    for operator in graph:
        where = f"operator {operator.name!r}"
        for name in (*operator.inputs, operator.output):
            _require(name in graph.tensors, f"{where}: must use tensors of the graph", name)
        _require(
            written.issuperset(operator.inputs),
            f"{where}: must come after what writes its inputs",
            operator.inputs,
        )
        _require(
            operator.output not in written, f"{where}: must write a new tensor", operator.output
        )
        written.add(operator.output)
        _require(type(operator) in RULES, f"{where}: must be of a known kind", operator.kind)
        _require(
            len(operator.inputs) == (operator.arity or max(1, len(operator.inputs))),
            f"{where}: must have {NUMBERS[operator.arity]}",
            operator.inputs,
        )
        try:
            RULES[type(operator)](
                operator, *(graph.tensors[name] for name in (*operator.inputs, operator.output))
            )
        except ValueError as error:
            raise ValueError(f"{where} ({operator.source}): {error}") from None
    for role, names in (("input", graph.inputs), ("output", graph.outputs)):
        _require(len(set(names)) == len(names), f"each graph {role} must be named once", names)
    _require(written.issuperset(graph.outputs), "graph outputs must be written", graph.outputs)
    return graph


def _require(condition: bool, rule: str, value: object) -> None:
    if not condition:
        raise ValueError(f"{rule}, not {value!r}")


def _verify_tensor(tensor: Tensor) -> None:
    where = f"tensor {tensor.name!r}:"
    _require(tensor.dtype in RANGES, f"{where} type must be {', '.join(RANGES)}", tensor.dtype)
    _require(
        all(n >= 1 for n in tensor.shape), f"{where} dimensions must be 1 or more", tensor.shape
    )
    _require(
        tensor.scale > 0 and np.isfinite(tensor.scale),
        f"{where} scale must be positive and finite",
        tensor.scale,
    )
    low, high = RANGES[tensor.dtype]
    _require(
        low <= tensor.zero_point <= high,
        f"{where} zero point must be in {low}..{high}",
        tensor.zero_point,
    )


def _verify_constant(graph: Graph, name: str, values: np.ndarray) -> None:
    where = f"constant {name!r}:"
    _require(name in graph.tensors, f"{where} must be a tensor of the graph", name)
    _require(name not in graph.inputs, f"{where} must not be an input", graph.inputs)
    expected = (graph.tensors[name].dtype, graph.tensors[name].shape)
    found = (str(values.dtype), values.shape)
    _require(found == expected, f"{where} must be {expected[0]} of shape {expected[1]}", found)


def _same_quantization(source: Tensor, target: Tensor) -> None:
    _require(
        (source.dtype, source.scale, source.zero_point)
        == (target.dtype, target.scale, target.zero_point),
        f"output must keep {source.dtype}, scale {source.scale!r}, zero point {source.zero_point}",
        (target.dtype, target.scale, target.zero_point),
    )


def _int8(*tensors: Tensor) -> None:
    for tensor in tensors:
        _require(tensor.dtype == "int8", f"tensor {tensor.name!r} must be int8", tensor.dtype)


def _verify_requantization(requantization: Requantization, channels: int) -> None:
    for values in (requantization.multiplier, requantization.shift):
        _require(values.dtype == np.int32, "requantisation must be int32", str(values.dtype))
        _require(
            values.shape == (channels,), f"requantisation must have {channels} rows", values.shape
        )
    multiplier, shift = requantization.multiplier, requantization.shift
    _require(
        bool(np.all((multiplier == 0) | (multiplier >= 2**30))),
        "multipliers must be 0 or 2**30 and more",
        multiplier,
    )
    _require(bool(np.all((shift >= -31) & (shift <= 30))), "shifts must be in -31..30", shift)


def _verify_clamp(clamp: tuple[int, int]) -> None:
    low, high = clamp
    _require(-128 <= low <= high <= 127, "clamp must be ordered and in -128..127", clamp)


def _verify_bias(bias: np.ndarray, channels: int) -> None:
    _require(
        bias.dtype == np.int32 and bias.shape == (channels,),
        f"bias must be int32 of shape ({channels},)",
        (str(bias.dtype), bias.shape),
    )


def _verify_window(
    source: Tensor,
    target: Tensor,
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    channels: int,
) -> None:
    _require(len(source.shape) == 4, "input must have 4 dimensions", source.shape)
    _require(min(window) >= 1, "window must be 1 or more", window)
    _require(min(stride) >= 1, "stride must be 1 or more", stride)
    pads = (padding.top, padding.bottom, padding.left, padding.right)
    _require(min(pads) >= 0, "padding must be 0 or more", padding)
    _require(
        max(padding.top, padding.bottom) < window[0]
        and max(padding.left, padding.right) < window[1],
        f"padding must be less than the window {window}",
        padding,
    )
    batch, height, width, _ = source.shape
    expected = (
        batch,
        (height + padding.top + padding.bottom - window[0]) // stride[0] + 1,
        (width + padding.left + padding.right - window[1]) // stride[1] + 1,
        channels,
    )
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)


def _verify_convolution(operator: Convolution, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    weights = operator.weights
    _require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    _require(weights.ndim == 4, "weights must have 4 dimensions", weights.shape)
    out_channels, kernel_height, kernel_width, in_channels = weights.shape
    _require(
        source.shape[-1] == in_channels, f"input must have {in_channels} channels", source.shape
    )
    window = (kernel_height, kernel_width)
    _verify_window(source, target, window, operator.stride, operator.padding, out_channels)
    _verify_bias(operator.bias, out_channels)
    _verify_requantization(operator.requantization, out_channels)
    _verify_clamp(operator.clamp)


def _verify_depthwise(operator: DepthwiseConvolution, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    weights = operator.weights
    _require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    _require(weights.ndim == 3, "weights must have 3 dimensions", weights.shape)
    channels, kernel_height, kernel_width = weights.shape
    _require(source.shape[-1] == channels, f"input must have {channels} channels", source.shape)
    window = (kernel_height, kernel_width)
    _verify_window(source, target, window, operator.stride, operator.padding, channels)
    _verify_bias(operator.bias, channels)
    _verify_requantization(operator.requantization, channels)
    _verify_clamp(operator.clamp)


def _verify_fully_connected(operator: FullyConnected, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    weights = operator.weights
    _require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    _require(weights.ndim == 2, "weights must have 2 dimensions", weights.shape)
    out_channels, in_size = weights.shape
    _require(source.size % in_size == 0, f"input size must be a multiple of {in_size}", source.size)
    _require(
        target.shape[-1:] == (out_channels,)
        and target.size == source.size // in_size * out_channels,
        f"output must be {source.size // in_size} rows of {out_channels}",
        target.shape,
    )
    _verify_bias(operator.bias, out_channels)
    _verify_requantization(operator.requantization, out_channels)
    _verify_clamp(operator.clamp)


def _verify_pool(operator: Pool, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    channels = source.shape[-1]
    _verify_window(source, target, operator.window, operator.stride, operator.padding, channels)
    _verify_clamp(operator.clamp)
    if isinstance(operator, AveragePool) and operator.requantization is not None:
        _verify_requantization(operator.requantization, 1)
        _require(
            operator.padding == Padding(),
            "a pool that requantises must have no padding",
            operator.padding,
        )
    else:
        _same_quantization(source, target)


def _verify_elementwise(
    operator: Elementwise, first: Tensor, second: Tensor, target: Tensor
) -> None:
    _int8(first, second, target)
    _verify_clamp(operator.clamp)
    try:
        expected = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"inputs must fit each other, not {first.shape} and {second.shape}"
        ) from None
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)


def _verify_sum(operator: Sum, first: Tensor, second: Tensor, target: Tensor) -> None:
    _verify_elementwise(operator, first, second, target)
    for requantization in (operator.first, operator.second, operator.requantization):
        _verify_requantization(requantization, 1)
        _require(requantization.shift[0] <= 0, "shifts must be 0 or less", requantization.shift)


def _verify_reshape(operator: Reshape, source: Tensor, target: Tensor) -> None:
    _same_quantization(source, target)
    _require(source.size == target.size, f"output must have {source.size} elements", target.shape)


def _verify_transpose(operator: Transpose, source: Tensor, target: Tensor) -> None:
    _same_quantization(source, target)
    permutation = operator.permutation
    _require(
        sorted(permutation) == list(range(len(source.shape))),
        f"permutation must order {len(source.shape)} axes",
        permutation,
    )
    expected = tuple(source.shape[axis] for axis in permutation)
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)


def _verify_softmax(operator: Softmax, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    _require(
        (target.scale, target.zero_point) == (1 / 256, -128),
        "output must have scale 1/256, zero point -128",
        (target.scale, target.zero_point),
    )
    _require(len(source.shape) >= 1, "input must have a last axis", source.shape)
    _require(
        bool(np.isfinite(operator.beta)) and operator.beta * source.scale > Softmax.SMALLEST_STEP,
        f"beta times scale must be more than {Softmax.SMALLEST_STEP} and finite",
        operator.beta,
    )


def _verify_quantize(operator: Quantize, source: Tensor, target: Tensor) -> None:
    _require(target.dtype != "float32", "output must be int8 or uint8", target.dtype)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    if source.dtype == "float32":
        _require(
            operator.requantization is None,
            "requantisation from float32 must be None",
            operator.requantization,
        )
    elif operator.requantization is None:
        raise ValueError(f"requantisation from {source.dtype} must be present, not None")
    else:
        _verify_requantization(operator.requantization, 1)
    _require(operator.ties in ("away", "even"), "ties must be away or even", operator.ties)


def _verify_dequantize(operator: Dequantize, source: Tensor, target: Tensor) -> None:
    _require(source.dtype != "float32", "input must be int8 or uint8", source.dtype)
    _require(target.dtype == "float32", "output must be float32", target.dtype)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)


RULES: dict[type[Operator], Callable[..., None]] = {
    Add: _verify_sum,
    Convolution: _verify_convolution,
    DepthwiseConvolution: _verify_depthwise,
    FullyConnected: _verify_fully_connected,
    MaxPool: _verify_pool,
    AveragePool: _verify_pool,
    Reshape: _verify_reshape,
    Transpose: _verify_transpose,
    Quantize: _verify_quantize,
    Dequantize: _verify_dequantize,
    Softmax: _verify_softmax,
}
