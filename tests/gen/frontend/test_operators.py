"""The README's tables of operators are the code's."""

from pathlib import Path

from zeroleap.gen.frontend.operators import onnx_table, tflite_table
from zeroleap.gen.frontend.tflite.constants import FOLDED
from zeroleap.gen.frontend.tflite.families import OPERATORS

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_lists_what_is_read():
    text = README.read_text()
    assert f"\n\n{tflite_table()}\n" in text
    assert f"\n\n{onnx_table()}\n" in text


def test_the_table_has_every_operator():
    assert all(f"`{code}`" in tflite_table() for code in {*OPERATORS, *FOLDED})
