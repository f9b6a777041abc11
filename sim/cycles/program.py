"""Reads a program back, as the sequencer does."""

from dataclasses import dataclass, field
from typing import Any

from zeroleap.gen.image import Image
from zeroleap.hw.isa import RECORD_WORDS, Layer, Opcode, Tile, decode

__all__ = ["LayerProgram", "decode_program"]


@dataclass
class LayerProgram:
    """The records of a layer, and the kind of the record that follows."""

    layer: Any
    tiles: list[Any] = field(default_factory=list)
    next: Opcode = Opcode.END


def decode_program(image: Image) -> list[LayerProgram]:
    """Return the records of each layer.

    Raises
    ------
    ValueError
        If the program is not a list of layers with an end.
    """
    layers: list[LayerProgram] = []
    words = image.program.tolist()
    place = 0
    while place < len(words):
        opcode = Opcode(words[place] & 3)
        record = words[place : place + RECORD_WORDS[opcode]]
        place += len(record)
        match opcode:
            case Opcode.END:
                if place != len(words):
                    raise ValueError(f"word {place - 1} must not be an end before the last")
                return layers
            case Opcode.LAYER:
                if layers:
                    layers[-1].next = opcode
                layers.append(LayerProgram(decode(Layer, record)))
            case Opcode.TILE:
                layers[-1].tiles.append(decode(Tile, record))
    raise ValueError("the last record must be an end")
