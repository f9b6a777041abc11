"""Readers of model files: each turns one format into :mod:`zeroleap.gen.ir`."""
