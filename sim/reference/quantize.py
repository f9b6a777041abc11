"""Between float32 and 8 bits, and between two scales or types of 8 bits.

Sources: ``AffineQuantize``, ``Requantize`` and ``Dequantize`` in ``quantize.h``, ``requantize.h``
and ``dequantize.h`` of ``tensorflow/lite/kernels/internal/reference``; QuantizeLinear in the ONNX
specification where ties go to even.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Dequantize, Quantize, Tensor
from zeroleap.sim.reference.requantize import requantize

__all__ = ["dequantize", "quantize"]


def quantize(
    operator: Quantize, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``values`` in the type, scale and zero point of ``target``, saturated.

    From float32 the division is in float32. What TensorFlow Lite leaves undefined (a quotient
    beyond 32 bits) saturates.

    Raises
    ------
    ValueError
        A value is not a number.
    """
    low, high = np.iinfo(target.dtype).min, np.iinfo(target.dtype).max
    if operator.requantization is not None:
        sums = values.astype(np.int32) - np.int32(source.zero_point)
        result = requantize(sums, operator.requantization, target.zero_point, (low, high))
        return result.astype(target.dtype)
    if np.isnan(values).any():
        raise ValueError(f"{source.name} must hold numbers, not NaN")
    with np.errstate(over="ignore"):
        steps = (values.astype(np.float32) / np.float32(target.scale)).astype(np.float64)
    if operator.ties == "even":
        rounded = np.rint(steps)
    else:
        rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps)
    return np.clip(rounded + target.zero_point, low, high).astype(target.dtype)


def dequantize(
    operator: Dequantize, values: npt.NDArray[Any], source: Tensor, target: Tensor
) -> npt.NDArray[Any]:
    """Return ``(values - zero_point) * scale`` of ``source``, in float32."""
    steps = values.astype(np.int32) - np.int32(source.zero_point)
    return steps.astype(np.float32) * np.float32(source.scale)
