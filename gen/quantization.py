"""From real scales to the integers that TensorFlow Lite's kernels compute with.

Sources: ``QuantizeMultiplier`` in ``tensorflow/lite/kernels/internal/quantization_util.cc``;
``PopulateConvolutionQuantizationParams``, ``GetQuantizedConvolutionMultipler`` and
``CalculateActivationRangeQuantized`` in ``tensorflow/lite/kernels/kernel_util.cc``;
``CalculateOpDataAdd`` in ``tensorflow/lite/micro/kernels/add_common.cc``, ``CalculateOpDataSub`` in
``sub_common.cc`` beside it; ``QuantizedMeanOrSum`` in
``tensorflow/lite/kernels/internal/reference/reduce.h``.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from zeroleap.gen.ir import Requantization, Sum

__all__ = [
    "ACTIVATIONS",
    "activation_clamp",
    "channel_scales",
    "difference_requantizations",
    "float32_ratio",
    "mean_requantization",
    "quantize_multiplier",
    "requantization",
    "sum_requantizations",
]

# Real bounds of the fused activations; None is the type's own bound.
ACTIVATIONS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return ``(multiplier, shift)`` with ``real ~ multiplier / 2**31 * 2**shift``.

    The mantissa is rounded half away from zero; what rounds to 2**31 is halved and shifted once
    more. A shift below -31 flushes to (0, 0); one above 30 saturates to (2**31 - 1, 30).

    Raises
    ------
    ValueError
        ``real`` is negative or not finite.
    """
    if not (math.isfinite(real) and real >= 0):
        raise ValueError(f"a real multiplier must be finite and 0 or more, not {real!r}")
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return 2**31 - 1, 30
    return multiplier, shift


def float32_ratio(a: float, b: float) -> float:
    """Return ``a / b``, divided in float32; infinite where that overflows."""
    with np.errstate(over="ignore"):
        return float(np.float32(a) / np.float32(b))


def requantization(reals: Iterable[float]) -> Requantization:
    """Return the multipliers and shifts of ``reals``, one for each output channel."""
    pairs = np.array([quantize_multiplier(float(real)) for real in reals], dtype=np.int32)
    multiplier, shift = pairs.reshape(-1, 2).T
    return Requantization(np.ascontiguousarray(multiplier), np.ascontiguousarray(shift))


def channel_scales(
    input_scale: float, weight_scales: Sequence[float], output_scale: float, channels: int
) -> list[float]:
    """Return the real multiplier of each channel, as convolutions and dense layers have it.

    ``double(input) * double(weight) / double(output)``; a single weight scale serves all channels.
    TensorFlow Lite Micro computes dense layers so, too; TensorFlow Lite rounds the product of their
    scales to float32.
    """
    scales = weight_scales if len(weight_scales) > 1 else list(weight_scales) * channels
    return [float(input_scale) * float(scale) / float(output_scale) for scale in scales]


def sum_requantizations(
    first_scale: float, second_scale: float, output_scale: float
) -> tuple[Requantization, Requantization, Requantization]:
    """Return how both operands of a `Sum` come to one scale, and how that comes to the output's.

    The scale in between is twice the larger operand's, over ``2**Sum.LEFT_SHIFT``.

    Raises
    ------
    ValueError
        The step to the output's scale does not make numbers smaller.
    """
    between = 2 * max(first_scale, second_scale)
    reals = (
        first_scale / between,
        second_scale / between,
        between / (2**Sum.LEFT_SHIFT * output_scale),
    )
    return _sum_factors(reals)


def difference_requantizations(
    first_scale: float, second_scale: float, output_scale: float
) -> tuple[Requantization, Requantization, Requantization]:
    """Return the same as `sum_requantizations` for a subtraction, which divides in float32.

    Raises
    ------
    ValueError
        The step to the output's scale does not make numbers smaller.
    """
    between = 2 * max(first_scale, second_scale)
    reals = (
        float32_ratio(first_scale, between),
        float32_ratio(second_scale, between),
        float32_ratio(between, 2**Sum.LEFT_SHIFT * output_scale),
    )
    return _sum_factors(reals)


def _sum_factors(
    reals: Iterable[float],
) -> tuple[Requantization, Requantization, Requantization]:
    first, second, output = (requantization([real]) for real in reals)
    if output.shift[0] > 0:
        raise ValueError(
            f"output's scale must be more than {2.0**-Sum.LEFT_SHIFT!r} of twice the larger input's"
        )
    return first, second, output


def mean_requantization(input_scale: float, output_scale: float, count: int) -> Requantization:
    """Return what brings a sum of ``count`` values to the scale of their mean.

    The multiplier is divided by ``count`` and cut, not rounded, after it was raised by as many bits
    as ``count`` has below its first.
    """
    multiplier, shift = quantize_multiplier(float(input_scale) / float(output_scale))
    raised = min(count.bit_length() - 1, 32, 31 + shift)
    values = (multiplier << raised) // count, shift - raised
    return Requantization(*(np.array([value], np.int32) for value in values))


def activation_clamp(
    activation: str, scale: float, zero_point: int, low: int = -128, high: int = 127
) -> tuple[int, int]:
    """Return the smallest and largest output that ``activation`` leaves of ``low..high``.

    A real bound becomes ``zero_point + round(bound / scale)``, divided in float32 and rounded half
    away from zero.

    Raises
    ------
    ValueError
        ``activation`` is not one of `ACTIVATIONS`, or a bound does not fit in 32 bits.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {activation}")

    def quantize(bound: float) -> int:
        steps = float32_ratio(bound, scale)
        if abs(steps) > 2**31 - 1:
            raise ValueError(f"scale must keep {bound} within 32 bits, not {scale!r}")
        return zero_point + math.floor(abs(steps) + 0.5) * (-1 if steps < 0 else 1)

    real_low, real_high = ACTIVATIONS[activation]
    return (
        low if real_low is None else max(low, quantize(real_low)),
        high if real_high is None else min(high, quantize(real_high)),
    )
