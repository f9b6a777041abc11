"""What firmware gets loads the same words to the same places."""

import re
import struct

import numpy as np
import pytest

from zeroleap.gen.axi import blocks, c_header, load_file
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.gen.transactions import load_image, read_counters, write_tensor
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import HostRequest


@pytest.fixture(scope="module")
def image(request):
    model = request.config.rootpath / "tests/models/digits_int8.onnx"
    return compile_graph(legalise(load(model)), EngineConfig(lanes=5, sparsity="both"))


def fields(requests):
    unpacked = (HostRequest.from_bits(int(request)) for request in requests)
    return [(each.space, each.address, each.data, each.write) for each in unpacked]


def replayed(words):
    """Do what the README tells firmware to do; list what is written where."""
    words, written = list(words), []
    while words:
        target, transfer = words.pop(0), words.pop(0)
        assert transfer >> 24 == 1
        space, first = target >> 24, target & 0xFF_FFFF
        written += [(space, first + at, words.pop(0), 1) for at in range(transfer & 0xFF_FFFF)]
    return written


def test_the_file_loads_what_the_host_port_gets(image):
    content = load_file(image)
    assert replayed(struct.unpack(f"<{len(content) // 4}I", content)) == fields(load_image(image))


def test_a_block_ends_where_memory_or_address_jumps(image):
    both = np.concatenate([read_counters(0), read_counters(1), read_counters(3)])
    assert [(block.target, block.transfer) for block in blocks(both)] == [
        (0x0500_0000, 8),
        (0x0500_000C, 4),
    ]
    spaces = {block.target >> 24 for block in blocks(load_image(image))}
    assert spaces == {1, 2, 3, 6}  # program, weights, parameters, headers; each once
    assert len(blocks(load_image(image))) == 4


def test_the_header_says_where_the_tensors_are(image):
    header = c_header(image)
    named = {
        name: int(value, 16)
        for name, value in re.findall(r"^#define ZEROLEAP_(\w+) 0x(\w+)u$", header, re.M)
    }
    [source] = image.inputs
    [block] = blocks(write_tensor(image, source, np.zeros((1, 8, 8, 1), np.int8)))
    assert named["INPUT_0_TARGET"] == block.target
    assert named["INPUT_0_TRANSFER"] == block.transfer == 1 << 24 | 64
    assert named["OUTPUT_0_TRANSFER"] == 3  # 10 scores
    assert named["COUNTERS_TARGET"] == 5 << 24
    assert named["COUNTERS_TRANSFER"] == 4 * len(image.layers)
    assert named["IS_DIGEST"] == int(image.config.digest, 16)
    assert (named["STATUS"], named["ENABLES"], named["RESUME"]) == (0x0C, 0x24, 2)
    assert "digits_int8.onnx" in header
