"""A network of one layer, and what its records say, read as `zeroleap.hw.isa` describes them."""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.gen.ir import Convolution, DepthwiseConvolution, Graph, Requantization, Tensor
from zeroleap.hw.isa import RECORD_WORDS, Header, Layer, Opcode, Parameter, Route, Tile, decode

ADDRESSES = 1 << 12
"""Partial sum addresses are modulo this."""


def convolution_graph(shape, weights, zero_point=0):
    """Return a graph of one convolution; the bias of a channel is its number."""
    channels = shape.out_channels
    kind = DepthwiseConvolution if shape.channelwise else Convolution
    operator = kind(
        *("layer", "CONV", ("x",), "y"),
        weights=weights,
        bias=np.arange(channels, dtype=np.int32),
        stride=shape.stride,
        padding=shape.padding,
        requantization=Requantization(
            np.full(channels, 2**30, np.int32), np.zeros(channels, np.int32)
        ),
        clamp=(-128, 127),
    )
    return layer_graph(shape, operator, zero_point)


def layer_graph(shape, operator, zero_point=0):
    tensors = [
        Tensor("x", (1, shape.height, shape.width, shape.in_channels), zero_point=zero_point),
        Tensor("y", (1, shape.out_height, shape.out_width, shape.out_channels)),
    ]
    named = {tensor.name: tensor for tensor in tensors}
    return Graph("net", named, ("x",), ("y",), (operator,))


