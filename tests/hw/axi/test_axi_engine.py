"""A network through the AXI ports, equal to the reference to the bit and to the cycle.

What the registers do, and how the channels behave, is tested in the bench, `axi_bench`.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from cocotb_job import run_bench

from zeroleap.gen.axi import blocks
from zeroleap.gen.build import AXI_TOP, write_axi_verilog, write_verilog
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise
from zeroleap.gen.passes.edges import split
from zeroleap.gen.transactions import load_image, read_tensor, write_tensor
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.reference.network import run_operators

MODELS = Path(__file__).parents[2] / "models"
CONFIG = EngineConfig(lanes=2, activation_bytes=8192, program_words=1024, layers=16)
CONFIGURATION = 1 << 16 | 1 << 8 | 2
"""Skips activations, 1 group, 2 lanes."""


def as_json(requests):
    return [
        {"target": block.target, "transfer": block.transfer, "words": block.words.tolist()}
        for block in blocks(requests)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("simulator", "images", "pauses"),
    [("verilator", 2, 0.3), pytest.param("icarus", 1, 0.0, marks=pytest.mark.icarus)],
)
def test_digits_equal_the_reference(tmp_path, simulator, images, pauses):
    if simulator == "icarus" and not (shutil.which("iverilog") and shutil.which("vvp")):
        pytest.skip("Icarus Verilog (iverilog, vvp) is not installed")
    graph = legalise(load(MODELS / "digits_int8.onnx"))
    pictures = np.load(MODELS / "digits_heldout.npz")["images"][:images]
    batch = [{graph.inputs[0]: picture[None]} for picture in pictures]
    image = compile_graph(graph, CONFIG)
    expected = ReferenceRunner(graph, image).run(batch, every_layer=True)
    [source], [target] = image.inputs, image.outputs
    at_edge, _, _ = split(graph)
    given = [run_operators(graph, at_edge, inputs)[source] for inputs in batch]
    job = {
        "seed": 5,
        "pauses": pauses,
        "digest": int(CONFIG.digest, 16),
        "configuration": CONFIGURATION,
        "layers": len(image.layers),
        "load": as_json(load_image(image)),
        "inputs": [as_json(write_tensor(image, source, values)) for values in given],
        "outputs": as_json(read_tensor(image, target)),
    }
    (tmp_path / "network.json").write_text(json.dumps(job))
    write_verilog(CONFIG, tmp_path / "engine.v")
    write_axi_verilog(CONFIG, tmp_path / "axi_engine.v")

    sources = [tmp_path / "engine.v", tmp_path / "axi_engine.v"]
    run_bench(tmp_path, simulator, sources, AXI_TOP, "axi_bench")

    answers = json.loads((tmp_path / "answers.json").read_text())
    for answer, run in zip(answers, expected, strict=True):
        [words] = answer["outputs"]
        values = image.placements[target].unpack(np.array(words, np.uint32))
        np.testing.assert_array_equal(values, run.layers[target])
        wanted = [[c.products, c.words_read, c.words_written, c.cycles] for c in run.counters]
        assert np.reshape(answer["counters"], (-1, 4)).tolist() == wanted
