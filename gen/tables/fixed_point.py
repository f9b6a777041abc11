"""Fixed-point arithmetic on single numbers.

Source: gemmlowp's ``fixedpoint/fixedpoint.h``. ``Qm.n`` is an int32 with ``m`` integer bits and
``n`` fractional ones.
"""

__all__ = [
    "ONE",
    "divide_by_power",
    "exp_of_negative",
    "high_mul",
    "input_radius",
    "newton_reciprocal",
]

ONE = 2**31 - 1
"""1.0 in Q0.31, as near as it gets."""
EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2**k) in Q0.31 for k from -2 to 4."""


def high_mul(a: int, b: int, bits: int = 32) -> int:
    """Return ``round(a * b / 2**(bits - 1))`` of two signed numbers of ``bits``.

    Ties go towards plus infinity; the product of the two smallest saturates.
    """
    return min((a * b + (1 << (bits - 2))) >> (bits - 1), (1 << (bits - 1)) - 1)


def divide_by_power(x: int, exponent: int) -> int:
    """Return ``round(x / 2**exponent)``, ties away from zero."""
    size = (abs(x) + (1 << exponent >> 1)) >> exponent
    return size if x >= 0 else -size


def exp_of_negative(a: int, integer_bits: int) -> int:
    """Return ``exp(a)`` in Q0.31 for ``a``, 0 or less, with at most 5 ``integer_bits``.

    A polynomial around -1/8 for the last quarter, times a constant for each bit above.
    """
    if a == 0:
        return ONE
    quarter = 1 << (29 - integer_bits)
    last = (a & (quarter - 1)) - quarter
    result = _exp_of_last_quarter(last << integer_bits)
    for place, factor in enumerate(EXP_OF_POWERS[: integer_bits + 2]):
        if (last - a) & (quarter << place):
            result = high_mul(result, factor)
    return result


def _exp_of_last_quarter(a: int) -> int:
    constant, third = 1895147668, 715827883  # exp(-1/8), 1/3
    x = a + 2**28
    x2 = high_mul(x, x)
    x3, x4 = high_mul(x2, x), high_mul(x2, x2)
    rest = high_mul(divide_by_power(x4, 2) + x3, third) + x2
    return constant + high_mul(constant, x + divide_by_power(rest, 1))


def newton_reciprocal(a: int) -> int:
    """Return ``2 / (1 + a)`` in Q2.29 for ``a`` in 0..1 in Q0.31; by Newton's method."""
    half = (a + ONE + 1) >> 1
    x = 1515870810 + high_mul(half, -1010580540)  # 48/17 - 32/17 half
    for _ in range(3):
        x += 4 * high_mul(x, 2**29 - high_mul(half, x))
    return x


def input_radius(integer_bits: int, shift: int) -> int:
    """Return how far from 0 an input may be that becomes ``integer_bits`` when shifted left.

    Source: ``CalculateInputRadius`` in ``tensorflow/lite/kernels/internal/quantization_util.cc``.
    """
    return ((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) >> shift
