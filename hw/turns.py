"""Gives the groups of lanes turns at the activation SRAM."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.drain import Drain
from zeroleap.hw.requantizer import Requantizer

__all__ = ["Turns"]


class Turns(wiring.Component):
    """Counts cycles round and round, so that each group reads and writes once in ``groups`` cycles.

    Nobody asks and nobody waits for another: the time that a group takes depends on itself only.

    Parameters
    ----------
    groups : int
    frame : int
        Values of a group that are written together.

    Members
    -------
    restart : In(1)
        The next cycle is the first group's.
    shared : In(1)
        The first group reads for all, in each cycle.
    may_read, may_write : Out(groups)
        Groups that may, in this cycle.
    may_begin : Out(groups)
        Groups that may begin to drain values which are written in their turn.
    """

    WAY_BACK = Drain.LATENCY + Requantizer.LATENCY
    """Cycles from draining a value to writing it."""

    def __init__(self, groups: int, frame: int) -> None:
        self._groups = groups
        self._frame = frame
        super().__init__(
            {
                "restart": In(1),
                "shared": In(1),
                "may_read": Out(groups),
                "may_write": Out(groups),
                "may_begin": Out(groups),
            }
        )

    def elaborate(self, platform):
        m = Module()
        turn = Signal(range(self._groups))
        m.d.sync += turn.eq(Mux(self.restart, 0, turn + 1))  # groups are a power of two
        delay = self.WAY_BACK + self._frame - 1
        for group in range(self._groups):
            is_own = turn == group
            m.d.comb += self.may_read[group].eq(Mux(self.shared, group == 0, is_own))
            m.d.comb += self.may_begin[group].eq(is_own)
            m.d.comb += self.may_write[group].eq(turn == (group + delay) % self._groups)
        return m
