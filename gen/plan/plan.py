"""What is decided of a layer: its arithmetic, tiles, weights and parameters."""

from dataclasses import dataclass

from zeroleap.gen.blocks import Blocks
from zeroleap.gen.combinations import Way
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.memory import Strides
from zeroleap.gen.tiling import Tiling
from zeroleap.gen.weights import Packed

__all__ = ["Arithmetic", "Plan", "Room"]


@dataclass(frozen=True)
class Room:
    """The next free entries of the SRAMs that the host loads."""

    parameters: int = 0
    weights: int = 0
    headers: int = 0

    def after(self, plan: "Plan") -> "Room":
        """Return what is free when ``plan`` has been given its entries."""
        return Room(
            self.parameters + len(plan.parameters),
            self.weights + len(plan.packed.weights),
            self.headers + len(plan.packed.headers),
        )


@dataclass(frozen=True)
class Arithmetic:
    """How a layer computes: zero points, clamp, and what is done with products.

    Parameters
    ----------
    input_zero_point, output_zero_point : int
        Subtracted from activations, added to results.
    clamp : (int, int)
    unit_weights : bool
        Multiply by 1.
    maximum : bool
        Keep the largest value instead of the sum.
    uniform_parameters : bool
        All channels of a tile share one parameter.
    """

    input_zero_point: int
    output_zero_point: int
    clamp: tuple[int, int]
    unit_weights: bool = False
    maximum: bool = False
    uniform_parameters: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What one operator becomes.

    Parameters
    ----------
    geometry : Geometry
    arithmetic : Arithmetic
    tiling : Tiling
        The tiles.
    blocks : Blocks
        How weights are cut.
    packed : Packed
        Weights and headers.
    addresses : list of lists of int
        For each band of output channels that are computed together, and each part of the kernel,
        its first weight or header.
    block_weights : int
        Weights, or headers, of a block.
    parameters : list of encoded `Parameter`
    region_parameters : list of int
        For each tile, the entry of its first channel's parameter.
    destination : Strides or None
        Where in its tensor the output goes; None: it is the tensor.
    source_word : int
        Word of an input pixel at which the channels begin.
    way : Way or None
        What is done to its values on the way out.
    way_parameters : int
        Entry of the first of the way's parameters.
    """

    geometry: Geometry
    arithmetic: Arithmetic
    tiling: Tiling
    blocks: Blocks
    packed: Packed
    addresses: list[list[int]]
    block_weights: int
    parameters: list[list[int]]
    region_parameters: list[int]
    destination: Strides | None = None
    source_word: int = 0
    way: Way | None = None
    way_parameters: int = 0

    @property
    def band_channels(self) -> int:
        """Output channels that are computed together, except at the end."""
        return self.tiling.regions[0].channels
