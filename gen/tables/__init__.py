"""Functions of one int8 tensor as tables of 256 entries, worked out as the integer kernels do it.

A file a function; each returns int8 of shape (256,), indexed by ``x + 128``.
"""

from zeroleap.gen.tables.hard_swish import hard_swish
from zeroleap.gen.tables.leaky_relu import leaky_relu
from zeroleap.gen.tables.logistic import logistic
from zeroleap.gen.tables.relu import clip, relu
from zeroleap.gen.tables.rescale import rescale
from zeroleap.gen.tables.tanh import tanh

__all__ = ["clip", "hard_swish", "leaky_relu", "logistic", "relu", "rescale", "tanh"]
