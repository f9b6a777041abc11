"""From one 32-bit sum to its 8-bit activation, at compile time.

Source: ``MultiplyByQuantizedMultiplier`` in ``tensorflow/lite/kernels/internal/common.cc``, built
without ``TFLITE_SINGLE_ROUNDING``, as `zeroleap.gen.ir.Requantization` says.
"""

__all__ = ["requantize"]


def requantize(
    total: int, multiplier: int, shift: int, zero_point: int, clamp: tuple[int, int]
) -> int:
    """Return ``total * multiplier / 2**31 * 2**shift + zero_point``, rounded twice and clamped.

    The product is rounded with ties towards plus infinity, what is shifted to the right with ties
    away from zero. ``total``, a shift to the left and the zero point wrap at 32 bits.

    Parameters
    ----------
    total : int
    multiplier : int
        0..2**31-1.
    shift : int
        -31..30; to the left if positive.
    zero_point : int
        Of the output.
    clamp : (int, int)
        Smallest and largest output.
    """
    raised = _wrapped(total << max(shift, 0))
    high = (raised * multiplier + 2**30) >> 31
    right = max(-shift, 0)
    size = (abs(high) + (1 << right >> 1)) >> right
    low, most = clamp
    return min(max(_wrapped((size if high >= 0 else -size) + zero_point), low), most)


def _wrapped(value: int) -> int:
    """Return the int32 that has the last 32 bits of ``value``."""
    return (value + 2**31) % 2**32 - 2**31
