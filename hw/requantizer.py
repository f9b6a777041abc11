"""Requantisation: finished sums back to 8-bit activations."""

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer, Parameter

__all__ = ["Requantizer"]


class Requantizer(wiring.Component):
    """Adds the bias, scales with both roundings of TensorFlow Lite, offsets and clamps.

    ::

        x = (sum + bias) << left_shift                          # wraps at 32 bits
        x = (x * multiplier + 2**30) >> 31                      # halves towards plus infinity
        x = x / 2**right_shift, halves away from zero
        value = clamp(x + output_zero_point, clamp_low, clamp_high)   # the sum wraps at 32 bits

    These are ``SaturatingRoundingDoublingHighMul`` and ``RoundingDivideByPOT`` of gemmlowp's
    ``fixedpoint.h``, in the order of ``MultiplyByQuantizedMultiplier``
    (``tensorflow/lite/kernels/internal/common.cc``). With a multiplier that is not negative the
    first neither saturates nor treats negative numbers apart.

    One sum a cycle; its value comes ``LATENCY`` cycles later. The 32 x 31 bit product is made of
    ``MULTIPLIERS`` products of 17 bits.

    Members
    -------
    layer : In(Layer)
        Must hold still while sums are in flight.
    valid, sum, parameter : In
        A sum and its channel's bias and scale, in this cycle only.
    value_valid, value : Out
        Valid in this cycle only: what follows never refuses.
    idle : Out(1)
    """

    LATENCY = 9
    MULTIPLIERS = 4

    layer: In(Layer)
    valid: In(1)
    sum: In(signed(32))
    parameter: In(Parameter)
    value_valid: Out(1)
    value: Out(signed(8))
    idle: Out(1)

    def elaborate(self, platform):
        m = Module()

        def delay(signal, cycles):
            """Carry ``signal`` along, ``cycles`` stages on."""
            for _ in range(cycles):
                later = Signal.like(signal)
                m.d.sync += later.eq(signal)
                signal = later
            return signal

        valid = [self.valid]
        for _ in range(self.LATENCY):
            valid.append(delay(valid[-1], 1))
        m.d.comb += self.value_valid.eq(valid[-1])
        m.d.comb += self.idle.eq(~Cat(*valid).any())

        # Stages 1 and 2: bias, left shift.
        biased, shifted = Signal(signed(32)), Signal(signed(32))
        m.d.sync += biased.eq(self.sum + self.parameter.bias)
        m.d.sync += shifted.eq(biased << delay(self.parameter.left_shift, 1))

        # Stages 3 to 5: x * multiplier, from halves of 16 bits; x is signed, the rest is not.
        multiplier = delay(self.parameter.multiplier, 2)
        x_high, x_low = shifted[16:].as_signed(), shifted[:16]
        high_high, low_low = Signal(signed(31)), Signal(32)
        high_low, low_high = Signal(signed(32)), Signal(31)
        m.d.sync += [high_high.eq(x_high * multiplier[16:]), low_low.eq(x_low * multiplier[:16])]
        m.d.sync += [high_low.eq(x_high * multiplier[:16]), low_high.eq(x_low * multiplier[16:])]
        outer, middle = Signal(signed(63)), Signal(signed(33))
        m.d.sync += outer.eq((high_high << 32) | low_low)
        m.d.sync += middle.eq(high_low + low_high)
        product = Signal(signed(63))
        m.d.sync += product.eq(outer + (middle << 16))

        # Stage 6: the first rounding.
        doubled = Signal(signed(32))
        m.d.sync += doubled.eq(product[31:].as_signed() + product[30])

        # Stages 7 and 8: the second.
        right_shift = delay(self.parameter.right_shift, 6)
        half = Signal(unsigned(31))
        m.d.comb += half.eq((1 << right_shift) >> 1)
        rounded, scaled = Signal(signed(33)), Signal(signed(33))
        m.d.sync += rounded.eq(doubled + half - ((doubled < 0) & (right_shift != 0)))
        m.d.sync += scaled.eq(rounded >> delay(right_shift, 1))

        # Stage 9: offset and clamp.
        offset = Signal(signed(32))
        low, high = self.layer.clamp_low, self.layer.clamp_high
        m.d.comb += offset.eq(scaled + self.layer.output_zero_point)
        m.d.sync += self.value.eq(Mux(offset < low, low, Mux(offset > high, high, offset)))
        return m
