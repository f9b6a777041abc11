"""A transposed convolution's parts: one for each phase of its stride."""

from collections.abc import Iterator

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Graph, Padding, TransposedConvolution
from zeroleap.gen.memory import Placement
from zeroleap.gen.parameters import convolution_parameters
from zeroleap.gen.plan.part import Part
from zeroleap.gen.plan.plan import Arithmetic
from zeroleap.gen.transposed import kernel_of, phases

__all__ = ["transposed_parts"]


def transposed_parts(graph: Graph, operator: TransposedConvolution) -> Iterator[Part]:
    """Give the parts.

    Each has all channels' parameters, as lanes are dealt channels by the weights of each.
    """
    source, target = (graph.tensors[name] for name in (operator.input, operator.output))
    _, height, width, in_channels = source.shape
    out_channels = target.shape[3]
    whole = Placement(0, *target.shape[1:]).whole
    arithmetic = Arithmetic(source.zero_point, target.zero_point, operator.clamp)
    parameters = convolution_parameters(operator)
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
        weights = kernel_of(operator, down, across)
        outputs = (down.first, operator.stride[0]), (across.first, operator.stride[1])
        destination = whole.every(*outputs)
        yield Part(source.name, geometry, arithmetic, weights, parameters, destination)
