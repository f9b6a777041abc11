"""What tests of lanes share: their weights, tiles of activations, and a drain that checks sums."""

import random

from amaranth.sim import Simulator

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import POSITIONS, Header
from zeroleap.hw.lane import Lane
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.sparse_lanes import SparseLanes

SUMS = 16
MASK = 2**12 - 1


def activation(value=1, weights=0, psum=0, positions=1, lane=0):
    """``weights`` counts blocks; the bench turns it into an address."""
    return {
        "is_end": 0,
        "value": value,
        "weights": weights,
        "psum": psum,
        "positions": positions,
        "lane": lane,
    }


class LanesBench:
    """Lanes of either kind, which have the same weights.

    Parameters
    ----------
    table : list of blocks, each a list of lanes, each a list of weights, one a position
    is_sparse : bool
    blocks : int
        Of an activation's channel, the last with ``last_positions``.
    offsets : list of int
        Partial sums from that of the activation to that of each position.
    """

    BLOCK_PSUMS = 3

    def __init__(
        self,
        table,
        *,
        is_sparse,
        blocks=1,
        last_positions=0xFFFF,
        offsets=(0,) * POSITIONS,
        channelwise=False,
        unit_weights=False,
        queue_depth=4,
        weight_bytes=512,
        banks=2,
        sets=1,
    ):
        self.table, self.offsets = table, list(offsets)
        self.lanes, self.positions = len(table[0]), len(table[0][0])
        config = EngineConfig(
            lanes=self.lanes,
            sparsity="both" if is_sparse else "activation",
            queue_depth=queue_depth,
            weight_bytes=weight_bytes,
            headers=64,
            partial_sums=SUMS,
            banks=banks,
            sets=sets,
        )
        self.dut = SparseLanes(config) if is_sparse else Lanes(config)
        self.is_sparse, self.blocks, self.channelwise = is_sparse, blocks, channelwise
        self.unit_weights = unit_weights
        self.block_weights = 1 if is_sparse else self.positions
        self.last_positions = 0xFFFF if is_sparse else last_positions  # else headers would tell
        self.layer = {
            "channelwise": channelwise,
            "unit_weights": unit_weights,
            "psum_offsets": [offset & MASK for offset in self.offsets],
            "blocks": blocks - 1,
            "block_psums": self.BLOCK_PSUMS,
            "block_weights": self.block_weights,
            "last_positions": last_positions,
        }

    async def load(self, ctx):
        """Store weights and headers, four lanes at a time; the bytes of others are nonsense."""
        dut = self.dut
        ctx.set(dut.layer, self.layer)
        ctx.set(dut.drain_enable, (1 << self.lanes) - 1)
        own = [self._stored(lane) for lane in range(self.lanes)]
        for address in range(max(len(weights) for weights, _ in own)):
            for first in range(0, self.lanes, 4):
                data = [33, 44, 55, 66]
                for lane in range(first, min(first + 4, self.lanes)):
                    if address < len(own[lane][0]):
                        data[lane - first] = own[lane][0][address] & 0xFF
                ctx.set(dut.load_enable, 0b1111 << first & (1 << self.lanes) - 1)
                ctx.set(dut.load_address, address)
                ctx.set(dut.load_data, sum(byte << 8 * n for n, byte in enumerate(data)))
                await ctx.tick()
        ctx.set(dut.load_enable, 0)
        for lane in range(self.lanes):
            for address, header in enumerate(own[lane][1]):
                ctx.set(dut.header_enable, 1 << lane)
                ctx.set(dut.load_address, address)
                ctx.set(dut.load_data, Header.const(header).as_bits())
                await ctx.tick()
        ctx.set(dut.header_enable, 0)

    def _stored(self, lane):
        """All weights of a lane; or those that are not zero, and the headers of the blocks."""
        if not self.is_sparse:
            return [weight for block in self.table for weight in block[lane]], []
        weights, headers = [], []
        for block in self.table:
            mask = sum(1 << n for n, weight in enumerate(block[lane]) if weight)
            headers.append({"mask": mask, "weights": len(weights)})
            weights += [weight for weight in block[lane] if weight]
        return weights, headers

    def payload(self, item):
        """Return the activation as it is given to the lanes; None is the end of a tile."""
        if item is None:
            return {**activation(-99, 1, 2, 0xFFFF, self.lanes - 1), "is_end": 1}
        return {**item, "weights": item["weights"] * self.block_weights}

    def products(self, item, lane):
        """Products of an activation in a lane: sum and summand, one by one in their order."""
        found = []
        if self.channelwise and lane != item["lane"]:
            return found
        for block in range(self.blocks):
            used = item["positions"] & (self.last_positions if block == self.blocks - 1 else 0xFFFF)
            for position in range(POSITIONS):
                if not used >> position & 1:
                    continue
                weight = 1
                if not self.unit_weights:
                    weight = self.table[item["weights"] + block][lane][position]
                    if self.is_sparse and weight == 0:
                        continue
                psum = item["psum"] + block * self.BLOCK_PSUMS + self.offsets[position]
                found.append((psum & MASK, item["value"] * weight))
        return found

    def sums(self, tile):
        """Sums of a tile's activations, by lane."""
        sums = [[0] * SUMS for _ in range(self.lanes)]
        for item in tile:
            for lane in range(self.lanes):
                for psum, summand in self.products(item, lane):
                    sums[lane][psum] += summand
        return sums

    async def drain(self, ctx, bank):
        """Read and clear all sums of the oldest bank from this cycle on, a sum a cycle."""
        dut = self.dut
        rows = []
        for cycle in range(SUMS + Lane.DRAIN_LATENCY):
            assert ctx.get(dut.done)
            if cycle >= Lane.DRAIN_LATENCY:
                rows.append([int(total) for total in ctx.get(dut.sums)])
                ctx.set(dut.drain_clear, cycle - Lane.DRAIN_LATENCY)
                ctx.set(dut.drain_clear_enable, (1 << self.lanes) - 1)
            ctx.set(dut.drain_read, cycle % SUMS)
            await ctx.tick()
        ctx.set(dut.drain_clear_enable, 0)
        ctx.set(dut.drain_clear, 5)
        ctx.set(dut.oldest, 1 - bank)
        return [list(lane) for lane in zip(*rows, strict=True)]

    def run(self, check, *others):
        """Run until ``check`` is through, whether or not others are."""
        sim = Simulator(self.dut)
        sim.add_clock(1e-6)
        for other in others:
            sim.add_testbench(other, background=True)
        sim.add_testbench(check)
        sim.run()

    def producer(self, tiles, idle, seed):
        """Return a testbench that gives all activations, and the end of each tile."""
        pause = random.Random(seed)

        async def produce(ctx):
            await self.load(ctx)
            for item in (item for tile in tiles for item in (*tile, None)):
                while pause.random() < idle:
                    await ctx.tick()
                ctx.set(self.dut.i.payload, self.payload(item))
                ctx.set(self.dut.i.valid, 1)
                while not ctx.get(self.dut.i.ready):
                    await ctx.tick()
                await ctx.tick()
                ctx.set(self.dut.i.valid, 0)
                ctx.set(self.dut.i.payload, self.payload(activation(-7, 0, 3, 0xFFFF, 1)))

        return produce


def random_table(choose, blocks, lanes, positions, density):
    """Choose weights; some blocks of some lanes are empty."""
    return [
        [
            [
                choose.choice([-128, 127, choose.randrange(1, 127)])
                if choose.random() < density * lane_density
                else 0
                for _ in range(positions)
            ]
            for lane_density in (choose.choice([0, 1, 1]) for _ in range(lanes))
        ]
        for _ in range(blocks)
    ]
