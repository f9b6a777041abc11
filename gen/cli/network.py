"""A compiled network: from a model's file, or from the folder that ``compile`` made of it."""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from zeroleap.gen import configs
from zeroleap.gen.axi import c_header, load_file
from zeroleap.gen.build import AXI_TOP, TOP, write_axi_verilog, write_verilog
from zeroleap.gen.cli.files import replaced_folder, to_json
from zeroleap.gen.cli.larger import larger
from zeroleap.gen.cli.options import configuration, overridden
from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import CapacityError, InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.fusesoc import core_file
from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes import NARROWING, WHOLE, legalise, simplify
from zeroleap.gen.report import Report
from zeroleap.hw.config import EngineConfig

__all__ = [
    "BUSES",
    "IMAGE",
    "MARK",
    "Network",
    "Uncompiled",
    "compile_legal",
    "compile_model",
    "model_of",
    "open_for_reference",
    "open_network",
    "save",
]

BUSES = ("stream", "axi")
"""What the engine can be connected by: streams of requests and responses, or AXI."""

MARK = "report.json"
"""A folder with this file was made by `save`."""

IMAGE = "image.npz"

MODEL = "model"
"""Folder, in a compiled network's, of the model's file under its own name."""


@dataclass(frozen=True)
class Network:
    """A model, as the engine runs it.

    ``graph`` is the legalised graph that ``image`` was compiled from; ``whole`` is the same with
    all channels of the model's layers, for whoever counts those.
    """

    file: Path
    whole: Graph
    graph: Graph
    image: Image


@dataclass(frozen=True)
class Uncompiled:
    """A model that no engine was compiled for; ``reason`` says why, in one line.

    ``whole`` has all channels of the model's layers, as `Network.whole`.
    """

    file: Path
    whole: Graph
    reason: str


def compile_model(file: Path, config: EngineConfig) -> Network:
    """Read a model and compile it.

    Raises
    ------
    InputError
        The file is not a model that is supported, or does not fit the configuration.
    """
    whole, graph = _read(file)
    return compile_legal(file, graph, config, whole)


def compile_legal(
    file: Path, graph: Graph, config: EngineConfig, whole: Graph | None = None
) -> Network:
    """Compile a legalised graph that is known as ``file``; `InputError` if it does not fit.

    ``whole`` is the graph with all its channels, if some were dropped.
    """
    try:
        return Network(file, whole or graph, graph, compile_graph(graph, config))
    except CapacityError as error:
        raise InputError(f"{file.name}: {error}; {larger(graph, config)}") from error


def _read(file: Path) -> tuple[Graph, Graph]:
    """Return the model's graph with all its channels, and with those that are computed."""
    whole = legalise(load(file), WHOLE)
    return whole, legalise(whole, NARROWING)


def open_network(arguments: argparse.Namespace) -> Network:
    """Open the folder, or compile the file, that ``arguments.target`` names.

    Raises
    ------
    InputError
        It is neither, or a folder came with options that only compiling can heed.
    """
    target = Path(arguments.target)
    if not target.is_dir():
        return compile_model(target, configuration(arguments))
    model = model_of(target)
    if model is None:
        raise InputError(
            f"{target}: is a directory that zeroleap compile did not make; one that it made, or a"
            " model's file, is accepted"
        )
    if overridden(arguments):
        raise InputError(
            f"{target}: is compiled already; options of the configuration are accepted with a"
            " model's file"
        )
    return Network(model, *_read(model), Image.load(target / IMAGE))


def model_of(folder: Path) -> Path | None:
    """Return the model's file in a folder that `save` made; None if it made no such folder."""
    files = sorted((folder / MODEL).glob("*"))
    return files[0] if (folder / MARK).is_file() and len(files) == 1 else None


def open_for_reference(arguments: argparse.Namespace) -> Network | Uncompiled:
    """Do as `open_network`, but take a model that cannot be compiled as well.

    Raises
    ------
    InputError
        The file is not a model that is supported, or an option is wrong.
    """
    target = Path(arguments.target)
    if target.is_dir():
        return open_network(arguments)
    config, whole = configuration(arguments), simplify(load(target), WHOLE)
    try:
        graph = legalise(whole, NARROWING)
        return Network(target, whole, graph, compile_graph(graph, config))
    except InputError as error:
        return Uncompiled(target, whole, str(error))


def save(network: Network, folder: Path, report: Report, bus: str = BUSES[0]) -> None:
    """Write all there is to know about a network to a folder, which appears whole or not at all.

    The folder has the model's file in ``model``, ``config.toml``, ``image.npz``, ``engine.v``,
    ``zeroleap.core``, ``report.json`` and ``report.txt``; for the bus ``axi`` also
    ``axi_engine.v``, ``load.bin`` and ``zeroleap.h``.
    """
    config, top = network.image.config, TOP
    with replaced_folder(folder, MARK) as part:
        (part / MODEL).mkdir()
        shutil.copyfile(network.file, part / MODEL / network.file.name)
        (part / "config.toml").write_text(configs.to_toml(config))
        network.image.save(part / IMAGE)
        write_verilog(config, part / "engine.v")
        if bus == "axi":
            top = AXI_TOP
            write_axi_verilog(config, part / "axi_engine.v")
            (part / "load.bin").write_bytes(load_file(network.image))
            (part / "zeroleap.h").write_text(c_header(network.image))
        verilog = sorted(file.name for file in part.glob("*.v"))
        (part / "zeroleap.core").write_text(core_file(config, verilog, top))
        (part / "report.txt").write_text(report.to_text())
        (part / MARK).write_text(to_json(report.to_json()) + "\n")
