"""Plans a transposed convolution: a layer a phase, each beside the others' outputs."""

import dataclasses
from collections.abc import Iterator

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Graph, Padding, TransposedConvolution
from zeroleap.gen.memory import Placement
from zeroleap.gen.parameters import convolution_parameters
from zeroleap.gen.plan.limits import check_limits
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.plan.weighted import plan_weights
from zeroleap.gen.saving import NOTHING, Saving
from zeroleap.gen.transposed import kernel_of, phases
from zeroleap.hw.config import EngineConfig

__all__ = ["plan_transposed"]


def plan_transposed(
    graph: Graph,
    operator: TransposedConvolution,
    config: EngineConfig,
    room: Room,
    *,
    saving: Saving = NOTHING,
) -> Iterator[Plan]:
    """Plan the layers, each in the room behind the one before; as `zeroleap.gen.plan.plan_layer`.

    Each has all channels' parameters, as lanes are dealt channels by the weights of each.
    """
    source, target = (graph.tensors[name] for name in (operator.input, operator.output))
    _, height, width, in_channels = source.shape
    out_channels = target.shape[3]
    whole = Placement(0, *target.shape[1:]).whole
    arithmetic = Arithmetic(source.zero_point, target.zero_point, operator.clamp)
    for down, across in phases(operator, source, target):
        geometry = Geometry(
            height,
            width,
            in_channels,
            down.count,
            across.count,
            out_channels,
            (len(down.taps), len(across.taps)),
            (1, 1),
            Padding(down.before, down.after, across.before, across.after),
            channelwise=False,
        )
        check_limits(operator, geometry)
        plan = plan_weights(
            geometry,
            arithmetic,
            kernel_of(operator, down, across),
            convolution_parameters(operator),
            config,
            room,
            saving=saving,
        )
        outputs = (down.first, operator.stride[0]), (across.first, operator.stride[1])
        yield dataclasses.replace(plan, destination=whole.every(*outputs))
        room = room.after(plan)
