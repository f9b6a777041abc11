"""Bit-exact NumPy models of what the operators do, from the specification."""
