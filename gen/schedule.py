"""Turns a layer's tiles into the records that the sequencer runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zeroleap.gen.blocks import Blocks, Part
from zeroleap.gen.dealing import group_channels
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.memory import Placement, Strides
from zeroleap.gen.plan import Plan
from zeroleap.gen.tiling import Region
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import POSITIONS, RECORD_WORDS, Combination, Layer, Opcode, Tile, encode

__all__ = ["END_RECORD", "schedule_layer"]

PSUM_MASK = (1 << 12) - 1
"""Partial sum addresses are modulo this, plus one."""

ADDRESS_MASK = (1 << 22) - 1
"""The same of bytes."""

NOWHERE = Strides(0, 0, 0, 0)
"""Of an operand that there is not."""

END_RECORD = [Opcode.END.value]


def schedule_layer(
    plan: Plan,
    source: Placement,
    target: Placement,
    groups: int,
    operand: Placement | None = None,
    table: int | None = None,
) -> list[list[int]]:
    """Encode a layer: one `Layer` record, and a `Tile` record for each part of each region.

    Parameters
    ----------
    plan : Plan
    source, target : Placement
        Input and output in the activation SRAM.
    groups : int
        Groups of lanes.
    operand : Placement
        What values are combined with, if they are.
    table : int
        Number of the table that they are looked up in, if they are.

    Returns
    -------
    list of records of 32-bit words
    """
    steps = _psum_steps(plan)
    strides = operand.repeated(target) if operand else NOWHERE
    layer = _layer(plan, source, target, steps) | _way_fields(plan, strides, table)
    records = [encode(Layer, layer, RECORD_WORDS[Opcode.LAYER])]
    takers = 1 if plan.tiling.shared else groups
    is_bound = takers > 1 and len(plan.blocks.parts) > 1
    for tile, part, weights, group, is_last in _in_order(plan, takers):
        region, parameter = tile
        sharers = groups if plan.tiling.shared else 0
        record = _Tile(plan, source, target, region, part, steps, sharers)
        fields = record.fields(weights, parameter) | {
            "operand_address": strides.at(region.row, region.column, region.channel),
            "is_part": not is_last,
            "is_bound": is_bound,
            "group": group,
        }
        records.append(encode(Tile, fields, RECORD_WORDS[Opcode.TILE]))
    return records


def _in_order(plan: Plan, groups: int) -> Iterator[tuple[tuple[Region, int], Part, int, int, bool]]:
    """Give region with parameter, part, weight address, group, and whether it is the last part.

    So many regions as there are groups come part by part in turn, that none waits for another.
    """
    tiles = list(zip(plan.tiling.regions, plan.region_parameters, strict=True))
    for first in range(0, len(tiles), groups):
        chunk = [(tile, _parts(plan, tile[0])) for tile in tiles[first : first + groups]]
        for index in range(max(len(parts) for _, parts in chunk)):
            for group, (tile, parts) in enumerate(chunk):
                if index < len(parts):
                    yield tile, *parts[index], group, index == len(parts) - 1


def _psum_steps(plan: Plan) -> tuple[int, int]:
    """Partial sums from an output row to the next, and from a pixel to the next."""
    slots = plan.tiling.slots
    return max(region.columns for region in plan.tiling.regions) * slots, slots


def _parts(plan: Plan, region: Region) -> list[tuple[Part, int]]:
    """Parts of the kernel that meet any input of the region, and where their weights are."""
    addresses = plan.addresses[region.channel // plan.band_channels]
    parts = list(zip(plan.blocks.parts, addresses, strict=True))
    met = [
        (part, address)
        for part, address in parts
        if all(_meets(plan.geometry, axis, region, part) for axis in (0, 1))
    ]
    return met or parts[:1]


def _meets(geometry: Geometry, axis: int, region: Region, part: Part) -> bool:
    """Tell whether any tap of the part lies on an input, and not on padding, for any output."""
    first, count = ((region.row, region.rows), (region.column, region.columns))[axis]
    return any(
        geometry.input_range(axis, output, 1, (part.first[axis], part.count[axis]))[1]
        for output in range(first, first + count)
    )


def _input_range(geometry: Geometry, axis: int, region: Region, part: Part) -> tuple[int, int]:
    first, count = ((region.row, region.rows), (region.column, region.columns))[axis]
    return geometry.input_range(axis, first, count, (part.first[axis], part.count[axis]))


def _layer(
    plan: Plan, source: Placement, target: Placement, steps: tuple[int, int]
) -> dict[str, Any]:
    geometry, arithmetic, blocks = plan.geometry, plan.arithmetic, plan.blocks
    destination = plan.destination or target.whole
    return {
        "opcode": Opcode.LAYER,
        "shared": plan.tiling.shared,
        "channelwise": geometry.channelwise,
        "unit_weights": arithmetic.unit_weights,
        "maximum": arithmetic.maximum,
        "uniform_parameters": arithmetic.uniform_parameters,
        "input_zero_point": arithmetic.input_zero_point,
        "output_zero_point": arithmetic.output_zero_point,
        "clamp_low": arithmetic.clamp[0],
        "clamp_high": arithmetic.clamp[1],
        "y": _layer_axis(geometry, blocks, 0, steps[0]),
        "x": _layer_axis(geometry, blocks, 1, steps[1]),
        "psum_offsets": _psum_offsets(geometry, blocks, steps),
        "blocks": blocks.count - 1,
        "block_psums": blocks.slots,
        "block_weights": plan.block_weights,
        "channel_weights": plan.block_weights * blocks.count,
        "last_positions": blocks.last_positions,
        "row_words": source.row_words,
        "pixel_words": source.pixel_words,
        "output_row_bytes": destination.row & ADDRESS_MASK,
        "output_pixel_bytes": destination.pixel & ADDRESS_MASK,
        "output_channel_bytes": destination.channel & ADDRESS_MASK,
        "scatters": not destination.is_in_words,
    }


def _layer_axis(geometry: Geometry, blocks: Blocks, axis: int, psum_step: int) -> dict[str, Any]:
    """Positions that are not in use get a tap that no kernel has."""
    taps = [place[1 + axis] for place in blocks.places()]
    none = min(blocks.taps[axis], POSITIONS - 1)
    return {
        "last_phase": geometry.stride[axis] - 1,
        "psum_step": psum_step & PSUM_MASK,
        "taps": taps + [none] * (POSITIONS - len(taps)),
    }


def _psum_offsets(geometry: Geometry, blocks: Blocks, steps: tuple[int, int]) -> list[int]:
    """Where the sum of each position is: ``stride`` taps further is an output before."""
    offsets = [
        slot - r // geometry.stride[0] * steps[0] - s // geometry.stride[1] * steps[1]
        for slot, r, s in blocks.places()
    ]
    return [offset & PSUM_MASK for offset in offsets] + [0] * (POSITIONS - len(offsets))


def _way_fields(plan: Plan, strides: Strides, table: int | None) -> dict[str, Any]:
    """Fields of a `Layer` that say what is done to values on the way out."""
    way, arithmetic = plan.way, plan.arithmetic
    fields: dict[str, Any] = {
        "combination": way.combination if way else Combination.NONE,
        "operand_row_bytes": strides.row,
        "operand_pixel_bytes": strides.pixel,
        "operand_channel_bytes": strides.channel,
        "operand_zero_point": way.operand_zero_point if way else 0,
        "combination_parameters": plan.way_parameters,
        "value_zero_point": arithmetic.output_zero_point,
        "value_low": arithmetic.clamp[0],
        "value_high": arithmetic.clamp[1],
        "looks_up": table is not None,
        "table": table or 0,
    }
    if way:
        fields["output_zero_point"] = way.output_zero_point
        fields["clamp_low"], fields["clamp_high"] = way.clamp
    return fields


@dataclass(frozen=True)
class _Tile:
    """One part of the kernel over one region."""

    plan: Plan
    source: Placement
    target: Placement
    region: Region
    part: Part
    steps: tuple[int, int]
    groups: int

    @property
    def geometry(self) -> Geometry:
        return self.plan.geometry

    def fields(self, weights: int, parameter: int) -> dict[str, Any]:
        """Return the fields of the record that do not depend on its neighbours."""
        geometry, region, source, target = self.geometry, self.region, self.source, self.target
        first_row, _ = _input_range(geometry, 0, region, self.part)
        first_column, _ = _input_range(geometry, 1, region, self.part)
        first_word = region.channel // WORD_BYTES if geometry.channelwise else 0
        channels = region.channels if geometry.channelwise else geometry.in_channels
        destination = self.plan.destination or target.whole
        return {
            "opcode": Opcode.TILE,
            "y": self._axis(0, region.row, region.rows),
            "x": self._axis(1, region.column, region.columns),
            "input_address": source.address
            + first_row * source.row_words
            + first_column * source.pixel_words
            + first_word
            + self.plan.source_word,
            "words": -(-channels // WORD_BYTES) - 1,
            "last_mask": (1 << ((channels - 1) % WORD_BYTES + 1)) - 1,
            "weights": weights,
            "channels": region.channels - 1,
            "group_channels": group_channels(region.channels, self.groups) if self.groups else 0,
            "output_address": target.address * WORD_BYTES
            + destination.at(region.row, region.column, region.channel),
            "parameters": parameter,
        }

    def _axis(self, axis: int, first: int, count: int) -> dict[str, int]:
        """Where :class:`zeroleap.hw.axis.Axis` starts; without input, it visits one in vain."""
        stride = self.geometry.stride[axis]
        before = (self.geometry.padding.top, self.geometry.padding.left)[axis]
        first_tap, taps = self.part.first[axis], self.part.count[axis]
        start, inputs = _input_range(self.geometry, axis, self.region, self.part)
        if not inputs:
            nothing = ("inputs", "outputs", "phase", "meets", "kernel", "psum")
            return {**dict.fromkeys(nothing, 0), "last": count - 1}
        distance = start + before - first_tap - first * stride
        output, phase = divmod(distance, stride)
        met = [tap for tap in range(phase, taps, stride) if 0 <= output - tap // stride < count]
        return {
            "inputs": inputs - 1,
            "last": count - 1,
            "outputs": max(count - 1 - output, 0),
            "phase": phase,
            "meets": sum(1 << tap for tap in met),
            "kernel": (1 << taps) - 1,
            "psum": output * self.steps[axis] & PSUM_MASK,
        }
