import numpy as np
import pytest

from zeroleap.gen.quantization import (
    activation_clamp,
    channel_scales,
    quantize_multiplier,
    requantization,
)


@pytest.mark.parametrize(
    ("real", "multiplier", "shift"),
    [
        (0.0, 0, 0),
        (1.0, 2**30, 1),  # 0.5 * 2**1
        (0.5, 2**30, 0),
        (0.75, 3 * 2**29, 0),
        (1.5, 3 * 2**29, 1),
        (3.0, 3 * 2**29, 2),
        (0.5 + 2**-32, 2**30 + 1, 0),  # 2**30 + 0.5: half away from zero
        (0.5 + 2**-33, 2**30, 0),  # 2**30 + 0.25
        (1.0 - 2**-33, 2**30, 1),  # 2**31 - 0.25 rounds to 2**31: halved, shifted once more
        (1.0 - 2**-31, 2**31 - 1, 0),
        (2.0**-32, 2**30, -31),  # frexp: 0.5 * 2**-31, the smallest shift
        (2.0**-33, 0, 0),  # shift -32 flushes
        (2.0**-32 * (1 - 2.0**-40), 2**30, -31),  # rounds up to 2**31 first, and so is not flushed
        (2.0**29, 2**30, 30),
        (2.0**30, 2**31 - 1, 30),  # shift 31 saturates
        (1e300, 2**31 - 1, 30),
        (5e-324, 0, 0),
    ],
)
def test_multiplier_and_shift_worked_by_hand(real, multiplier, shift):
    assert quantize_multiplier(real) == (multiplier, shift)


@pytest.mark.parametrize("real", [-1.0, float("inf"), float("nan")])
def test_refuses_what_is_no_scale(real):
    with pytest.raises(ValueError, match="finite and 0 or more"):
        quantize_multiplier(real)


def test_one_weight_scale_serves_every_channel():
    result = requantization(channel_scales(0.5, [0.25], 0.125, channels=3))
    assert result.multiplier.tolist() == [2**30] * 3
    assert result.shift.tolist() == [1] * 3
    assert result.multiplier.dtype == result.shift.dtype == np.int32


def test_channels_keep_their_own_scale():
    assert channel_scales(2.0, [1.0, 3.0], 4.0, channels=2) == [0.5, 1.5]


def test_scales_are_multiplied_in_double():
    a, b = float(np.float32(0.1)), float(np.float32(0.3))
    # 13421773 * 2**-27 times 10066330 * 2**-25 needs 47 bits; float32 would keep 24 of them
    assert (a, b) == (13421773 * 2.0**-27, 10066330 * 2.0**-25)
    assert channel_scales(a, [b], 1.0, 1) == [13421773 * 10066330 * 2.0**-52]


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "clamp"),
    [
        ("NONE", 0.1, 5, (-128, 127)),
        ("RELU", 0.1, -128, (-128, 127)),
        ("RELU", 0.1, 5, (5, 127)),
        ("RELU6", 0.125, -100, (-100, -52)),  # 6 / 0.125 = 48
        ("RELU6", 4.0, 0, (0, 2)),  # 1.5 rounds away from zero
        ("RELU6", 0.01, 0, (0, 127)),
        ("RELU_N1_TO_1", 0.4, 1, (-2, 4)),  # float32: 1 / 0.4 is 2.5 exactly, and rounds to 3
        ("RELU_N1_TO_1", 0.001, 0, (-128, 127)),
    ],
)
def test_clamp_worked_by_hand(activation, scale, zero_point, clamp):
    assert activation_clamp(activation, scale, zero_point) == clamp


def test_refuses_an_unknown_activation_and_an_overflow():
    with pytest.raises(ValueError, match="not TANH"):
        activation_clamp("TANH", 1.0, 0)
    with pytest.raises(ValueError, match="32 bits"):
        activation_clamp("RELU6", 1e-12, 0)
