"""Rules of operators that the host does."""

import numpy as np

from zeroleap.gen.ir import ArgMax, Dequantize, LogSoftmax, Quantize, Softmax, Tensor
from zeroleap.gen.passes.rules.common import require, require_int8, require_requantization

__all__ = [
    "verify_arg_max",
    "verify_dequantize",
    "verify_log_softmax",
    "verify_quantize",
    "verify_softmax",
]


def verify_softmax(operator: Softmax, source: Tensor, target: Tensor) -> None:
    """Check a Softmax."""
    require_int8(source, target)
    require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    require(
        (target.scale, target.zero_point) == (1 / 256, -128),
        "output must have scale 1/256, zero point -128",
        (target.scale, target.zero_point),
    )
    require(len(source.shape) >= 1, "input must have a last axis", source.shape)
    require(
        bool(np.isfinite(operator.beta)) and operator.beta * source.scale > Softmax.SMALLEST_STEP,
        f"beta times scale must be more than {Softmax.SMALLEST_STEP} and finite",
        operator.beta,
    )


def verify_log_softmax(operator: LogSoftmax, source: Tensor, target: Tensor) -> None:
    """Check a LogSoftmax."""
    require_int8(source, target)
    require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    require(len(source.shape) >= 1, "input must have a last axis", source.shape)
    require(
        (target.scale, target.zero_point) == (1 / 16, 127),
        "output must have scale 1/16, zero point 127",
        (target.scale, target.zero_point),
    )
    require(
        source.scale > Softmax.SMALLEST_STEP,
        f"input's scale must be more than {Softmax.SMALLEST_STEP}",
        source.scale,
    )


def verify_arg_max(operator: ArgMax, source: Tensor, target: Tensor) -> None:
    """Check an ArgMax."""
    require_int8(source)
    require(target.dtype in ("int32", "int64"), "output must be int32 or int64", target.dtype)
    axis = operator.axis
    require(0 <= axis < len(source.shape), f"axis must be in {source.shape}", axis)
    expected = (*source.shape[:axis], *source.shape[axis + 1 :])
    require(target.shape == expected, f"output must have shape {expected}", target.shape)


def verify_quantize(operator: Quantize, source: Tensor, target: Tensor) -> None:
    """Check a Quantize."""
    require(target.dtype in ("int8", "uint8"), "output must be int8 or uint8", target.dtype)
    require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
    if source.dtype == "float32":
        require(
            operator.requantization is None,
            "requantisation from float32 must be None",
            operator.requantization,
        )
    elif operator.requantization is None:
        raise ValueError(f"requantisation from {source.dtype} must be present, not None")
    else:
        require_requantization(operator.requantization, 1)
    require(operator.ties in ("away", "even"), "ties must be away or even", operator.ties)


def verify_dequantize(operator: Dequantize, source: Tensor, target: Tensor) -> None:
    """Check a Dequantize."""
    require(source.dtype in ("int8", "uint8"), "input must be int8 or uint8", source.dtype)
    require(target.dtype == "float32", "output must be float32", target.dtype)
    require(source.shape == target.shape, f"output must have shape {source.shape}", target.shape)
