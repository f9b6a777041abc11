"""What all layers with weights share: a scale for each output, and a bias."""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.frontend.onnx.node import Node
from zeroleap.gen.frontend.onnx.values import Constant, QuantizedConstant

__all__ = ["Bias", "bias_integers", "bias_value", "check_axis"]

Bias = Constant | QuantizedConstant


def check_axis(node: Node, weights: QuantizedConstant, axis: int) -> None:
    """Refuse weights with several scales that are not along ``axis``, the outputs'."""
    if weights.axis not in (None, axis):
        raise node.refuse("weights have a scale for each input; one for each output is accepted")


def bias_value(node: Node, position: int) -> Bias | None:
    """Return the bias, the input at ``position``; None if it is absent."""
    value = node.value(position)
    if value is not None and not isinstance(value, Constant | QuantizedConstant):
        raise node.refuse("bias is computed; a constant is accepted")
    return value


def bias_integers(
    node: Node,
    bias: Bias | None,
    input_scale: float,
    weight_scales: npt.NDArray[np.float32],
    channels: int,
) -> npt.NDArray[np.int32]:
    """Return the bias in steps of input scale times weight scale.

    One that the file has already in these steps, as QLinearConv does, is taken as it is; another is
    rounded to them.
    """
    if bias is None:
        return np.zeros(channels, dtype=np.int32)
    steps = np.broadcast_to(input_scale * weight_scales.astype(np.float64), (channels,))
    if isinstance(bias, Constant) and bias.array.dtype == np.int32 and node.source != node.kind:
        whole = _row(node, bias.array, channels).astype(np.float64)
    elif isinstance(bias, Constant):
        if bias.array.dtype != np.float32:
            raise node.refuse(f"bias is {bias.array.dtype}; quantised or float32 is accepted")
        whole = np.rint(_row(node, bias.array, channels) / steps)
    else:
        whole = _row(node, bias.integers, channels).astype(np.float64) - bias.zero_points
        if not np.allclose(bias.scales, steps, rtol=1e-5, atol=0.0):
            whole = np.rint(whole * bias.scales.astype(np.float64) / steps)
    if not np.all(np.abs(whole) < 2**31):
        raise node.refuse("bias does not fit in 32 bits of input scale times weight scale")
    return whole.astype(np.int32)


def _row(node: Node, array: npt.NDArray[Any], channels: int) -> npt.NDArray[Any]:
    if array.size != channels or array.shape[-1:] != (channels,):
        raise node.refuse(f"bias has shape {array.shape}; ({channels},) is accepted")
    return array.reshape(-1)
