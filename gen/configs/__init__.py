"""Named configurations, one TOML file each, and files of the user's own in the same form."""

import dataclasses
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from zeroleap.gen.errors import InputError
from zeroleap.hw.config import EngineConfig

__all__ = ["FIELDS", "load", "names", "to_toml"]

FIELDS = tuple(field.name for field in dataclasses.fields(EngineConfig))
"""Keys of a configuration file; each may be left out and then has the default of `EngineConfig`."""


def names() -> tuple[str, ...]:
    """List the named configurations, the one with the fewest lanes first."""
    folder = resources.files(__name__)
    stems = sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(sorted(stems, key=lambda name: load(name).lanes))


def load(name_or_path: str | Path, **overrides: Any) -> EngineConfig:
    """Read a configuration, and put ``overrides`` in the place of what it says.

    Parameters
    ----------
    name_or_path : str or Path
        One of `names`, or a TOML file (recognised by its suffix or a slash).
    overrides
        Fields of `EngineConfig`; the configuration's name then lists them.

    Raises
    ------
    InputError
        The name is unknown, the file cannot be read or is no TOML, or a key or value is not what
        `EngineConfig` accepts.
    """
    text = str(name_or_path)
    if text.lower().endswith(".toml") or "/" in text:
        path = Path(text)
        try:
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{text}: cannot be read ({reason}); {accepted()}") from None
        name = path.stem
    else:
        entry = resources.files(__name__) / f"{text}.toml"
        if not entry.is_file():
            raise InputError(f"there is no configuration {text!r}; {accepted()}")
        content, name = entry.read_bytes(), text
    values = {"name": name, **parse(text, content)}
    if overrides:
        changes = ", ".join(f"{key}={value}" for key, value in overrides.items())
        values |= overrides | {"name": f"{values['name']}, {changes}"}
    try:
        return EngineConfig(**values)
    except ValueError as error:
        raise InputError(f"configuration {text!r}: {error}") from None


def to_toml(config: EngineConfig) -> str:
    """Write ``config`` in the form that `load` reads."""
    values = dataclasses.asdict(config)  # integers and strings, which TOML writes as JSON does
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )


def parse(source: str, content: bytes) -> dict[str, Any]:
    """Read TOML with no other keys than `FIELDS`."""
    try:
        values = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"configuration {source!r} is not TOML: {error}") from None
    unknown = sorted(values.keys() - set(FIELDS))
    if unknown:
        raise InputError(
            f"configuration {source!r} has the unknown key {unknown[0]!r};"
            f" accepted are {', '.join(FIELDS)}"
        )
    if not isinstance(values.get("name", ""), str):
        raise InputError(f"configuration {source!r}: name must be a string")
    return values


def accepted() -> str:
    """Say what may stand for a configuration."""
    return f"accepted are {', '.join(names())} or a TOML file"
