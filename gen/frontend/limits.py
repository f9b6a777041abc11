"""What no model that could run here exceeds; a file that does is damaged or not for this engine."""

__all__ = ["MOST_ELEMENTS", "MOST_WINDOW", "shape_problem"]

MOST_ELEMENTS = 2**28
MOST_WINDOW = 2**15


def shape_problem(shape: tuple[int, ...]) -> str | None:
    """Return the rule that a tensor's ``shape`` breaks, and the shape, or None."""
    size = 1
    for length in shape:
        size *= length
        if length < 1:
            return f"dimensions must be 1 or more, not {shape}"
    if len(shape) > 8:
        return f"a tensor must have at most 8 dimensions, not {len(shape)}"
    if size > MOST_ELEMENTS:
        return f"a tensor must have at most {MOST_ELEMENTS} elements, not {shape}"
    return None
