"""What the compiler makes of a network: all that a host loads into an engine, and where."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError
from zeroleap.gen.memory import Placement
from zeroleap.hw.config import WORD_BYTES, EngineConfig

__all__ = ["FORMAT", "MEMORIES", "Image", "ImageLayer"]

FORMAT = 3
"""Version of the image file."""

CONSTANT = "constant "
"""Begins the names of constants in the file."""

MEMORIES = (
    "activation_bytes",
    "weight_bytes",
    "headers",
    "parameters",
    "program_words",
    "layers",
    "tables",
    "combinations",
)
"""Parameters of a configuration that a network may need more of, to fit."""


@dataclass(frozen=True)
class ImageLayer:
    """One layer of the program.

    Parameters
    ----------
    name, op : str
        As the user knows it, and the kind of the operator.
    inputs : tuple of str
    output : str
        Names of tensors.
    tiles : int
    weight_bytes : int
        SRAM of all lanes that its weights and headers take.
    computed : tuple of str
        All tensors that it computes, of which only the last is stored; none while the output is
        not whole.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    output: str
    tiles: int
    weight_bytes: int = 0
    computed: tuple[str, ...] = ()

    @property
    def input(self) -> str:
        """The first input."""
        return self.inputs[0]


@dataclass(frozen=True, eq=False)
class Image:
    """A compiled network.

    Parameters
    ----------
    name : str
        The model's name.
    config : EngineConfig
        The engine that it was compiled for.
    program : uint32, shape (words,)
    weights : int8, shape (rows, lanes)
    headers : uint32, shape (rows, lanes)
        No rows where lanes are in step.
    parameters : uint32, shape (entries, 4)
    placements : mapping of tensor name to Placement
    inputs, outputs : tuple of str
        Tensors that the host writes and reads.
    constants : mapping of tensor name to int8 array
        Tensors that the host writes once.
    tables : int8, shape (tables, 256)
        Entry ``v + 128`` is that of ``v``.
    layers : tuple of ImageLayer
        In the order of the program.
    """

    name: str
    config: EngineConfig
    program: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.int8]
    headers: npt.NDArray[np.uint32]
    parameters: npt.NDArray[np.uint32]
    placements: Mapping[str, Placement]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[ImageLayer, ...]
    constants: Mapping[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    tables: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros((0, 256), np.int8))

    @property
    def sizes(self) -> dict[str, int]:
        """What the network takes of each of `MEMORIES`."""
        words = max(place.address + place.words for place in self.placements.values())
        step = WORD_BYTES * self.config.read_words
        taken = (
            -(-words * WORD_BYTES // step) * step,
            len(self.weights),
            len(self.headers),
            len(self.parameters),
            len(self.program),
            len(self.layers),
            len(self.tables),
            int(any(len(layer.inputs) > 1 for layer in self.layers)),
        )
        return dict(zip(MEMORIES, taken, strict=True))

    def save(self, path: Path) -> None:
        """Write the image to the file ``path`` (``.npz``)."""
        about = {
            "format": FORMAT,
            "name": self.name,
            "config": asdict(self.config),
            "placements": {name: asdict(place) for name, place in self.placements.items()},
            "inputs": self.inputs,
            "outputs": self.outputs,
            "layers": [asdict(layer) for layer in self.layers],
        }
        constants: dict[str, Any] = {
            CONSTANT + name: values for name, values in self.constants.items()
        }
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                about=np.array(json.dumps(about)),
                program=self.program,
                weights=self.weights,
                headers=self.headers,
                parameters=self.parameters,
                tables=self.tables,
                **constants,
            )

    @classmethod
    def load(cls, path: Path) -> "Image":
        """Read an image that `save` wrote.

        Raises
        ------
        InputError
            If the file is missing, or is not an image of this format.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                about: dict[str, Any] = json.loads(str(arrays["about"]))
                if about["format"] != FORMAT:
                    raise InputError(
                        f"{path}: image has format {about['format']}; accepted is {FORMAT}: "
                        "compile the model again"
                    )
                return cls(
                    name=about["name"],
                    config=EngineConfig(**about["config"]),
                    program=arrays["program"],
                    weights=arrays["weights"],
                    headers=arrays["headers"],
                    parameters=arrays["parameters"],
                    placements={
                        name: Placement(**place) for name, place in about["placements"].items()
                    },
                    inputs=tuple(about["inputs"]),
                    outputs=tuple(about["outputs"]),
                    layers=tuple(
                        ImageLayer(
                            **{
                                **layer,
                                "inputs": tuple(layer["inputs"]),
                                "computed": tuple(layer["computed"]),
                            }
                        )
                        for layer in about["layers"]
                    ),
                    constants={
                        key.removeprefix(CONSTANT): arrays[key]
                        for key in arrays.files
                        if key.startswith(CONSTANT)
                    },
                    tables=arrays["tables"],
                )
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{path}: not an image that zeroleap wrote ({error})") from error
