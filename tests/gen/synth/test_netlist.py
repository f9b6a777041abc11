"""The cells of an FPGA compute what the reference computes, in the cycles that were predicted."""

import numpy as np
import pytest
from graphs import convolution, graph, pool

from zeroleap.gen.cli import main
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.passes import legalise
from zeroleap.gen.synth import find_device
from zeroleap.gen.synth.tools import find_program
from zeroleap.hw.config import EngineConfig
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.rtl import RtlRunner

LEAST = EngineConfig(
    lanes=1,
    activation_bytes=1024,
    weight_bytes=256,
    partial_sums=16,
    parameters=16,
    tables=0,
    program_words=128,
    layers=4,
    queue_depth=2,
)


def missing():
    try:
        find_program("yosys")
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.icarus
@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize(
    ("family", "device"), [("ice40", "iCE40UP5K"), ("ice40", "iCE40HX8K"), ("ecp5", "LFE5U-25F")]
)
def test_the_cells_equal_the_reference(family, device):
    shapes = {"x": (1, 4, 4, 2), "m": (1, 3, 3, 3), "y": (1, 1, 1, 3)}
    network = legalise(graph(shapes, convolution("x", "m"), pool("m", "y")))
    image = compile_graph(network, LEAST)
    random = np.random.default_rng(3)
    values = random.integers(-128, 128, shapes["x"]).astype(np.int8)
    values[random.random(values.shape) < 0.4] = -2  # the zero point
    [expected] = ReferenceRunner(network, image).run([{"x": values}], every_layer=True)
    runner = RtlRunner(network, image, "icarus", device=find_device(family, device))
    [received] = runner.run([{"x": values}], every_layer=True)
    assert received.layers.keys() == expected.layers.keys()
    for name, wanted in expected.layers.items():
        np.testing.assert_array_equal(received.layers[name], wanted, name)
        assert np.ptp(wanted.astype(int)) > 10
    assert received.counters == expected.counters


def test_a_netlist_needs_icarus(capsys, tmp_path):
    asked = ["verify", str(tmp_path), "--input", "x.npy", "--netlist", "ecp5"]
    assert main(asked) == 2
    assert "--netlist: accepted with --on icarus" in capsys.readouterr().err
