"""Combines a value with an operand, by more ways through the requantiser."""

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.isa import COMBINATION_CYCLES, OPERAND_SHIFT, Combination, Layer
from zeroleap.hw.requantizer import Requantizer, Step

__all__ = ["Elementwise"]


class Elementwise(wiring.Component):
    """Adds, multiplies or compares, as TensorFlow Lite does, with one requantiser for all steps.

    ::

        ADD        result = requantise(scale(value, 0) + scale(operand, 1), 2)
        SUBTRACT   result = requantise(scale(value, 0) - scale(operand, 1), 2)
                   or, SUBTRACT_FROM, the operand less the value
        MULTIPLY   result = requantise((value - zero point) * (operand - zero point), 2)
        MAXIMUM    result = requantise(scale(max(value, operand), 0), 2)

    where ``scale(x, n)`` and ``requantise(x, n)`` are those of the requantiser with the layer's
    combination parameter ``n``, the first before zero point and clamp. The value less its zero
    point is parameter 0's bias; for ``MULTIPLY``, that parameter shifts to the left by
    ``31 - OPERAND_SHIFT``.

    A value every `INTERVAL` cycles, or every so many intervals: of the turns at the requantiser in
    one the first makes the value, the others are its steps. They begin one, two and `LATENCY`
    cycles after the value, from registers.

    Members
    -------
    layer : In(Layer)
        Must hold still while values are in flight.
    value_valid, value : In
        From the requantiser, in this cycle only.
    operand : In(signed(8))
        In this cycle and the next.
    scaled : In(signed(32))
        From the requantiser, before zero point and clamp: `Requantizer.SCALED` cycles after a step
        began.
    parameter_enable, parameter : Out
        Entry of the parameter SRAM, which must come a cycle later, with its step.
    step, sum : Out
        What the requantiser has to do in this cycle.
    multiplies, multiplier : Out
        Multiply by this instead of the parameter's multiplier.
    idle : Out(1)
    """

    INTERVAL = COMBINATION_CYCLES
    LATENCY = Requantizer.SCALED + 4
    OPERAND_SHIFT = OPERAND_SHIFT

    layer: In(Layer)
    value_valid: In(1)
    value: In(signed(8))
    operand: In(signed(8))
    scaled: In(signed(32))
    parameter_enable: Out(1)
    parameter: Out(14)
    step: Out(Step)
    sum: Out(signed(32))
    multiplies: Out(1)
    multiplier: Out(signed(32))
    idle: Out(1)

    def elaborate(self, platform):
        m = Module()
        value, operand = self.value, self.operand
        since = [self.value_valid]
        for cycles in range(1, self.LATENCY + 1):
            since.append(Signal(name=f"since_{cycles}"))
            m.d.sync += since[-1].eq(since[-2])
        m.d.comb += self.idle.eq(~Cat(*since).any())

        # Parameters are read a cycle before their steps.
        first = self.layer.combination_parameters
        begins = since[0] | since[1] | since[self.LATENCY - 1]
        m.d.comb += self.parameter_enable.eq(begins)
        m.d.comb += self.parameter.eq(first + Mux(since[0], 0, Mux(since[1], 1, 2)))

        # What comes of the value and of the operand, and what is made of both.
        is_kind = {kind: self.layer.combination == kind for kind in Combination}
        of_value, total = Signal(signed(32)), Signal(signed(32))
        with m.If(since[1 + Requantizer.SCALED]):
            m.d.sync += of_value.eq(self.scaled)
        m.d.sync += total.eq(of_value)
        with m.If(is_kind[Combination.ADD]):
            m.d.sync += total.eq(of_value + self.scaled)
        with m.If(is_kind[Combination.SUBTRACT]):
            m.d.sync += total.eq(of_value - self.scaled)
        with m.If(is_kind[Combination.SUBTRACT_FROM]):
            m.d.sync += total.eq(self.scaled - of_value)

        m.d.sync += self.step.eq(Step.NONE)
        with m.If(since[0]):
            m.d.sync += [self.step.eq(Step.PART), self.sum.eq(value)]
            is_other = Signal()
            m.d.comb += is_other.eq(
                (is_kind[Combination.MAXIMUM] & (operand > value))
                | (is_kind[Combination.MINIMUM] & (operand < value))
            )
            with m.If(is_other):
                m.d.sync += self.sum.eq(operand)
        with m.Elif(since[1]):
            m.d.sync += [self.step.eq(Step.PART), self.sum.eq(operand)]
        with m.Elif(since[self.LATENCY - 1]):
            m.d.sync += [self.step.eq(Step.LAST), self.sum.eq(total)]
        m.d.sync += self.multiplies.eq(since[0] & is_kind[Combination.MULTIPLY])
        m.d.sync += self.multiplier.eq(
            (operand - self.layer.operand_zero_point) << self.OPERAND_SHIFT
        )
        return m
