"""What the rules of several operators need."""

import numpy as np

from zeroleap.gen.geometry import reach
from zeroleap.gen.ir import Padding, Requantization, Tensor

__all__ = [
    "checked_reach",
    "require",
    "require_bias",
    "require_clamp",
    "require_int8",
    "require_requantization",
    "require_same_quantization",
    "require_window",
]


def require(condition: bool, rule: str, value: object) -> None:
    """Raise a `ValueError` that says ``rule``, and the value that breaks it, unless it is kept."""
    if not condition:
        raise ValueError(f"{rule}, not {value!r}")


def require_same_quantization(source: Tensor, target: Tensor) -> None:
    """Require type, scale and zero point of the output to be those of the input."""
    require(
        (source.dtype, source.scale, source.zero_point)
        == (target.dtype, target.scale, target.zero_point),
        f"output must keep {source.dtype}, scale {source.scale!r}, zero point {source.zero_point}",
        (target.dtype, target.scale, target.zero_point),
    )


def require_int8(*tensors: Tensor) -> None:
    """Require all tensors to be int8."""
    for tensor in tensors:
        require(tensor.dtype == "int8", f"tensor {tensor.name!r} must be int8", tensor.dtype)


def require_requantization(
    requantization: Requantization, channels: int, *, is_mean: bool = False
) -> None:
    """Require a scale for each of ``channels``, in range; a mean's need not be normalised."""
    for values in (requantization.multiplier, requantization.shift):
        require(values.dtype == np.int32, "requantisation must be int32", str(values.dtype))
        require(
            values.shape == (channels,), f"requantisation must have {channels} rows", values.shape
        )
    multiplier, shift = requantization.multiplier, requantization.shift
    require(
        bool(np.all((multiplier == 0) | (multiplier >= (0 if is_mean else 2**30)))),
        "multipliers must be 0 or more" if is_mean else "multipliers must be 0 or 2**30 and more",
        multiplier,
    )
    require(bool(np.all((shift >= -31) & (shift <= 30))), "shifts must be in -31..30", shift)


def require_clamp(clamp: tuple[int, int]) -> None:
    """Require a range of int8 that is not empty."""
    low, high = clamp
    require(-128 <= low <= high <= 127, "clamp must be ordered and in -128..127", clamp)


def require_bias(bias: np.ndarray, channels: int) -> None:
    """Require an int32 for each of ``channels``."""
    require(
        bias.dtype == np.int32 and bias.shape == (channels,),
        f"bias must be int32 of shape ({channels},)",
        (str(bias.dtype), bias.shape),
    )


def require_window(
    source: Tensor,
    target: Tensor,
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    channels: int,
) -> None:
    """Require a window that fits, and the output shape that it gives."""
    require(len(source.shape) == 4, "input must have 4 dimensions", source.shape)
    require(min(window) >= 1, "window must be 1 or more", window)
    require(min(stride) >= 1, "stride must be 1 or more", stride)
    pads = (padding.top, padding.bottom, padding.left, padding.right)
    require(min(pads) >= 0, "padding must be 0 or more", padding)
    require(
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
    require(target.shape == expected, f"output must have shape {expected}", target.shape)


def checked_reach(kernel: list[int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Return `zeroleap.gen.geometry.reach` of a dilation that it has checked."""
    require(min(dilation) >= 1, "dilation must be 1 or more", dilation)
    return reach(kernel, dilation)
