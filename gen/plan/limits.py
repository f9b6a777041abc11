"""What no configuration can do."""

from zeroleap.gen.errors import InputError
from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Operator

__all__ = ["check_limits"]


def check_limits(operator: Operator, geometry: Geometry) -> None:
    """Refuse sizes that the fields of the program do not hold.

    Raises
    ------
    InputError
        With the layer and the size.
    """
    limits = {
        "stride": (max(geometry.stride), 255),
        "height and width": (max(geometry.height, geometry.width), 4096),
        "output height and width": (max(geometry.out_height, geometry.out_width), 4096),
        "channels": (max(geometry.in_channels, geometry.out_channels), 16384),
        "kernel": (max(geometry.kernel), 512),
    }
    for what, (value, limit) in limits.items():
        if value > limit:
            raise InputError(
                f"layer {operator.name!r} ({operator.source}): {what} is {value}; "
                f"accepted is at most {limit}"
            )
