"""Walks an ONNX model."""

from zeroleap.gen.ir import Graph

__all__ = ["read"]


def read(name: str, content: bytes) -> Graph:
    """Return the graph of the file ``name`` with ``content``."""
    raise NotImplementedError
