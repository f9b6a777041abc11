"""Gives the groups of lanes turns at the activation SRAM."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.drain import Drain
from zeroleap.hw.elementwise import Elementwise
from zeroleap.hw.operand import Operand
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.table import Table

__all__ = ["Turns"]


class Turns(wiring.Component):
    """Counts cycles round and round, so that each group reads and writes once in a round.

    Nobody asks and nobody waits for another: the time that a group takes depends on itself only.
    A round has ``groups`` cycles. In a layer whose values are combined it has
    `Elementwise.INTERVAL` times as many; then front ends read in even cycles, and operands are read
    in odd ones.

    Parameters
    ----------
    groups : int
    frame : int
        Values of a group that are written together.
    banks : 1 or 2
        With 1 the SRAM has one port: front ends, operands and write-backs never use it together.

    Members
    -------
    restart : In(1)
        The next cycle is the first of a round.
    shared : In(1)
        The first group reads for all.
    combines : In(1)
        The layer's values are combined. Like ``shared``, it must hold still between restarts; what
        it is after one counts from the second cycle of the round on.
    may_read, may_write : Out(groups)
        Groups that may, in this cycle.
    may_begin : Out(groups)
        Groups that may begin to drain values which are written in their turn.
    """

    WAY_BACK = Drain.LATENCY + Requantizer.LATENCY + Table.LATENCY
    """Cycles from draining a value to writing it."""

    COMBINED_WAY_BACK = WAY_BACK + Elementwise.LATENCY + Requantizer.LATENCY
    """The same of values that are combined."""

    COMBINED_BEGIN = 1
    """Cycle of a group's turn in which values that are combined may begin."""

    ONE_PORT_WAIT = 1
    """Cycles that combined values wait with one port: they come when operands are read."""

    def __init__(self, groups: int, frame: int, banks: int = 2) -> None:
        self._groups = groups
        self._frame = frame
        self._wait = self.ONE_PORT_WAIT if banks == 1 else 0
        # Operands are read so many cycles after their values began: in odd cycles too.
        until_read = Drain.LATENCY + Requantizer.LATENCY - Operand.LATENCY
        assert (self.COMBINED_BEGIN + until_read) % 2 == 1
        super().__init__(
            {
                "restart": In(1),
                "shared": In(1),
                "combines": In(1),
                "may_read": Out(groups, init=-1),  # with one group all that it ever is
                "may_write": Out(groups, init=-1),
                "may_begin": Out(groups, init=-1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        groups, interval = self._groups, Elementwise.INTERVAL
        last = Signal(range(interval * groups))  # of a round; both lengths are powers of two
        cycle, turn, pair = Signal.like(last), Signal(range(groups)), Signal(range(groups))
        m.d.comb += cycle.eq(Mux(self.restart, 0, last + 1))
        m.d.sync += last.eq(cycle)
        m.d.comb += [turn.eq(cycle), pair.eq(cycle >> 1)]

        delay = self.WAY_BACK + self._frame - 1
        combined_delay = self.COMBINED_WAY_BACK + interval * (self._frame - 1) + self._wait
        for group in range(groups):
            begin = interval * group + self.COMBINED_BEGIN
            write = (begin + combined_delay) % (interval * groups)
            reads = group == 0
            with m.If(self.combines):
                is_own = self.shared & reads | ~self.shared & (pair == group)
                m.d.sync += self.may_read[group].eq(~cycle[0] & is_own)
                m.d.sync += self.may_begin[group].eq(cycle == begin)
                m.d.sync += self.may_write[group].eq(cycle == write)
            with m.Else():
                m.d.sync += self.may_read[group].eq(Mux(self.shared, reads, turn == group))
                m.d.sync += self.may_begin[group].eq(turn == group)
                m.d.sync += self.may_write[group].eq(turn == (group + delay) % groups)
        return m
