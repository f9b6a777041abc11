"""The parameters of one engine: what is fixed when its Verilog is written."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Literal, get_args

__all__ = ["WORD_BYTES", "EngineConfig", "Sparsity"]

Sparsity = Literal["none", "activation", "both"]

WORD_BYTES = 4
"""Activations in a word of the activation SRAM, and bytes in a word of the host port."""

RANGES = {
    "lanes": (1, 128),
    "activation_bytes": (64, 2**20),
    "read_words": (1, 2),
    "weight_bytes": (16, 2**20),
    "headers": (4, 2**16),
    "groups": (1, 8),
    "sets": (1, 16),
    "partial_sums": (4, 2048),
    "parameters": (4, 2**14),
    "tables": (0, 64),
    "program_words": (64, 2**16),
    "layers": (1, 1024),
    "queue_depth": (0, 64),
    "banks": (1, 2),
    "positions": (4, 16),
    "combinations": (0, 1),
    "multiplier_bits": (16, 18),
}

MOST_SPARSE_WEIGHTS = 2**16
"""Bytes of weights of a lane that the headers of blocks can point to."""

MOST_WEIGHTS_OF_MANY = 2**19
"""Bytes of weights of a lane that the host can point to in rows of more than 64 lanes."""


@dataclass(frozen=True)
class EngineConfig:
    """Size and kind of an engine; every range is inclusive.

    Parameters
    ----------
    name : str
        Name of the configuration, for reports.
    lanes : int, 1..128
        Multipliers that work in parallel, each for output channels of its own.
    groups : 1, 2, 4 or 8
        Groups of lanes with a front end and a way back of their own, which may work at different
        tiles; with more than one, each has a multiple of 4 lanes.
    sparsity : "none", "activation" or "both"
        ``none`` multiplies every activation, ``activation`` only those that are not zero, with
        lanes in step; ``both`` leaves out the weights that are zero too, each lane on its own.
    sets : 1, 2, 4, 8 or 16
        Sets of lanes in step that a group has at most: as many as its lanes can be shared among,
        and one without a queue or with one bank. A set takes activations from a queue of its own,
        so that of a channelwise layer, whose activations are for one lane each, as many are
        multiplied at a time; with ``both`` each lane does so anyway.
    activation_bytes : int, a multiple of 4 times ``read_words``, 64..2**20
        Size of the activation SRAM.
    read_words : 1 or 2
        Words of 4 bytes that the activation SRAM reads together. With 2 a front end has a word for
        two cycles of each of its turns: that counts where there are several groups, in layers whose
        activations take few products. Only with two banks.
    weight_bytes : int, 16..2**20
        Size of the weight SRAM of one lane; at most 2**16 with ``both``, and 2**19 with more than
        64 lanes.
    headers : int, 4..2**16
        Blocks of weights of one lane that there is room for, with ``both``.
    partial_sums : int, 4..2048
        Partial sums of a tile that one lane holds, in each bank.
    parameters : int, 4..2**14
        Output channels, over all layers, for whose bias and scale there is room; a layer that
        combines two maps takes three more.
    tables : int, 0..64
        Functions of a value, 256 bytes each, that there is room for.
    program_words : int, 64..2**16
        32-bit words of the program SRAM.
    layers : int, 1..1024
        Layers whose counters are kept apart.
    queue_depth : int, 0..64 but not 1
        Non-zero activations that may wait for the lanes, or with ``both`` for each lane; with less
        than 4 there is not one in each cycle.
    banks : 1 or 2
        Banks of partial sums. With 2 a tile is drained while the next is computed. With 1 tile
        follows tile, which takes much less of an FPGA: there are no copies of records, and two
        memories of one port serve, one for activations and program, one for all weights. Only with
        one group of lanes in step, so not with ``both``.
    positions : int, 4..16
        Weights of a block, which a lane looks at together; a kernel with more taps is done in
        parts.
    combinations : 0 or 1
        Whether there is what combines a layer's values with those of another map.
    multiplier_bits : 16 or 18
        Of the FPGA's multipliers: a requantiser takes four of 16 bits, or three of 18.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    name: str = "custom"
    lanes: int = 8
    groups: int = 1
    sets: int = 1
    sparsity: Sparsity = "activation"
    activation_bytes: int = 65536
    read_words: int = 1
    weight_bytes: int = 8192
    headers: int = 512
    partial_sums: int = 512
    parameters: int = 1024
    tables: int = 8
    program_words: int = 2048
    layers: int = 64
    queue_depth: int = 8
    banks: int = 2
    positions: int = 16
    combinations: int = 1
    multiplier_bits: int = 18

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for field, (low, high) in RANGES.items():
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise ValueError(f"{field} must be an integer in {low}..{high}, not {value!r}")
        if self.activation_bytes % (self.read_words * WORD_BYTES):
            raise ValueError(
                f"activation_bytes must be a multiple of {self.read_words * WORD_BYTES}, not"
                f" {self.activation_bytes}"
            )
        if self.groups & (self.groups - 1):
            raise ValueError(f"groups must be 1, 2, 4 or 8, not {self.groups}")
        if self.groups > 1 and self.lanes % (4 * self.groups):
            raise ValueError(
                f"lanes must be a multiple of 4 in each of {self.groups} groups, not {self.lanes}"
            )
        if self.sets & (self.sets - 1):
            raise ValueError(f"sets must be 1, 2, 4, 8 or 16, not {self.sets}")
        if self.sparsity not in get_args(Sparsity):
            accepted = " or ".join(repr(kind) for kind in get_args(Sparsity))
            raise ValueError(f"sparsity must be {accepted}, not {self.sparsity!r}")

        if self.queue_depth == 1 or (self.queue_depth == 0 and self.sparsity == "both"):
            raise ValueError(
                f"queue_depth must be 0, with lanes in step, or at least 2, not {self.queue_depth}"
            )
        if self.multiplier_bits not in (16, 18):
            raise ValueError(f"multiplier_bits must be 16 or 18, not {self.multiplier_bits}")
        if self.banks == 1 and (self.groups > 1 or self.sparsity == "both"):
            raise ValueError("banks must be 2 with several groups or sparsity 'both', not 1")
        if self.banks == 1 and self.read_words > 1:
            raise ValueError(f"read_words must be 1 with one bank, not {self.read_words}")
        if self.sparsity == "both" and self.weight_bytes > MOST_SPARSE_WEIGHTS:
            raise ValueError(
                f"weight_bytes must be at most {MOST_SPARSE_WEIGHTS} with sparsity 'both', not"
                f" {self.weight_bytes}"
            )

        if self.lanes > 64 and self.weight_bytes > MOST_WEIGHTS_OF_MANY:
            raise ValueError(
                f"weight_bytes must be at most {MOST_WEIGHTS_OF_MANY} with more than 64 lanes, not"
                f" {self.weight_bytes}"
            )

    @property
    def group_lanes(self) -> int:
        """Lanes of a group."""
        return self.lanes // self.groups

    @property
    def lane_sets(self) -> int:
        """Sets of lanes in step of a group."""
        if self.sparsity == "both" or self.queue_depth == 0 or self.banks == 1:
            return 1
        return math.gcd(self.sets, self.group_lanes)

    @property
    def frame(self) -> int:
        """Values of a group that are written together: a word of the SRAM is its turn so often."""
        return min(self.groups, WORD_BYTES)

    @property
    def activation_words(self) -> int:
        """Depth of the activation SRAM."""
        return self.activation_bytes // WORD_BYTES

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that differ where the hardware does; the name has no part."""
        parameters = {key: value for key, value in asdict(self).items() if key != "name"}
        return hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:8]
