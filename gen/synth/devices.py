"""The FPGAs that an engine can be synthesised for, as data."""

from dataclasses import dataclass

from zeroleap.gen.errors import InputError

__all__ = ["DEVICES", "FAMILIES", "PIN_FILE", "Device", "Family", "find_device"]


@dataclass(frozen=True)
class Family:
    """What is the same for all FPGAs of a family.

    Parameters
    ----------
    name : str
    place, pack : str
        Which nextpnr places and routes it, and what makes a bitstream of that.
    unconstrained : tuple of str
        Options that let nextpnr choose the pins.
    pin : str
        Line of `PIN_FILE` that puts ``{port}`` to ``{pin}``; none if that is left to nextpnr.
    pin_option : tuple of str
        That names the file.
    lut, ff, dsp, bram, spram : tuple of str
        Cells that nextpnr's report counts under that name, added up.
    yosys_ff : str
        Beginning of the flip-flops' names in Yosys' count, if nextpnr has none of its own.
    models : tuple of str
        Files of Yosys with the behaviour of cells; none where a netlist cannot be simulated yet.
    own_models : tuple of str
        Files beside this one with that of cells that are black boxes there.
    """

    name: str
    place: str
    pack: str
    unconstrained: tuple[str, ...]
    lut: tuple[str, ...]
    ff: tuple[str, ...]
    dsp: tuple[str, ...]
    bram: tuple[str, ...]
    spram: tuple[str, ...] = ()
    yosys_ff: str = ""
    models: tuple[str, ...] = ()
    own_models: tuple[str, ...] = ()
    pin: str = ""
    pin_option: tuple[str, ...] = ()


@dataclass(frozen=True)
class Device:
    """One FPGA in one package.

    Parameters
    ----------
    name : str
    family : Family
    synthesise : str
        Command of Yosys.
    options : tuple of str
        Which nextpnr knows it by.
    frequency_mhz : float
        What nextpnr aims at unless told otherwise: a little more than engines reach, as it stops
        trying where it has what it aims at; with rip-up, what the larger ones do reach.
    pins : tuple of str
        Pins of the harness' ports, in order, as far as nextpnr cannot choose them. That of the
        clock is one with a way to the clock networks, which nextpnr's second router does not find
        from any other.
    strategy : tuple of str
        How nextpnr places and routes, where its defaults do not do.
    aim : float, above 1
        Times a board's clock is what nextpnr aims at: what its margin asks for and some more. With
        rip-up it is little more, for the percent that the last check of a route may cost, as
        anything out of reach takes half an hour.
    """

    name: str
    family: Family
    synthesise: str
    options: tuple[str, ...]
    frequency_mhz: float
    pins: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    aim: float = 1.1


PIN_FILE = "pins"
"""Where pins of the harness are told."""

ECP5 = Family(
    name="ecp5",
    place="nextpnr-ecp5",
    pack="ecppack",
    unconstrained=("--lpf-allow-unconstrained",),
    lut=("TRELLIS_COMB",),  # half a carry cell, and a wide multiplexer's, is one too
    ff=("TRELLIS_FF",),
    dsp=("MULT18X18D",),
    bram=("DP16KD",),
    models=("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
    own_models=("ecp5_cells.v",),
    pin='LOCATE COMP "{port}" SITE "{pin}";\n',
    pin_option=("--lpf", PIN_FILE),
)
ICE40 = Family(
    name="ice40",
    place="nextpnr-ice40",
    pack="icepack",
    unconstrained=("--pcf-allow-unconstrained",),
    lut=("ICESTORM_LC",),  # a LUT, a carry and a flip-flop; taken where any of them is
    ff=(),
    dsp=("ICESTORM_DSP",),
    bram=("ICESTORM_RAM",),
    spram=("ICESTORM_SPRAM",),
    yosys_ff="SB_DFF",
    models=("ice40/cells_sim.v",),
)
GOWIN = Family(
    name="gowin",
    place="nextpnr-himbaechel-gowin",
    pack="gowin_pack",
    unconstrained=(),
    lut=("LUT4", "ALU", "RAM16SDP4"),
    ff=("DFF",),
    dsp=("MULT9X9", "MULT18X18", "MULT36X36", "MULTADDALU18X18", "MULTALU18X18", "MULTALU36X18"),
    bram=("BSRAM",),
    pin='IO_LOC "{port}" {pin};\n',
    pin_option=("--vopt", f"cst={PIN_FILE}"),
)
FAMILIES = {family.name: family for family in (ECP5, ICE40, GOWIN)}

_LARGE = ("--placer", "static", "--router", "router2", "--tmg-ripup")
"""For engines of many lanes: nextpnr's default router takes an hour for those.

Its default placer leaves wires half as long again: of 32 lanes 199,000 against 132,000 tiles, and
46 MHz against 64. Timing-driven rip-up takes single wires back that were led the long way round,
59 MHz to 74 in the same engine; but it goes on for up to 1500 rounds of a second where what is
aimed at is out of reach.
"""
_CABGA = ("--package", "CABGA381", "--speed", "6")
_CABGA_CLOCK = ("G2",)  # the ULX3S' too: https://github.com/emard/ulx3s
_TANG_NANO_9K = ("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C")
_TANG_NANO_9K_PINS = ("52", "25", "26", "27")

DEVICES = (
    Device("LFE5U-85F", ECP5, "synth_ecp5", ("--85k", *_CABGA), 70, _CABGA_CLOCK, _LARGE, 1.065),
    Device("LFE5U-45F", ECP5, "synth_ecp5", ("--45k", *_CABGA), 100, _CABGA_CLOCK),
    Device("LFE5U-25F", ECP5, "synth_ecp5", ("--25k", *_CABGA), 100, _CABGA_CLOCK),
    Device(
        "iCE40UP5K",
        ICE40,
        "synth_ice40 -device u -dsp -spram",
        ("--up5k", "--package", "sg48"),
        25,
    ),
    Device("iCE40HX8K", ICE40, "synth_ice40 -device hx", ("--hx8k", "--package", "ct256"), 60),
    Device(
        "GW1NR-9",
        GOWIN,
        "synth_gowin -family gw1n",
        _TANG_NANO_9K,
        60,
        _TANG_NANO_9K_PINS,
    ),
)
"""The first of a family is the one that is taken unless another is named."""


def find_device(family: str, name: str | None) -> Device:
    """Find a device of a family by its name, in any case, or its first one.

    Raises
    ------
    InputError
        The family has no such device.
    """
    known = [device for device in DEVICES if device.family.name == family]
    for device in known:
        if name is None or device.name.lower() == name.lower():
            return device
    accepted = ", ".join(device.name for device in known)
    raise InputError(f"{family} has no device {name!r}; accepted are {accepted}")
