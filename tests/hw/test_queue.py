"""Order, and the cycles in which queues take and give."""

import pytest
from amaranth import Module, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect
from hardware import SEEDS
from list_bench import is_a_list

from zeroleap.hw.late_queue import LateQueue
from zeroleap.hw.queue import Queue
from zeroleap.sim.streams import run_stream


@pytest.mark.parametrize("depth", [2, 3, 8, 13])
@pytest.mark.parametrize(("idle", "stall"), [(0.0, 0.0), (0.0, 0.6), (0.6, 0.0), (0.4, 0.4)])
@pytest.mark.parametrize("shy", [False, True])
@pytest.mark.parametrize("kind", [Queue, LateQueue])
def test_keeps_order(kind, depth, idle, stall, shy):
    items = list(range(1, 150))
    pauses = {"idle": idle, "stall": stall, "shy": shy, "seed": depth}
    received, arrived = run_stream(kind(8, depth), items, count=len(items), **pauses)
    assert received == items
    if not idle + stall:
        assert arrived == [kind.LATENCY + index for index in range(len(items))]


@pytest.mark.parametrize("depth", [2, 3, 4, 7, 16])
@pytest.mark.parametrize("seed", SEEDS)
def test_is_full_with_as_many_as_its_depth(seed, depth):
    dut = Queue(unsigned(16), depth)

    def check(ctx, held, give):
        places = depth - held - give
        assert ctx.get(dut.room) == (places >= 1) + 2 * (places >= 2)

    is_a_list(dut, depth, seed, check)


class Counted(wiring.Component):
    """A late queue that keeps an item for one of its two lowest bits."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))

    def __init__(self, depth):
        self._depth = depth
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = LateQueue(8, self._depth, 2)
        connect(m, wiring.flipped(self.i), queue.i)
        connect(m, queue.o, wiring.flipped(self.o))
        m.d.comb += queue.counts.eq(self.i.payload)
        return m


@pytest.mark.parametrize("depth", [2, 5, 16])
@pytest.mark.parametrize(("idle", "stall"), [(0.0, 0.0), (0.0, 0.6), (0.6, 0.0), (0.4, 0.4)])
def test_a_late_queue_keeps_what_counts(depth, idle, stall):
    items = [(7 * index + index // 5) % 256 for index in range(149)]
    kept = [item for item in items if item % 4]
    assert 50 < len(kept) < 120
    pauses = {"idle": idle, "stall": stall, "seed": depth}
    received, _ = run_stream(Counted(depth), items, count=len(kept), **pauses)
    assert received == kept


@pytest.mark.parametrize("depth", [2, 3, 4, 7, 16])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_late_queue_is_as_long(seed, depth):
    is_a_list(LateQueue(unsigned(16), depth), depth, seed)
