"""How many of four bits are 1."""

from amaranth import Cat, Value

__all__ = ["are_three", "are_two"]


def are_two(quad: Value) -> Value:
    """Tell if there is more than one 1 in four bits."""
    halves = quad[:2], quad[2:]
    both_in_one = Cat(half.all() for half in halves).any()
    return both_in_one | Cat(half.any() for half in halves).all()


def are_three(quad: Value) -> Value:
    """Tell if there are more than two 1s in four bits."""
    a, b, c, d = quad
    return (a & b & (c | d)) | ((a | b) & c & d)
