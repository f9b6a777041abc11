"""The README's table of operators is the code's."""

from pathlib import Path

from zeroleap.gen.frontend.operators import tflite_table
from zeroleap.gen.frontend.tflite.reader import OPERATORS

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_lists_what_is_read():
    assert f"\n\n{tflite_table()}\n" in README.read_text()


def test_the_table_has_every_operator():
    assert all(f"`{code}`" in tflite_table() for code in OPERATORS)
