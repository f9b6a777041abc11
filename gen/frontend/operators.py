"""The table of supported operators, as the README has it."""

from zeroleap.gen.frontend.tflite.reader import FAMILIES
from zeroleap.gen.quantization import ACTIVATIONS

__all__ = ["tflite_table"]


def tflite_table() -> str:
    """Return a row of Markdown for each family of TensorFlow Lite's operators."""
    rows = {name: sorted(family) for name, family in FAMILIES.items()}
    rows["activation, within a layer"] = list(ACTIVATIONS)
    lines = ["| | |", "|---|---|"]
    for name, codes in rows.items():
        lines.append(f"| {name} | {', '.join(f'`{code}`' for code in codes)} |")
    return "\n".join(lines) + "\n"
