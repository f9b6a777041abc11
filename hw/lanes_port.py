"""What the engine sees of its lanes, whatever their kind."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import Layer
from zeroleap.hw.streams import Activation

__all__ = ["is_done", "lanes_port"]


def lanes_port(config: EngineConfig) -> dict[str, Any]:
    """Ports of `Lanes` and of `SparseLanes`.

    Members
    -------
    layer : In(Layer)
        Must hold still while activations are in flight.
    i : In(stream.Signature(Activation))
        Is ready without waiting for it, though it may look at its lane.
    oldest : In(1)
        The bank that is drained next, or now; lanes that have left it may not enter it.
    done : Out(1)
        All lanes have left bank ``oldest``, and every sum of it is stored; with two banks, known a
        cycle later.
    drain_read, drain_clear, scrub : In
        See :class:`zeroleap.hw.lane.LaneControl`.
    drain_clear_enable : In(lanes)
        Lanes that clear.
    drain_enable : In(lanes)
        Lanes whose sum comes in the next cycle: with two banks, the others give 0.
    sums : Out
        One partial sum of each lane, read `Lane.DRAIN_LATENCY` cycles before.
    load_enable, header_enable : In(lanes)
        Lanes that store a weight, or a header, in this cycle.
    load_address, load_data : In
        Where, and what; of weights, byte ``lane % 4`` is for ``lane``.
    active : Out(8)
        Products in this cycle, of all lanes.
    """
    return {
        "layer": In(Layer),
        "i": In(stream.Signature(Activation)),
        "oldest": In(1),
        "done": Out(1),
        "drain_read": In(12),
        "drain_clear": In(12),
        "drain_clear_enable": In(config.lanes),
        "drain_enable": In(config.lanes),
        "scrub": In(1),
        "sums": Out(ArrayLayout(signed(32), config.lanes)),
        "load_enable": In(config.lanes),
        "header_enable": In(config.lanes),
        "load_address": In(20),
        "load_data": In(8 * WORD_BYTES),
        "active": Out(8),
    }


def is_done(m: Module, done_bank: Value, oldest: Value) -> Value:
    """Tell if no lane is in bank ``oldest``, of which a bit of ``done_bank`` each tells the other.

    Of both banks it is known a cycle later, from registers: lanes lie all over the FPGA. Before
    ``oldest`` changes, all lanes were in the other bank for some cycles.
    """
    done = Signal(2)
    m.d.sync += [done[0].eq(done_bank.all()), done[1].eq(~done_bank.any())]
    return Mux(oldest, done[1], done[0])
