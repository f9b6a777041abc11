"""The cycles of whole layers: tiles that overlap with the draining of the ones before."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.gen.memory import Placement
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.direct_sequencer import DirectSequencer
from zeroleap.hw.isa import Combination, Opcode
from zeroleap.hw.sequencer import Sequencer
from zeroleap.sim.cycles.front_end import walk_tile
from zeroleap.sim.cycles.group import GroupTimes, count_frames
from zeroleap.sim.cycles.lanes import lane_times
from zeroleap.sim.cycles.program import LayerProgram, decode_program
from zeroleap.sim.cycles.stream import TileStream, stream_of_tile
from zeroleap.sim.runner import Counters, Tensors

__all__ = ["most_cycles", "predict"]


def predict(image: Image, values: Tensors) -> tuple[Counters, ...]:
    """Return what the engine's counters will be, exactly, for each layer of ``image``.

    Parameters
    ----------
    image : Image
    values : mapping of name to int8 array
        The input of every layer, as the reference computes it.
    """
    return _predict(image, values, skips_zeros=image.config.sparsity != "none")


def most_cycles(image: Image) -> int:
    """Return the cycles of one inference whose every activation counts.

    With one group of lanes no input takes more. With several, another order of their tiles may take
    a little more.
    """
    places = {layer.input: image.placements[layer.input] for layer in image.layers}
    values = {
        name: np.zeros((1, place.height, place.width, place.channels), np.int8)
        for name, place in places.items()
    }
    return sum(counters.cycles for counters in _predict(image, values, skips_zeros=False))


def _predict(image: Image, values: Tensors, *, skips_zeros: bool) -> tuple[Counters, ...]:
    counters = []
    for index, program in enumerate(decode_program(image)):
        name = image.layers[index].input
        is_zero = values[name][0] == program.layer.input_zero_point
        active = ~is_zero if skips_zeros else np.ones_like(is_zero)
        streams = _streams(image, program, image.placements[name], active)
        written = sum(_values(tile) for tile in program.tiles if not tile.is_part)
        counters.append(
            Counters(
                cycles=_cycles(image, program, streams, is_first=index == 0),
                products=sum(stream.products for stream in streams),
                words_read=sum(int((~stream.is_here).sum()) for stream in streams)
                + _operand_words(image.config, program),
                words_written=written,
            )
        )
    return tuple(counters)


def _streams(
    image: Image, program: LayerProgram, source: Placement, active: npt.NDArray[np.bool_]
) -> list[TileStream]:
    return [stream_of_tile(image, program.layer, tile, source, active) for tile in program.tiles]


def _combines(layer: Any) -> bool:
    return Combination(layer.combination) != Combination.NONE


def _operand_words(config: EngineConfig, program: LayerProgram) -> int:
    """Count the words of operands: one for each frame of values."""
    if not _combines(program.layer):
        return 0
    sharers = range(config.groups) if program.layer.shared else [None]
    tiles = (tile for tile in program.tiles if not tile.is_part)
    return sum(count_frames(tile, config.frame, sharer) for tile in tiles for sharer in sharers)


def _values(tile: Any) -> int:
    return int((tile.y.last + 1) * (tile.x.last + 1) * (tile.channels + 1))


def _cycles(
    image: Image, program: LayerProgram, streams: Sequence[TileStream], *, is_first: bool
) -> int:
    """Run the sequencer.

    A record is loaded after the one before took effect, or, with one bank, when the tile before is
    done. A tile takes effect (``decided``) when a group can take it, or all if the layer is shared.
    """
    config, layer = image.config, program.layer
    reads_ahead = config.banks > 1
    load = (Sequencer if reads_ahead else DirectSequencer).LOAD_CYCLES
    decided = load[Opcode.LAYER] if is_first or not reads_ahead else 0  # the layer's own record
    shared = bool(layer.shared)
    fronts = lane_times(config, channelwise=bool(layer.channelwise), shared=shared)
    groups = [
        GroupTimes(
            config,
            index,
            first_turn=decided + 1,
            shared=shared,
            combines=_combines(layer),
            scatters=bool(layer.scatters),
        )
        for index in range(config.groups)
    ]
    for tile, stream in zip(program.tiles, streams, strict=True):
        free = decided if reads_ahead else max(decided, groups[0].ready)
        loaded = free + 1 + load[Opcode.TILE]
        if shared:
            decided = max(loaded, *(group.ready for group in groups))
            front, takers = 0, groups
        else:
            able = [groups[tile.group]] if tile.is_bound else groups
            decided = max(loaded, min(group.ready for group in able))
            taker = next(group for group in able if group.ready <= decided)
            front, takers = taker.index, [taker]
        idle, done = walk_tile(
            stream,
            fronts[front],
            decided,
            takers[0].turn,
            is_part=bool(tile.is_part),
            opens=[group.opens for group in takers],
            has_queue=config.banks > 1,
        )
        for index, group in enumerate(takers):
            group.walked(tile, idle, done[index] if done else None)
    written = max(group.written for group in groups)
    ended = max(decided + 1 + load[program.next], written)
    if not reads_ahead:
        ended = written + DirectSequencer.LOOK_CYCLES
    return ended + 1 + Sequencer.STORE_CYCLES
