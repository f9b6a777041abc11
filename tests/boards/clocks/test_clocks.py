"""Settings of PLLs are those of the tools that come with the open toolchains."""

from fractions import Fraction

import pytest
from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.hdl import IOPort
from amaranth.lib import io

from zeroleap.boards.clocks import PLLS
from zeroleap.boards.clocks.ecp5 import Ecp5Pll
from zeroleap.boards.clocks.gowin import GowinPll
from zeroleap.boards.clocks.ice40 import Ice40Pll

MEGA = 10**6


def find(kind, input_mhz, wanted_mhz):
    return kind.find(Fraction(input_mhz) * MEGA, Fraction(wanted_mhz) * MEGA)


@pytest.mark.parametrize(
    ("mhz", "divr", "divf", "divq", "filter_range"),
    [
        ((12, 24), 0, 63, 5, 1),
        ((12, 48), 0, 63, 4, 1),
        ((12, 21), 0, 55, 5, 1),
        ((16, 30), 0, 59, 5, 1),
        ((25, 60), 1, 76, 4, 1),  # 60.156 MHz is the nearest
        ((100, 25), 0, 7, 5, 5),
    ],
)
def test_ice40_is_set_as_icepll_does(mhz, divr, divf, divq, filter_range):
    """``icepll -i INPUT -o OUTPUT`` of Project IceStorm."""
    pll = find(Ice40Pll, *mhz)
    assert (pll.input_divider - 1, pll.feedback_divider - 1, pll.output_shift) == (divr, divf, divq)
    assert pll.filter_range == filter_range


@pytest.mark.parametrize(
    ("mhz", "idiv", "fbdiv", "odiv"),
    [
        ((27, 54), 0, 1, 8),
        ((27, 60), 8, 19, 8),
        ((27, 48), 8, 15, 16),
        ((27, 72), 2, 7, 8),
        ((27, "40.5"), 1, 2, 16),
    ],
)
def test_gowin_makes_what_gowin_pll_makes(mhz, idiv, fbdiv, odiv):
    """``gowin_pll -i INPUT -o OUTPUT`` of Apicula; of its oscillators ours is the slowest."""
    pll = find(GowinPll, *mhz)
    assert (pll.input_divider - 1, pll.feedback_divider - 1) == (idiv, fbdiv)
    assert pll.oscillator_divider <= odiv
    assert pll.oscillator_hz >= 400 * MEGA


@pytest.mark.parametrize(
    ("input_mhz", "clki", "clkfb", "clkop", "clkos", "output_mhz"),
    [(25, 1, 4, 6, 8, 75), (48, 1, 1, 12, 8, 72)],
)
def test_ecp5_runs_as_ecppll_says(input_mhz, clki, clkfb, clkop, clkos, output_mhz):
    """``ecppll -i 25 -o 100 --clkout1 75`` and ``-i 48 -o 48 --clkout1 72`` of Project Trellis."""
    pll = Ecp5Pll(Fraction(input_mhz) * MEGA, clki, clkfb * clkop, clkos)
    assert pll.oscillator_hz == {25: 600, 48: 576}[input_mhz] * MEGA
    assert pll.frequency_hz == output_mhz * MEGA


@pytest.mark.parametrize(("input_mhz", "wanted_mhz"), [(25, 80), (25, 75), (48, 72), (12, 66)])
def test_ecp5_finds_what_can_be_had_exactly(input_mhz, wanted_mhz):
    pll = find(Ecp5Pll, input_mhz, wanted_mhz)
    assert pll.frequency_hz == wanted_mhz * MEGA
    assert 400 * MEGA <= pll.oscillator_hz <= 800 * MEGA
    assert pll.input_hz / pll.input_divider >= 10 * MEGA


@pytest.mark.parametrize(("kind", "mhz"), [(Ecp5Pll, 1), (Ice40Pll, 8), (GowinPll, 2)])
def test_an_input_that_is_too_slow_is_refused(kind, mhz):
    with pytest.raises(ValueError, match="the input must"):
        find(kind, mhz, 50)


@pytest.mark.parametrize(
    ("family", "cell", "parameters"),
    [
        ("ecp5", "EHXPLLL", {"CLKI_DIV": "1", "CLKOP_DIV": "16", "CLKOS_DIV": "16"}),
        ("ice40", "SB_PLL40_PAD", {"DIVR": "4'0000", "DIVF": "7'0001111", "DIVQ": "3'100"}),
        ("gowin", "rPLL", {"IDIV_SEL": "0", "FBDIV_SEL": "0", "ODIV_SEL": "8"}),
    ],
)
def test_the_instance_is_told_the_settings(family, cell, parameters):
    """50 MHz to 50 MHz: dividers worked by hand."""
    pll = find(PLLS[family], 50, 50)
    m, seen = Module(), Signal(2)
    output, locked = pll.add(m, io.SingleEndedPort(IOPort(1, name="pad")))
    m.d.comb += seen.eq(output + locked)
    text = rtlil.convert(m, ports=[seen], name="top", emit_src=False)
    assert f"cell \\{cell} " in text
    for name, value in parameters.items():
        assert f"parameter \\{name} {value}\n" in text