def walk_axis(layer, tile):
    """Yield, for each input coordinate, the taps with which it meets outputs, and their sums.

    The offset of the partial sum goes with the tap: all outputs that an input meets with taps below
    ``stride`` are one, and one before it for each ``stride`` taps further.
    """
    stride, step = layer.last_phase + 1, layer.psum_step
    taps = {tap for tap in range(16) if tile.meets >> tap & 1}
    outputs, phase, psum = tile.outputs, tile.phase, tile.psum
    for _ in range(tile.inputs + 1):
        yield {tap: psum - tap // stride * step for tap in taps}
        taps = {tap + 1 for tap in taps}
        phase += 1
        if phase == stride:
            phase, psum = 0, psum + step
            if outputs:
                taps.add(0)
                outputs -= 1
        taps = {tap for tap in taps if tile.kernel >> tap & 1}


def plain(shape, words):
    """Decode a record into plain numbers, which are faster to ask for."""

    def convert(value):
        if hasattr(value, "as_bits"):
            layout = value.shape()
            if hasattr(layout, "elem_shape"):
                return [convert(element) for element in value]
            return SimpleNamespace(**{name: convert(value[name]) for name, _ in layout})
        return value

    record = decode(shape, words)
    return SimpleNamespace(**{name: convert(getattr(record, name)) for name, _ in shape.as_shape()})


@dataclass
class Interpreter:
    """Runs records of one layer, and notes for each value of the output what it is the sum of.

    Tiles that groups of lanes do not share go where they are bound to, or else to groups in turn,
    from ``first`` on.

    Attributes
    ----------
    sums : mapping of output byte to Counter
        Of pairs: input byte, and row and lane of the weight, or nothing if it is 1.
    biases : mapping of output byte to int
        Of its `Parameter`.
    """

    image: SimpleNamespace
    first: int = 0
    sums: dict = field(default_factory=dict)
    biases: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    def run(self):
        """Run the whole program, which must be of one layer."""
        words = self.image.program.tolist()
        kinds = []
        groups = self.image.config.groups
        banks = [{} for _ in range(groups)]
        following = self.first
        while words:
            kinds.append(Opcode(words[0] & 3))
            record, words = words[: RECORD_WORDS[kinds[-1]]], words[RECORD_WORDS[kinds[-1]] :]
            assert len(record) == RECORD_WORDS[kinds[-1]]
            if kinds[-1] is Opcode.LAYER:
                self.layer = plain(Layer, record)
            elif kinds[-1] is Opcode.TILE:
                tile = plain(Tile, record)
                self.group = tile.group if tile.is_bound else following
                if self.layer.shared:
                    self.group = 0
                assert tile.is_bound or not tile.is_part or groups == 1 or self.layer.shared
                following = (self.group + 1) % groups
                self.compute(tile, banks[self.group])
                if not tile.is_part:
                    self.drain(tile, banks[self.group])
                    banks[self.group] = {}
        assert kinds == [Opcode.LAYER, *[Opcode.TILE] * (len(kinds) - 2), Opcode.END]
        assert not any(banks), "a part is not followed by another"
        return self

    def compute(self, tile, sums):
        """Add each product to its sum: ``sums[lane, address]`` counts (input byte, weight row)."""
        layer = self.layer
        channels = 4 * tile.words + tile.last_mask.bit_length()
        assert tile.last_mask + 1 == 1 << tile.last_mask.bit_length()
        for row, ys in enumerate(walk_axis(layer.y, tile.y)):
            for column, xs in enumerate(walk_axis(layer.x, tile.x)):
                word = tile.input_address + row * layer.row_words + column * layer.pixel_words
                for channel in range(channels):
                    place = 4 * word + channel
                    for lane, psum, weight in self.products(tile, ys, xs, channel):
                        assert psum < self.image.config.partial_sums
                        sums.setdefault((lane, psum), Counter())[place, weight] += 1

    def products(self, tile, ys, xs, channel):
        """Yield lane, address of the sum and weight row of all products of an activation."""
        layer, lanes = self.layer, self.image.config.group_lanes
        own = self.group * lanes
        all_lanes, start, slot = range(own, own + lanes), tile.weights, 0
        if layer.shared:
            assert not layer.channelwise
            all_lanes = range(self.image.config.lanes)
        if layer.channelwise:
            slot, lane = divmod(channel, lanes)
            all_lanes = [own + lane]
        start += (slot if layer.channelwise else channel) * layer.channel_weights
        met = [
            (position, r, s)
            for position, (r, s) in enumerate(zip(layer.y.taps, layer.x.taps, strict=True))
            if r in ys and s in xs
        ]
        for block in range(layer.blocks + 1):
            for position, r, s in met:
                if block == layer.blocks and not layer.last_positions >> position & 1:
                    continue
                psum = ys[r] + xs[s] + slot + layer.psum_offsets[position]
                # ``psum_offsets`` are from what the activation names, the sum of taps below stride
                psum += r // (layer.y.last_phase + 1) * layer.y.psum_step
                psum += s // (layer.x.last_phase + 1) * layer.x.psum_step
                psum = (psum + block * layer.block_psums) % ADDRESSES
                for lane in all_lanes:
                    row = self.weight_row(start + block * layer.block_weights, position, lane)
                    if row is not None:
                        yield lane, psum, row

    def weight_row(self, address, position, lane):
        """Return where a weight is; None if it is not stored."""
        if self.layer.unit_weights:
            return ()
        if self.image.config.sparsity != "both":
            return address + position, lane
        mask, weights = self.header(address, lane)
        if not mask >> position & 1:
            return None
        return weights + bin(mask & (1 << position) - 1).count("1"), lane

    def header(self, address, lane):
        """Return mask and first weight."""
        if (address, lane) not in self.headers:
            header = decode(Header, [self.image.headers[address, lane]])
            self.headers[address, lane] = header.mask, header.weights
        return self.headers[address, lane]

    def drain(self, tile, sums):
        """Give the sums of a tile to the outputs."""
        layer, lanes = self.layer, self.image.config.group_lanes
        for row in range(tile.y.last + 1):
            for column in range(tile.x.last + 1):
                for channel in range(tile.channels + 1):
                    entry = tile.parameters + (0 if layer.uniform_parameters else channel)
                    words = self.image.parameters[entry].tolist()
                    group, of_group = self.group, channel
                    if layer.shared:
                        group, of_group = divmod(channel, tile.group_channels)
                        assert tile.group_channels % 4 == 0  # groups do not write a word together
                        assert group < self.image.config.groups
                    slot, lane = divmod(of_group, lanes)
                    if not layer.uniform_parameters:
                        route = decode(Route, words[-1:])
                        if self.image.config.sparsity != "both":
                            assert (route.lane, route.slot) == (lane, slot)
                        lane, slot = route.lane, route.slot
                        assert lane < lanes
                    address = row * layer.y.psum_step + column * layer.x.psum_step + slot
                    place = tile.output_address + row * layer.output_row_bytes
                    place += column * layer.output_pixel_bytes + channel
                    assert place not in self.sums, "an output is computed twice"
                    at = (group * lanes + lane, address % ADDRESSES)
                    self.sums[place] = sums.pop(at, Counter())
                    self.biases[place] = decode(Parameter, words).bias
        self.left_over(sums)

    def left_over(self, sums):
        """Assert that sums that no one takes are only of weights that are 0."""
        for products in sums.values():
            for _, weight in products:
                assert weight != (), "a sum of ones is lost"
                assert self.image.weights[weight] == 0, "a product is lost"


@pytest.fixture
def interpreted():
    """Run the records of an image of one layer."""
    return lambda image, first=0: Interpreter(image, first).run()


@pytest.fixture
def graph_of_convolution():
    return convolution_graph


@pytest.fixture
def graph_of_layer():
    return layer_graph
