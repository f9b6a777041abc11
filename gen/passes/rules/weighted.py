"""Rules of operators with weights, and of pools."""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import (
    AveragePool,
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Padding,
    Pool,
    Tensor,
    TransposedConvolution,
)
from zeroleap.gen.passes.rules.common import (
    checked_reach,
    require,
    require_bias,
    require_clamp,
    require_int8,
    require_requantization,
    require_same_quantization,
    require_window,
)

__all__ = [
    "verify_convolution",
    "verify_depthwise",
    "verify_fully_connected",
    "verify_pool",
    "verify_transposed",
]

Weighted = Convolution | DepthwiseConvolution | FullyConnected | TransposedConvolution


def verify_convolution(operator: Convolution, source: Tensor, target: Tensor) -> None:
    """Check a Convolution."""
    require_int8(source, target)
    weights = operator.weights
    _require_weights(weights, 4)
    out_channels, *kernel, in_channels = weights.shape
    groups = operator.groups
    require(
        groups >= 1 and out_channels % groups == 0,
        f"groups must divide {out_channels} output channels",
        groups,
    )
    require(
        source.shape[-1] == groups * in_channels,
        f"input must have {groups * in_channels} channels",
        source.shape,
    )
    window = checked_reach(kernel, operator.dilation)
    require_window(source, target, window, operator.stride, operator.padding, out_channels)
    _require_scaling(operator, out_channels)


def verify_depthwise(operator: DepthwiseConvolution, source: Tensor, target: Tensor) -> None:
    """Check a DepthwiseConvolution."""
    require_int8(source, target)
    weights = operator.weights
    _require_weights(weights, 3)
    channels, *kernel = weights.shape
    require(source.shape[-1] == channels, f"input must have {channels} channels", source.shape)
    window = checked_reach(kernel, operator.dilation)
    require_window(source, target, window, operator.stride, operator.padding, channels)
    _require_scaling(operator, channels)


def verify_transposed(operator: TransposedConvolution, source: Tensor, target: Tensor) -> None:
    """Check a TransposedConvolution."""
    require_int8(source, target)
    weights = operator.weights
    _require_weights(weights, 4)
    out_channels, *kernel, in_channels = weights.shape
    require(min(kernel) >= 1, "kernel must be 1x1 or larger", kernel)
    maps = source.shape, target.shape
    require(all(len(shape) == 4 for shape in maps), "maps must have 4 dimensions", maps)
    require(source.shape[0] == target.shape[0], "batches must be equal", maps)
    channels = source.shape[3], target.shape[3]
    accepted = in_channels, out_channels
    require(channels == accepted, f"input and output must have {accepted} channels", channels)
    require(
        operator.groups >= 1
        and in_channels % operator.groups == out_channels % operator.groups == 0,
        f"groups must divide {accepted} channels",
        operator.groups,
    )
    require(min(operator.stride) >= 1, "stride must be 1x1 or larger", operator.stride)
    require(min(operator.before) >= 0, "before must be 0 or more", operator.before)
    _require_scaling(operator, out_channels)


def verify_fully_connected(operator: FullyConnected, source: Tensor, target: Tensor) -> None:
    """Check a FullyConnected."""
    require_int8(source, target)
    weights = operator.weights
    _require_weights(weights, 2)
    out_channels, in_size = weights.shape
    require(source.size % in_size == 0, f"input size must be a multiple of {in_size}", source.size)
    require(
        target.shape[-1:] == (out_channels,)
        and target.size == source.size // in_size * out_channels,
        f"output must be {source.size // in_size} rows of {out_channels}",
        target.shape,
    )
    _require_scaling(operator, out_channels)


def verify_pool(operator: Pool, source: Tensor, target: Tensor) -> None:
    """Check a MaxPool or an AveragePool."""
    require_int8(source, target)
    channels = source.shape[-1]
    require_window(source, target, operator.window, operator.stride, operator.padding, channels)
    require_clamp(operator.clamp)
    if isinstance(operator, AveragePool) and operator.requantization is not None:
        require_requantization(operator.requantization, 1, is_mean=True)
        require(
            operator.padding == Padding(),
            "a pool that requantises must have no padding",
            operator.padding,
        )
    else:
        require_same_quantization(source, target)


def _require_weights(weights: npt.NDArray[Any], dimensions: int) -> None:
    require(weights.dtype == np.int8, "weights must be int8", str(weights.dtype))
    require(weights.ndim == dimensions, f"weights must have {dimensions} dimensions", weights.shape)


def _require_scaling(operator: Weighted, channels: int) -> None:
    """Require what comes after the sums: a bias and a scale for each channel, and a clamp."""
    require_bias(operator.bias, channels)
    require_requantization(operator.requantization, channels)
    require_clamp(operator.clamp)
