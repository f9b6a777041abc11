"""The registers are what the documentation says."""

import re
from pathlib import Path

from amaranth import Shape
from amaranth.lib import data

from zeroleap.hw.axi.registers import LAYOUTS, READ_ONLY, Register

README = Path(__file__).parents[3] / "hw/axi/README.md"


def fields(register):
    """Name each field with its bits, as ``highest:lowest name``."""
    layout = LAYOUTS[register]
    if not isinstance(layout, type):
        return [f"{Shape.cast(layout).width - 1}:0"]
    listed = []
    for name, field in data.Layout.cast(layout):
        first, last = field.offset, field.offset + field.width - 1
        listed.append(f"{last}:{first} {name}" if field.width > 1 else f"{first} {name}")
    return listed


def test_the_table_says_what_the_code_says():
    rows = re.findall(
        r"^\| `0x(..)` \| `(\w+)` \| (RW|R|W) \| ([^|]+) \|", README.read_text(), re.M
    )
    found = {
        name: (int(offset, 16), access, re.findall(r"`([\d:]+(?: \w+)?)`", text))
        for offset, name, access, text in rows
    }
    assert found.keys() == {register.name for register in Register}
    for register in Register:
        offset, access, listed = found[register.name]
        assert offset == register.value
        assert (access == "R") == (register in READ_ONLY)
        assert listed == fields(register)


def test_every_layout_fits_a_word():
    assert LAYOUTS.keys() == set(Register)
    assert all(Shape.cast(layout).width <= 32 for layout in LAYOUTS.values())
