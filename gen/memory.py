"""Places tensors in the activation SRAM, and lays them out in its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import CapacityError
from zeroleap.gen.ir import Graph
from zeroleap.gen.steps import is_alias, steps_of
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["Placement", "Strides", "place_tensors"]


@dataclass(frozen=True)
class Strides:
    """Where the values of a rectangle lie, in bytes.

    Parameters
    ----------
    first : int
        Of its first value, from the beginning of the tensor.
    row, pixel, channel : int
        From one row, pixel or channel to the next; 0 where the map is repeated.
    """

    first: int
    row: int
    pixel: int
    channel: int

    @property
    def is_in_words(self) -> bool:
        """Tell whether channels follow one another, and each pixel's first begins a word."""
        begins = (self.first, self.row, self.pixel)
        return self.channel == 1 and not any(begin % WORD_BYTES for begin in begins)

    def at(self, row: int, column: int, channel: int) -> int:
        """Return where a value lies."""
        return self.first + row * self.row + column * self.pixel + channel * self.channel

    def every(self, rows: tuple[int, int], columns: tuple[int, int]) -> "Strides":
        """Return where some rows and columns lie, each by the first and the step to the next."""
        (row, down), (column, across) = rows, columns
        return Strides(self.at(row, column, 0), self.row * down, self.pixel * across, self.channel)


@dataclass(frozen=True)
class Placement:
    """Where a map of int8 lies: pixel after pixel, each with its channels, filled up to a word.

    Parameters
    ----------
    address : int, words
    height, width, channels : int
    """

    address: int
    height: int
    width: int
    channels: int

    @property
    def pixel_words(self) -> int:
        """Words of a pixel."""
        return -(-self.channels // WORD_BYTES)

    @property
    def row_words(self) -> int:
        """Words of a row."""
        return self.width * self.pixel_words

    @property
    def words(self) -> int:
        """Words of the tensor."""
        return self.height * self.row_words

    @property
    def whole(self) -> "Strides":
        """Where its values lie, from its beginning."""
        return Strides(0, self.row_words * WORD_BYTES, self.pixel_words * WORD_BYTES, 1)

    def repeated(self, target: "Placement") -> "Strides":
        """Return where its values lie in the SRAM for each of ``target``, which may be larger."""
        whole = self.whole
        return Strides(
            self.address * WORD_BYTES,
            whole.row if self.height == target.height else 0,
            whole.pixel if self.width == target.width else 0,
            whole.channel if self.channels == target.channels else 0,
        )

    def pack(self, values: npt.NDArray[np.int8]) -> npt.NDArray[np.uint32]:
        """Lay out a tensor of shape (1, height, width, channels) as words."""
        padded = np.zeros((self.height, self.width, self.pixel_words * WORD_BYTES), np.int8)
        padded[:, :, : self.channels] = values[0]
        return padded.reshape(-1).view("<u4").astype(np.uint32)

    def unpack(self, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.int8]:
        """Read a tensor of shape (1, height, width, channels) back; the opposite of `pack`."""
        padded = words.astype("<u4").view(np.int8)
        padded = padded.reshape(1, self.height, self.width, self.pixel_words * WORD_BYTES)
        return np.ascontiguousarray(padded[..., : self.channels])


def place_tensors(graph: Graph, config: EngineConfig) -> dict[str, Placement]:
    """Give every tensor of a legalised graph its place; tensors not alive together may share one.

    A tensor is alive from the step that writes it (inputs: from the start) to the last that reads
    it (outputs: to the end; constants: for ever). What is combined on the way out has no place. The
    largest is placed first, each at the lowest address that is free while it is alive. Words that
    are read together belong to one tensor, so that none is written in that cycle.

    Raises
    ------
    CapacityError
        If the activation SRAM is too small.
    """
    aliases = _aliases(graph)
    lives = _lifetimes(graph, aliases)
    placed: dict[str, Placement] = {}
    order = sorted(lives, key=lambda name: (-_at(graph, name, 0).words, lives[name]))
    for name in order:
        rivals = [other for other in placed if _overlap(lives[name], lives[other])]
        words = _at(graph, name, 0).words
        gap = _lowest_gap(words, [placed[rival] for rival in rivals], config.read_words)
        placed[name] = _at(graph, name, gap)

    needed = max(place.address + place.words for place in placed.values())
    if needed > config.activation_words:
        raise CapacityError(
            f"activations need {needed * WORD_BYTES} bytes of SRAM, but activation_bytes is "
            f"{config.activation_bytes}; {(needed - config.activation_words) * WORD_BYTES} more "
            "are needed",
            "activation_bytes",
        )
    return placed | {
        name: _at(graph, name, placed[origin].address) for name, origin in aliases.items()
    }


def _aliases(graph: Graph) -> dict[str, str]:
    """Return the tensors that lie where another does, and that one."""
    aliases: dict[str, str] = {}
    for operator in graph:
        if is_alias(graph, operator):
            aliases[operator.output] = aliases.get(operator.input, operator.input)
    return aliases


def _lifetimes(graph: Graph, aliases: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """First and last step in which each tensor is alive."""
    steps = steps_of(graph)
    end = len(steps)
    lives = dict.fromkeys(graph.inputs, (-1, -1)) | dict.fromkeys(graph.constants, (-1, end))
    for index, step in enumerate(steps):
        lives[step.output] = (index, index)
        for name in step.inputs:
            name = aliases.get(name, name)
            first, last = lives[name]
            lives[name] = (first, max(last, index))
    outputs = {aliases.get(name, name) for name in graph.outputs}
    return lives | {name: (lives[name][0], end) for name in outputs}


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _at(graph: Graph, name: str, address: int) -> Placement:
    _, height, width, channels = graph.tensors[name].shape
    return Placement(address, height, width, channels)


def _lowest_gap(words: int, rivals: Sequence[Placement], step: int) -> int:
    """Lowest address, a multiple of ``step``, at which ``words`` meet none of the rivals."""
    address = 0
    for rival in sorted(rivals, key=lambda place: place.address):
        if address + words <= rival.address:
            break
        address = max(address, -(-(rival.address + rival.words) // step) * step)
    return address
