"""The cells of an FPGA compute what the reference computes, in the cycles that were predicted."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import convolution, graph, pool

from zeroleap.gen.cli import main
from zeroleap.gen.cli.verify import NETLISTS
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.passes import legalise
from zeroleap.gen.synth import find_device
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.gen.synth.tools import find_program
from zeroleap.gen.synth.unpacked import Unpacked
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
ONE_BANK = replace(LEAST, queue_depth=0, banks=1, positions=4, combinations=0, multiplier_bits=16)
"""The one that fits an FPGA without hard multipliers."""

HX8K = find_device("ice40", "iCE40HX8K")
CASES = {
    "iCE40UP5K": (Netlist(find_device("ice40", "iCE40UP5K")), LEAST),
    "iCE40HX8K": (Netlist(HX8K), LEAST),
    "LFE5U-25F": (Netlist(find_device("ecp5", "LFE5U-25F")), LEAST),
    "iCE40HX8K, its bitstream": (Unpacked(HX8K), ONE_BANK),
}


@pytest.mark.slow
@pytest.mark.icarus
@pytest.mark.parametrize("case", CASES)
def test_the_cells_equal_the_reference(case):
    netlist, config = CASES[case]
    for name in netlist.tools:
        try:
            find_program(name)
        except InputError as error:
            pytest.skip(str(error))
    shapes = {"x": (1, 4, 4, 2), "m": (1, 3, 3, 3), "y": (1, 1, 1, 3)}
    network = legalise(graph(shapes, convolution("x", "m"), pool("m", "y")))
    image = compile_graph(network, config)
    random = np.random.default_rng(3)
    values = random.integers(-128, 128, shapes["x"]).astype(np.int8)
    values[random.random(values.shape) < 0.4] = -2  # the zero point
    [expected] = ReferenceRunner(network, image).run([{"x": values}], every_layer=True)
    runner = RtlRunner(network, image, "icarus", netlist=netlist)
    [received] = runner.run([{"x": values}], every_layer=True)
    assert received.layers.keys() == expected.layers.keys()
    for name, wanted in expected.layers.items():
        np.testing.assert_array_equal(received.layers[name], wanted, name)
        assert np.ptp(wanted.astype(int)) > 10
    assert received.counters == expected.counters


@pytest.mark.parametrize("name", NETLISTS)
def test_a_netlist_needs_icarus(name, capsys, tmp_path):
    asked = ["verify", str(tmp_path), "--input", "x.npy", "--netlist", name]
    assert main(asked) == 2
    assert "--netlist: accepted with --on icarus" in capsys.readouterr().err
