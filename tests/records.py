"""Programs for sequencers: records that are known by one of their fields."""

from zeroleap.hw.isa import RECORD_WORDS, Layer, Opcode, Tile

MASK = 2**32 - 1


def layer(number, shared=0):
    """Make a record that is known by one of its fields."""
    return Layer.const({"opcode": Opcode.LAYER, "pixel_words": number, "shared": shared})


def tile(number, group=None, is_part=0):
    """Make a tile for a group, or for any."""
    to = {"is_bound": 1, "group": group} if group is not None else {"group": number % 8}
    return Tile.const({"opcode": Opcode.TILE, "input_address": number, "is_part": is_part, **to})


END = Layer.const({"opcode": Opcode.END})


def words(program):
    """Lay records out one after the other."""
    return [
        record.as_bits() >> 32 * index & MASK
        for record in program
        for index in range(RECORD_WORDS[Opcode(record.opcode)])
    ]
