"""Where a network can run."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from zeroleap.boards.link.runner import BoardRunner
from zeroleap.gen.cli.network import Network
from zeroleap.gen.errors import InputError
from zeroleap.gen.synth.netlist import Netlist
from zeroleap.sim.machine import ReferenceRunner
from zeroleap.sim.rtl import RtlRunner
from zeroleap.sim.runner import Runner
from zeroleap.sim.simulator import SimulatorName

__all__ = ["BOARD", "PLACES", "SIMULATORS", "opened", "refuse_port", "refuse_waveform", "runner"]

SIMULATORS: tuple[SimulatorName, ...] = get_args(SimulatorName)
BOARD = "board"
PLACES = ("reference", *SIMULATORS, BOARD)


@contextlib.contextmanager
def opened(
    network: Network,
    place: str,
    waveform: Path | None = None,
    port: str | None = None,
    baud: int | None = None,
    moved: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[Runner]:
    """Make the runner for one of `PLACES`, and close what it opened.

    ``moved`` is told how many words a board has been sent or has sent, and of how many.

    Raises
    ------
    InputError
        As `runner`, or there is no board.
    """
    if place == BOARD:
        refuse_waveform(waveform, BOARD)
        with BoardRunner(network.graph, network.image, port, baud, moved) as board:
            yield board
    else:
        yield runner(network, place, waveform)


def runner(
    network: Network, place: str, waveform: Path | None = None, netlist: Netlist | None = None
) -> Runner:
    """Make the runner for the reference or one of `SIMULATORS`; of a netlist there, if given.

    Raises
    ------
    InputError
        A waveform is asked for where there is none, the simulator is not installed, or the netlist
        cannot be made.
    """
    simulator = next((known for known in SIMULATORS if known == place), None)
    if simulator is None:
        refuse_waveform(waveform)
        return ReferenceRunner(network.graph, network.image)
    return RtlRunner(network.graph, network.image, simulator, waveform, netlist)


def refuse_waveform(waveform: Path | None, place: str = PLACES[0]) -> None:
    """Raise an `InputError` if a place that has none is asked for a waveform."""
    if waveform is not None:
        raise InputError(
            f"--vcd: the {place} has no signals; accepted with --on verilator or --on icarus"
        )


def refuse_port(place: str, port: str | None, baud: int | None) -> None:
    """Raise an `InputError` if a port is named for what is no board."""
    if place != BOARD and (port is not None or baud is not None):
        raise InputError(f"--port and --baud are accepted with --on {BOARD}, not --on {place}")
