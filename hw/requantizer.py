"""Requantisation: finished sums back to 8-bit activations."""

import enum

from amaranth import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import Layer, Parameter

__all__ = ["Requantizer", "Step"]


class Step(enum.Enum):
    """What a sum is, and so what becomes of it."""

    NONE = 0
    """No sum."""
    LAST = 1
    """The result: ``output_zero_point``, ``clamp_low``, ``clamp_high``."""
    VALUE = 2
    """To be combined: ``value_zero_point``, ``value_low``, ``value_high``."""
    PART = 3
    """Of a combination: only ``scaled`` counts."""


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

    One sum a cycle; its value comes ``LATENCY`` cycles later, and ``SCALED`` cycles later it was
    scaled, before offset and clamp. The 32 x 31 bit product is made of four products of halves, or,
    where multipliers have 18 bits, of three, as Karatsuba found.

    Parameters
    ----------
    multiplier_bits : 16 or 18
    combines : bool
        There are values to be combined.

    Members
    -------
    layer : In(Layer)
        Must hold still while sums are in flight.
    step, sum, parameter : In
        A sum and its bias and scale, in this cycle only.
    multiplies, multiplier : In
        Multiply by this, and not by ``parameter.multiplier``.
    scaled : Out(signed(32))
    value_soon : Out(1)
        A value that is to be combined comes in ``SOON`` cycles.
    result_valid, value_valid, value : Out
        A result, or a value that is to be combined; valid in this cycle only: what follows never
        refuses.
    idle : Out(1)
    """

    LATENCY = 9
    SCALED = 8
    SOON = 4

    layer: In(Layer)
    step: In(Step)
    sum: In(signed(32))
    parameter: In(Parameter)
    multiplies: In(1)
    multiplier: In(signed(32))
    scaled: Out(signed(32))
    value_soon: Out(1)
    result_valid: Out(1)
    value_valid: Out(1)
    value: Out(signed(8))
    idle: Out(1)

    def __init__(self, multiplier_bits: int = 18, *, combines: bool = True) -> None:
        self._multiplier_bits = multiplier_bits
        self._combines = combines
        super().__init__()

    def elaborate(self, platform):
        m = Module()

        def delay(signal, cycles):
            """Carry ``signal`` along, ``cycles`` stages on."""
            for _ in range(cycles):
                later = Signal.like(signal)
                m.d.sync += later.eq(signal)
                signal = later
            return signal

        steps = [self.step]
        for _ in range(self.LATENCY):
            steps.append(delay(steps[-1], 1))
        m.d.sync += self.value_soon.eq(steps[-2 - self.SOON] == Step.VALUE)
        m.d.comb += self.value_valid.eq(steps[-1] == Step.VALUE)
        m.d.comb += self.result_valid.eq(steps[-1] == Step.LAST)
        m.d.comb += self.idle.eq(~Cat(*steps).any())

        # Stages 1 and 2: bias, left shift.
        biased, shifted = Signal(signed(32)), Signal(signed(32))
        m.d.sync += biased.eq(self.sum + self.parameter.bias)
        m.d.sync += shifted.eq(biased << delay(self.parameter.left_shift, 1))

        # Stages 3 to 5: x * multiplier, from halves of 16 bits, of which the high ones are signed.
        multiplier = Signal(signed(32))
        m.d.comb += multiplier.eq(
            delay(Mux(self.multiplies, self.multiplier, self.parameter.multiplier), 2)
        )
        x_high, x_low = shifted[16:].as_signed(), shifted[:16]
        m_high, m_low = multiplier[16:].as_signed(), multiplier[:16]
        high, low = Signal(signed(32)), Signal(32)
        outer, middle = Signal(signed(64)), Signal(signed(34))
        m.d.sync += [high.eq(x_high * m_high), low.eq(x_low * m_low)]
        if self._multiplier_bits == 16:
            # Both factors are signed or none is: what a sign counts too much is taken off.
            crossed = Signal(32), Signal(32)
            m.d.sync += crossed[0].eq(x_high.as_unsigned() * m_low)
            m.d.sync += crossed[1].eq(x_low * m_high.as_unsigned())
            m.d.sync += middle.eq(crossed[0] + crossed[1])
            too_much = Signal(17)
            m.d.sync += too_much.eq(Mux(x_high < 0, m_low, 0) + Mux(m_high < 0, x_low, 0))
            m.d.sync += outer.eq(Cat(low, high - too_much))
        else:
            m.d.sync += outer.eq(Cat(low, high))
            both = Signal(signed(36))
            m.d.sync += both.eq((x_high + x_low) * (m_high + m_low))
            m.d.sync += middle.eq(both - high - low)
        product = Signal(signed(64))
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
        m.d.comb += self.scaled.eq(scaled)

        # Stage 9: offset and clamp, by what was chosen in stage 8.
        layer, offset = self.layer, Signal(signed(32))
        zero_point, low, high = (Signal(signed(8)) for _ in range(3))
        domain = "sync" if self._combines else "comb"
        m.d[domain] += zero_point.eq(layer.output_zero_point)
        m.d[domain] += [low.eq(layer.clamp_low), high.eq(layer.clamp_high)]
        if self._combines:
            with m.If(steps[-3] == Step.VALUE):
                m.d.sync += zero_point.eq(layer.value_zero_point)
                m.d.sync += [low.eq(layer.value_low), high.eq(layer.value_high)]
        m.d.comb += offset.eq(scaled + zero_point)
        # Only the last 8 bits are compared: the others tell whether they are all of it.
        beyond, last = offset[7:] != offset[-1].replicate(25), offset[:8].as_signed()
        is_below = Mux(beyond, offset < 0, last < low)
        is_above = Mux(beyond, offset >= 0, last > high)
        m.d.sync += self.value.eq(Mux(is_below, low, Mux(is_above, high, last)))
        return m
