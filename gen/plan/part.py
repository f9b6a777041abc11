"""Plans a part of an operator's output: a layer with weights, beside those of the other parts."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Operator
from zeroleap.gen.memory import Strides
from zeroleap.gen.plan.limits import check_limits
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.plan.weighted import plan_weights
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.hw.config import EngineConfig

__all__ = ["Part", "plan_part"]


@dataclass(frozen=True, eq=False)
class Part:
    """Outputs that lie at even steps, and how they are computed.

    Parameters
    ----------
    source : str
        Tensor.
    geometry : Geometry
    arithmetic : Arithmetic
    weights : int8, shape (out_channels, kernel_height, kernel_width[, in_channels])
    of_channel : sequence of encoded `Parameter`
        One for each output channel.
    destination : Strides
        In the output.
    """

    source: str
    geometry: Geometry
    arithmetic: Arithmetic
    weights: npt.NDArray[np.int8]
    of_channel: Sequence[list[int]]
    destination: Strides


def plan_part(
    operator: Operator, part: Part, config: EngineConfig, room: Room, *, saving: Saving = NOTHING
) -> Plan:
    """Plan one of the parts of an operator; as `zeroleap.gen.plan.plan_layer`."""
    check_limits(operator, part.geometry)
    plan = plan_weights(
        part.geometry, part.arithmetic, part.weights, part.of_channel, config, room, saving=saving
    )
    return dataclasses.replace(plan, destination=part.destination)
