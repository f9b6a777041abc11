"""What a processor or a DMA needs to load and run a network over AXI."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.image import Image
from zeroleap.gen.transactions import Requests, load_image
from zeroleap.hw.axi.registers import IDENTITY, Register, Target, Transfer
from zeroleap.hw.isa import COUNTER_STRIDE, Command, HostRequest, Space

__all__ = ["Block", "blocks", "c_header", "load_file"]


@dataclass(frozen=True, eq=False)
class Block:
    """Words at rising addresses of one memory, moved in one transfer.

    Parameters
    ----------
    target, transfer : int
        What to write to the registers of these names.
    words : uint32, shape (words,)
        What then goes into the stream; meaningless where the transfer reads.
    """

    target: int
    transfer: int
    words: npt.NDArray[np.uint32]


def blocks(requests: Requests) -> list[Block]:
    """Gather requests into as few transfers as they need."""
    layout = HostRequest.as_shape()
    address, data = (np.uint64(layout[name].offset) for name in ("address", "data"))
    places = requests >> address  # above it are memory and direction
    starts = np.flatnonzero(np.diff(places, prepend=places[:1]) != 1)
    gathered = []
    for part in np.split(requests, starts[1:]):
        first = HostRequest.from_bits(int(part[0]))
        words = (part >> data & np.uint64(2**32 - 1)).astype(np.uint32)
        target = _target(first.space, first.address)
        gathered.append(Block(target, _transfer(len(part), bool(first.write)), words))
    return gathered


def load_file(image: Image) -> bytes:
    """Give all that is loaded once: block after block, in words whose lowest byte is first.

    A block is its ``target``, its ``transfer``, and as many words as that says.
    """
    words: list[int] = []
    for block in blocks(load_image(image)):
        words += [block.target, block.transfer, *block.words.tolist()]
    return np.array(words, "<u4").tobytes()


def c_header(image: Image) -> str:
    """Give registers and tensors as a C header: offsets, and what to write to them."""
    lines = [f"// {json.dumps(image.name)}", "#ifndef ZEROLEAP_H", "#define ZEROLEAP_H", ""]
    lines += [_define(register.name, register.value) for register in Register]
    lines += ["", "// What the first two read as."]
    lines += [_define("IS_IDENTITY", IDENTITY.as_bits())]
    lines += [_define("IS_DIGEST", int(image.config.digest, 16))]
    lines += ["", "// For CONTROL."]
    lines += [_define(command.name, command.value) for command in Command]
    lines += ["", "// For TARGET and TRANSFER."]
    lines += [_define(*definition) for definition in _counters(image)]
    for kind, names in (("INPUT", image.inputs), ("OUTPUT", image.outputs)):
        for index, name in enumerate(names):
            lines += ["", *_tensor(image, f"{kind}_{index}", name)]
    return "\n".join([*lines, "", "#endif", ""])


def _counters(image: Image) -> Iterator[tuple[str, int]]:
    yield "COUNTERS_TARGET", _target(Space.COUNTERS, 0)
    yield "COUNTERS_TRANSFER", _transfer(COUNTER_STRIDE * len(image.layers), False)


def _tensor(image: Image, label: str, name: str) -> Iterator[str]:
    """Say where a tensor is, and how it lies there."""
    place = image.placements[name]
    is_input = name in image.inputs
    size = f"{place.height} x {place.width} x {place.channels}"
    yield f"// {json.dumps(name)}: int8, {size}, each pixel's channels filled up to words."
    yield _define(f"{label}_TARGET", _target(Space.ACTIVATIONS, place.address))
    yield _define(f"{label}_TRANSFER", _transfer(place.words, is_input))


def _target(space: Space, address: int) -> int:
    return int(Target.const({"address": address, "space": space}).as_bits())


def _transfer(words: int, write: bool) -> int:
    return int(Transfer.const({"words": words, "write": write}).as_bits())


def _define(name: str, value: int) -> str:
    return f"#define ZEROLEAP_{name} 0x{value:x}u"
