"""What a well-formed graph is, as code that can be run."""

from collections.abc import Callable

import numpy as np

from zeroleap.gen.ir import (
    Add,
    ArgMax,
    AveragePool,
    Concatenate,
    Convolution,
    DepthwiseConvolution,
    Dequantize,
    Elementwise,
    FullyConnected,
    Graph,
    LogSoftmax,
    Maximum,
    MaxPool,
    Minimum,
    Multiply,
    Operator,
    Pad,
    Padding,
    Pool,
    Quantize,
    Requantization,
    Reshape,
    Resize,
    Slice,
    Softmax,
    Subtract,
    Sum,
    Table,
    Tensor,
    Transpose,
)

__all__ = ["verify"]

RANGES = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "float32": (0, 0),
    "int32": (0, 0),
    "int64": (0, 0),
}
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


def _verify_requantization(
    requantization: Requantization, channels: int, *, is_mean: bool = False
) -> None:
    for values in (requantization.multiplier, requantization.shift):
        _require(values.dtype == np.int32, "requantisation must be int32", str(values.dtype))
        _require(
            values.shape == (channels,), f"requantisation must have {channels} rows", values.shape
        )
    multiplier, shift = requantization.multiplier, requantization.shift
    _require(
        bool(np.all((multiplier == 0) | (multiplier >= (0 if is_mean else 2**30)))),
        "multipliers must be 0 or more" if is_mean else "multipliers must be 0 or 2**30 and more",
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


def _reach(kernel: list[int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Return the rows and columns from the kernel's first tap to its last."""
    _require(min(dilation) >= 1, "dilation must be 1 or more", dilation)
    return (kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1


def _verify_convolution(operator: Convolution, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    weights = operator.weights
    _require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    _require(weights.ndim == 4, "weights must have 4 dimensions", weights.shape)
    out_channels, *kernel, in_channels = weights.shape
    groups = operator.groups
    _require(
        groups >= 1 and out_channels % groups == 0,
        f"groups must divide {out_channels} output channels",
        groups,
    )
    _require(
        source.shape[-1] == groups * in_channels,
        f"input must have {groups * in_channels} channels",
        source.shape,
    )
    window = _reach(kernel, operator.dilation)
    _verify_window(source, target, window, operator.stride, operator.padding, out_channels)
    _verify_bias(operator.bias, out_channels)
    _verify_requantization(operator.requantization, out_channels)
    _verify_clamp(operator.clamp)


def _verify_depthwise(operator: DepthwiseConvolution, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    weights = operator.weights
    _require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    _require(weights.ndim == 3, "weights must have 3 dimensions", weights.shape)
    channels, *kernel = weights.shape
    _require(source.shape[-1] == channels, f"input must have {channels} channels", source.shape)
    window = _reach(kernel, operator.dilation)
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
        _verify_requantization(operator.requantization, 1, is_mean=True)
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


def _verify_multiply(operator: Multiply, first: Tensor, second: Tensor, target: Tensor) -> None:
    _verify_elementwise(operator, first, second, target)
    _verify_requantization(operator.requantization, 1)


def _verify_extremum(
    operator: Maximum | Minimum, first: Tensor, second: Tensor, target: Tensor
) -> None:
    _verify_elementwise(operator, first, second, target)
    _same_quantization(first, target)
    _same_quantization(second, target)


def _verify_table(operator: Table, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    _require(
        operator.values.dtype == np.int8 and operator.values.shape == (256,),
        "values must be 256 of int8",
        (str(operator.values.dtype), operator.values.shape),
    )


def _verify_pad(operator: Pad, source: Tensor, target: Tensor) -> None:
    _int8(source)
    _same_quantization(source, target)
    _require(
        len(operator.pads) == len(source.shape) and min(map(min, operator.pads), default=0) >= 0,
        f"pads must be 0 or more for each of {len(source.shape)} axes",
        operator.pads,
    )
    expected = tuple(
        before + length + after
        for length, (before, after) in zip(source.shape, operator.pads, strict=True)
    )
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)
    _require(-128 <= operator.value <= 127, "value must be in -128..127", operator.value)


def _verify_concatenate(operator: Concatenate, *tensors: Tensor) -> None:
    *sources, target = tensors
    axis = operator.axis
    _require(0 <= axis < len(target.shape), f"axis must be in {target.shape}", axis)
    for source in sources:
        _same_quantization(source, target)
        _require(
            len(source.shape) == len(target.shape)
            and source.shape[:axis] == target.shape[:axis]
            and source.shape[axis + 1 :] == target.shape[axis + 1 :],
            f"inputs must have the output's shape {target.shape} but on axis {axis}",
            source.shape,
        )
    total = sum(source.shape[axis] for source in sources)
    _require(target.shape[axis] == total, f"output must have {total} on axis {axis}", target.shape)


def _verify_slice(operator: Slice, source: Tensor, target: Tensor) -> None:
    _same_quantization(source, target)
    places = (source.shape, target.shape, operator.begin, operator.step)
    _require(
        len({len(place) for place in places}) == 1,
        f"output, begin and step must have {len(source.shape)} axes",
        places[1:],
    )
    for length, count, begin, step in zip(*places, strict=True):
        _require(
            step != 0 and 0 <= begin < length and 0 <= begin + (count - 1) * step < length,
            f"slice must lie in {source.shape}",
            (operator.begin, operator.step, target.shape),
        )


def _verify_resize(operator: Resize, source: Tensor, target: Tensor) -> None:
    _same_quantization(source, target)
    _require(len(source.shape) == 4, "input must have 4 dimensions", source.shape)
    batch, height, width, channels = source.shape
    expected = (batch, len(operator.rows), len(operator.columns), channels)
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)
    for length, places in ((height, operator.rows), (width, operator.columns)):
        _require(min(places) >= 0 and max(places) < length, f"must lie in 0..{length - 1}", places)


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


def _verify_log_softmax(operator: LogSoftmax, source: Tensor, target: Tensor) -> None:
    _int8(source, target)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    _require(len(source.shape) >= 1, "input must have a last axis", source.shape)
    _require(
        (target.scale, target.zero_point) == (1 / 16, 127),
        "output must have scale 1/16, zero point 127",
        (target.scale, target.zero_point),
    )
    _require(
        source.scale > Softmax.SMALLEST_STEP,
        f"input's scale must be more than {Softmax.SMALLEST_STEP}",
        source.scale,
    )


def _verify_arg_max(operator: ArgMax, source: Tensor, target: Tensor) -> None:
    _int8(source)
    _require(target.dtype in ("int32", "int64"), "output must be int32 or int64", target.dtype)
    axis = operator.axis
    _require(0 <= axis < len(source.shape), f"axis must be in {source.shape}", axis)
    expected = (*source.shape[:axis], *source.shape[axis + 1 :])
    _require(target.shape == expected, f"output must have shape {expected}", target.shape)


def _verify_quantize(operator: Quantize, source: Tensor, target: Tensor) -> None:
    _require(target.dtype in ("int8", "uint8"), "output must be int8 or uint8", target.dtype)
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
    _require(source.dtype in ("int8", "uint8"), "input must be int8 or uint8", source.dtype)
    _require(target.dtype == "float32", "output must be float32", target.dtype)
    _require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)


RULES: dict[type[Operator], Callable[..., None]] = {
    Add: _verify_sum,
    ArgMax: _verify_arg_max,
    AveragePool: _verify_pool,
    Concatenate: _verify_concatenate,
    Convolution: _verify_convolution,
    DepthwiseConvolution: _verify_depthwise,
    Dequantize: _verify_dequantize,
    FullyConnected: _verify_fully_connected,
    LogSoftmax: _verify_log_softmax,
    MaxPool: _verify_pool,
    Maximum: _verify_extremum,
    Minimum: _verify_extremum,
    Multiply: _verify_multiply,
    Pad: _verify_pad,
    Quantize: _verify_quantize,
    Reshape: _verify_reshape,
    Resize: _verify_resize,
    Slice: _verify_slice,
    Softmax: _verify_softmax,
    Subtract: _verify_sum,
    Table: _verify_table,
    Transpose: _verify_transpose,
}
