"""Turns a layer's tiles into the records that the sequencer runs."""

from dataclasses import dataclass
from typing import Any

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.memory import Placement
from zeroleap.gen.plan import Arithmetic, Plan
from zeroleap.gen.tiling import Region
from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import RECORD_WORDS, Layer, Opcode, Tile, encode

__all__ = ["END_RECORD", "schedule_layer"]

ADDRESS_MASK = (1 << 20) - 1
"""Weight addresses and their steps are modulo this, plus one."""

END_RECORD = [Opcode.END.value] + [0] * (RECORD_WORDS - 1)


def schedule_layer(
    plan: Plan, source: Placement, target: Placement, weight_address: int, lanes: int
) -> list[list[int]]:
    """Encode a layer: one `Layer` record, and a `Tile` record for each region.

    Parameters
    ----------
    plan : Plan
    source, target : Placement
        Input and output in the activation SRAM.
    weight_address : int
        Row of the layer's first weight.
    lanes : int

    Returns
    -------
    list of records, each ``RECORD_WORDS`` 32-bit words
    """
    geometry, steps = plan.geometry, _weight_steps(plan.geometry, lanes)
    layer = _layer(geometry, plan.arithmetic, source, target, steps)
    records = [encode(Layer, layer, RECORD_WORDS)]
    for region, parameter in zip(plan.regions, plan.region_parameters, strict=True):
        base = weight_address + region.channel // lanes * steps.slot
        fields = _tile(geometry, source, target, region, steps, base, parameter, lanes)
        records.append(encode(Tile, fields, RECORD_WORDS))
    return records


@dataclass(frozen=True)
class WeightSteps:
    """Rows of the weight SRAM between taps in a kernel's row, its rows, and a lane's channels."""

    column: int
    row: int
    slot: int


def _weight_steps(geometry: Geometry, lanes: int) -> WeightSteps:
    """Follow the layouts of :mod:`zeroleap.gen.weights`."""
    if geometry.channelwise:
        slots = -(-geometry.out_channels // lanes)
        return WeightSteps(slots, geometry.kernel[1] * slots, 1)
    column = geometry.in_channels
    row = geometry.kernel[1] * column
    return WeightSteps(column, row, geometry.kernel[0] * row)


def _layer(
    geometry: Geometry,
    arithmetic: Arithmetic,
    source: Placement,
    target: Placement,
    steps: WeightSteps,
) -> dict[str, Any]:
    return {
        "opcode": Opcode.LAYER,
        "channelwise": geometry.channelwise,
        "unit_weights": arithmetic.unit_weights,
        "maximum": arithmetic.maximum,
        "uniform_parameters": arithmetic.uniform_parameters,
        "input_zero_point": arithmetic.input_zero_point,
        "output_zero_point": arithmetic.output_zero_point,
        "clamp_low": arithmetic.clamp[0],
        "clamp_high": arithmetic.clamp[1],
        "y": _layer_axis(geometry.stride[0], steps.row),
        "x": _layer_axis(geometry.stride[1], steps.column),
        "slot_step": steps.slot & ADDRESS_MASK,
        "row_words": source.row_words,
        "pixel_words": source.pixel_words,
        "output_row_bytes": target.row_words * WORD_BYTES,
        "output_pixel_bytes": target.pixel_words * WORD_BYTES,
    }


def _layer_axis(stride: int, weight_step: int) -> dict[str, int]:
    return {
        "stride": stride,
        "weight_step": weight_step & ADDRESS_MASK,
        "tap_step": stride * weight_step & ADDRESS_MASK,
    }


def _tile(
    geometry: Geometry,
    source: Placement,
    target: Placement,
    region: Region,
    steps: WeightSteps,
    base: int,
    parameter: int,
    lanes: int,
) -> dict[str, Any]:
    slots = -(-region.channels // lanes)
    first_row, _ = geometry.input_range(0, region.row, region.rows)
    first_column, _ = geometry.input_range(1, region.column, region.columns)
    first_block = region.channel // WORD_BYTES if geometry.channelwise else 0
    channels = region.channels if geometry.channelwise else geometry.in_channels

    output_pixel = region.row * target.width + region.column
    return {
        "opcode": Opcode.TILE,
        "y": _tile_axis(
            geometry, 0, region.row, region.rows, steps.row, base, region.columns * slots
        ),
        "x": _tile_axis(geometry, 1, region.column, region.columns, steps.column, 0, slots),
        "input_address": source.address
        + first_row * source.row_words
        + first_column * source.pixel_words
        + first_block,
        "blocks": -(-channels // WORD_BYTES) - 1,
        "last_mask": (1 << ((channels - 1) % WORD_BYTES + 1)) - 1,
        "slots": slots,
        "last_lanes": region.channels - (slots - 1) * lanes,
        "channels": region.channels - 1,
        "output_address": (target.address + output_pixel * target.pixel_words) * WORD_BYTES
        + region.channel,
        "parameters": parameter,
    }


def _tile_axis(
    geometry: Geometry,
    axis: int,
    first: int,
    count: int,
    weight_step: int,
    weight_base: int,
    psum_step: int,
) -> dict[str, int]:
    """Where :class:`zeroleap.hw.axis.Axis` starts; a tile without input visits one in vain."""
    kernel, stride = geometry.kernel[axis], geometry.stride[axis]
    before = (geometry.padding.top, geometry.padding.left)[axis]
    start, inputs = geometry.input_range(axis, first, count)
    position = min((start + before) // stride - first, count - 1)
    tap = start + before - (first + position) * stride
    quotient, remainder = divmod(kernel - 1 - tap, stride)
    return {
        "inputs": max(inputs, 1) - 1,
        "last": count - 1,
        "position": max(position, 0),
        "phase": (start + before) % stride,
        "quotient": quotient if inputs else -1,
        "remainder": remainder,
        "weight": weight_base + tap * weight_step & ADDRESS_MASK,
        "psum": max(position, 0) * psum_step & 0xFFF,
        "psum_step": psum_step & 0xFFF,
    }
