"""What no model that could run here exceeds; a file that does is damaged or not for this engine."""

import math

__all__ = ["MOST_DIMENSIONS", "MOST_ELEMENTS", "MOST_STRIDE", "MOST_WINDOW", "shape_problem"]

MOST_DIMENSIONS = 8
MOST_ELEMENTS = 2**28
MOST_WINDOW = 2**15
MOST_STRIDE = 8
"""Of a transposed convolution: then it is 64 layers already."""


def shape_problem(shape: tuple[int, ...]) -> str | None:
    """Return the rule that a tensor's ``shape`` breaks, and the shape, or None."""
    if len(shape) > MOST_DIMENSIONS:
        return f"a tensor must have at most {MOST_DIMENSIONS} dimensions, not {len(shape)}"
    if any(length < 1 for length in shape):
        return f"dimensions must be 1 or more, not {shape}"
    if math.prod(shape) > MOST_ELEMENTS:
        return f"a tensor must have at most {MOST_ELEMENTS} elements, not {shape}"
    return None
