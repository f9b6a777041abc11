"""The cycles of whole layers: tiles that overlap with the draining of the ones before."""

from typing import Any

import numpy as np

from zeroleap.gen.image import Image
from zeroleap.hw.drain import Drain
from zeroleap.hw.requantizer import Requantizer
from zeroleap.hw.sequencer import Sequencer
from zeroleap.sim.cycles.program import decode_program
from zeroleap.sim.cycles.stream import Words, count_activations, words_of_tile
from zeroleap.sim.cycles.tile import START, compute_cycles
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
    """Return the cycles of one inference whose every activation counts: no input takes more."""
    places = {layer.input: image.placements[layer.input] for layer in image.layers}
    values = {
        name: np.zeros((1, place.height, place.width, place.channels), np.int8)
        for name, place in places.items()
    }
    return sum(counters.cycles for counters in _predict(image, values, skips_zeros=False))


def _predict(image: Image, values: Tensors, *, skips_zeros: bool) -> tuple[Counters, ...]:
    counters = []
    for index, (layer, tiles) in enumerate(decode_program(image)):
        name = image.layers[index].input
        source = image.placements[name]
        counts = count_activations(values[name], layer.input_zero_point, skips_zeros)
        words = [words_of_tile(layer, tile, source, counts, image.config.lanes) for tile in tiles]
        counters.append(_layer_counters(tiles, words, image, is_first=index == 0))
    return tuple(counters)


def _layer_counters(
    tiles: list[Any], words: list[Words], image: Image, *, is_first: bool
) -> Counters:
    values = [(tile.y.last + 1) * (tile.x.last + 1) * (tile.channels + 1) for tile in tiles]
    compute = [compute_cycles(stream, image.config.queue_depth) for stream in words]
    drain = [count + DRAIN_CYCLES for count in values]
    return Counters(
        cycles=_cycles(compute, drain, is_first=is_first),
        busy=sum(int((stream.counts * stream.work).sum()) for stream in words),
        products=sum(int((stream.counts * stream.products).sum()) for stream in words),
        words_read=sum(len(stream.counts) for stream in words),
        words_written=sum(values),
    )


DRAIN_CYCLES = START + Drain.LATENCY + Requantizer.LATENCY
"""From the decision to drain until all is written, less the number of values."""


def _cycles(compute: list[int], drain: list[int], *, is_first: bool) -> int:
    """Run the sequencer: a tile may begin when its record is loaded and both banks are done with.

    ``decided`` is the cycle of the layer in which the latest tile begins, ``computed`` and
    ``drained`` those in which the sequencer finds the lanes and the drain done.
    """
    load = Sequencer.LOAD_CYCLES
    decided = load if is_first else 0  # the layer's own record
    computed = drained = 0
    for index, duration in enumerate(compute):
        decided = max(decided + 1 + load, computed, drained)
        computed = decided + duration
        if index:
            drained = decided + drain[index - 1]
    decided = max(decided + 1 + load, computed, drained)
    drained = decided + drain[-1]
    return drained + 1 + Sequencer.STORE_CYCLES
