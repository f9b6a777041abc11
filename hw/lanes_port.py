"""What the engine sees of its lanes, whatever their kind."""

from typing import Any

from amaranth import signed
from amaranth.lib import stream
from amaranth.lib.data import ArrayLayout
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import Layer
from zeroleap.hw.streams import Activation

__all__ = ["lanes_port"]


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
        All lanes have left bank ``oldest``, and every sum of it is stored.
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
