"""Reads a program back, as the sequencer does."""

from typing import Any

from zeroleap.gen.image import Image
from zeroleap.hw.isa import RECORD_WORDS, Layer, Opcode, Tile, decode

__all__ = ["decode_program"]


def decode_program(image: Image) -> list[tuple[Any, list[Any]]]:
    """Return each layer's `Layer` record and `Tile` records.

    Raises
    ------
    ValueError
        If the program is not a list of layers with an end.
    """
    layers: list[tuple[Any, list[Any]]] = []
    records = image.program.reshape(-1, RECORD_WORDS).tolist()
    for index, record in enumerate(records):
        match Opcode(record[0] & 3):
            case Opcode.END:
                if index != len(records) - 1:
                    raise ValueError(f"record {index} must not be an end before the last")
                return layers
            case Opcode.LAYER:
                layers.append((decode(Layer, record), []))
            case Opcode.TILE:
                layers[-1][1].append(decode(Tile, record))
    raise ValueError("the last record must be an end")
