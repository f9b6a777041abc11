"""Names that Yosys takes for others."""

__all__ = ["HIDE_ELEMENTS"]

HIDE_ELEMENTS = "rename -hide w:*]"
"""Takes the names of elements of arrays away, as ``taps[1]``, which is bits 4 to 7 of ``taps``.

To and from ABC, Yosys (0.70, ``abc_ops_reintegrate``) names bit 1 of ``taps`` just so. Where it
meets both names it makes one wire of two, and says nothing, or fails in an assertion: ``medium``
did. Each element is a part of a signal that keeps its name, so nothing is lost.
"""
