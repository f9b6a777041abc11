"""Where a network can run."""

from pathlib import Path
from typing import get_args

from zeroleap.gen.cli.network import Network
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth import Device
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.rtl import RtlRunner
from zeroleap.sim.runner import Runner
from zeroleap.sim.simulator import SimulatorName

__all__ = ["PLACES", "SIMULATORS", "refuse_waveform", "runner"]

SIMULATORS: tuple[SimulatorName, ...] = get_args(SimulatorName)
PLACES = ("reference", *SIMULATORS)


def runner(
    network: Network, place: str, waveform: Path | None = None, device: Device | None = None
) -> Runner:
    """Make the runner for one of `PLACES`; of the netlist, if a device is named.

    Raises
    ------
    InputError
        A waveform is asked for where there is none, or the simulator is not installed.
    """
    simulator = next((known for known in SIMULATORS if known == place), None)
    if simulator is None:
        refuse_waveform(waveform)
        return ReferenceRunner(network.graph, network.image)
    return RtlRunner(network.graph, network.image, simulator, waveform, device)


def refuse_waveform(waveform: Path | None) -> None:
    """Raise an `InputError` if the reference is asked for a waveform."""
    if waveform is not None:
        raise InputError(
            "--vcd: the reference has no signals; accepted with --on verilator or --on icarus"
        )
