"""Where measurements are kept: a result by its name in a JSON file, and the table in a page."""

import json
from pathlib import Path
from typing import Any

__all__ = ["age", "keep", "put_table", "share"]


def keep(file: Path, name: str, result: dict[str, Any]) -> None:
    """Put a result into a JSON file of results by name, in the place of an older one."""
    results = json.loads(file.read_text()) if file.exists() else {}
    results[name] = result
    file.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")


def put_table(page: Path, script: str, table: str) -> None:
    """Put a table into a Markdown page, between the marks of the script that makes it.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    begin, end = f"<!-- table of benchmarks/{script} -->\n", "<!-- end of table -->\n"
    before, begun, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{page} must have the lines {begin!r} and {end!r}")
    page.write_text(before + begin + table + end + after)


def share(result: dict[str, Any], kind: str) -> str:
    """Write the number of used cells of a kind, and their share of all that there are."""
    return f"{result[kind]:,} ({100 * result[kind] / result['available'][kind]:.0f} %)"


def age(is_new: bool) -> str:
    """Say whether a result is of what is there now, or of what has been changed since."""
    return "this one" if is_new else "an earlier one"
