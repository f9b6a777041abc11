"""From 32-bit sums to 8-bit activations, with both roundings of TensorFlow Lite's kernels.

Sources: ``SaturatingRoundingDoublingHighMul`` and ``RoundingDivideByPOT`` in gemmlowp's
``fixedpoint/fixedpoint.h``; ``MultiplyByQuantizedMultiplier`` in
``tensorflow/lite/kernels/internal/common.cc``, built without ``TFLITE_SINGLE_ROUNDING``.
"""

import numpy as np
import numpy.typing as npt

from zeroleap.gen.ir import Requantization

__all__ = [
    "multiply_by_quantized_multiplier",
    "requantize",
    "rounding_divide_by_pot",
    "saturating_rounding_doubling_high_mul",
]

INT32 = np.iinfo(np.int32)


def saturating_rounding_doubling_high_mul(
    a: npt.ArrayLike, b: npt.ArrayLike
) -> npt.NDArray[np.int32]:
    """Return ``round(a * b / 2**31)``, ties towards plus infinity, for int32 ``a`` and ``b``.

    ``-2**31 * -2**31`` saturates to ``2**31 - 1``.
    """
    a, b = _int32(a, "a"), _int32(b, "b")
    high = (a * b + 2**30) >> 31  # what the kernel's nudge and truncating division come to
    return np.minimum(high, INT32.max).astype(np.int32)


def rounding_divide_by_pot(x: npt.ArrayLike, exponent: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Return ``round(x / 2**exponent)``, ties away from zero, for int32 ``x``.

    Raises
    ------
    ValueError
        ``exponent`` is not in 0..31.
    """
    x, exponent = _int32(x, "x"), np.asarray(exponent, np.int64)
    if np.any((exponent < 0) | (exponent > 31)):
        raise ValueError(f"exponent must be in 0..31, not {exponent!r}")
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return ((x >> exponent) + ((x & mask) > threshold)).astype(np.int32)


def multiply_by_quantized_multiplier(
    values: npt.ArrayLike, multiplier: npt.ArrayLike, shift: npt.ArrayLike
) -> npt.NDArray[np.int32]:
    """Return ``values * multiplier / 2**31 * 2**shift``, rounded twice.

    A positive shift is applied first and wraps at 32 bits; a negative one is applied last.

    Parameters
    ----------
    values : int32, shape (..., channels)
    multiplier : int32, 0 or more, shape (channels,) or ()
    shift : int, -31..30, shape (channels,) or ()

    Raises
    ------
    ValueError
        A multiplier or a shift is out of range.
    """
    values, multiplier = _int32(values, "values"), _int32(multiplier, "multiplier")
    shift = np.asarray(shift, np.int64)
    if np.any(multiplier < 0):
        raise ValueError(f"multiplier must be in 0..2**31-1, not {multiplier!r}")
    if np.any((shift < -31) | (shift > 30)):
        raise ValueError(f"shift must be in -31..30, not {shift!r}")
    shifted = (values << np.maximum(shift, 0)).astype(np.int32)
    high = saturating_rounding_doubling_high_mul(shifted, multiplier)
    return rounding_divide_by_pot(high, np.maximum(-shift, 0))


def requantize(
    sums: npt.ArrayLike,
    requantization: Requantization,
    zero_point: int,
    clamp: tuple[int, int],
) -> npt.NDArray[np.int32]:
    """Scale int32 ``sums``, add ``zero_point`` (which wraps at 32 bits) and clamp.

    Parameters
    ----------
    sums : int32, shape (..., channels)
    requantization : Requantization
        Of as many channels, or of one.
    zero_point : int
        Of the output.
    clamp : (int, int)
        Smallest and largest output.
    """
    scaled = multiply_by_quantized_multiplier(sums, requantization.multiplier, requantization.shift)
    return np.clip(scaled + np.int32(zero_point), *clamp)


def _int32(values: npt.ArrayLike, name: str) -> npt.NDArray[np.int64]:
    wide = np.asarray(values, np.int64)
    if wide.size and (wide.min() < INT32.min or wide.max() > INT32.max):
        raise ValueError(f"{name} must be in -2**31..2**31-1, not {values!r}")
    return wide
