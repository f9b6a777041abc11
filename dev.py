#!/usr/bin/env python3
"""Everything from a fresh clone: sets up what a task needs, then does it.

    python3 dev.py demo              compile, simulate and check a real network (zeroleap demo)
    python3 dev.py test [--quick]    all tests, or all but the slow ones
    python3 dev.py check             ruff, its formatter and mypy
    python3 dev.py format            mend the format, and what ruff can mend
    python3 dev.py zeroleap ...      the command, with its arguments
    python3 dev.py pin               renew constraints.txt from the ranges in pyproject.toml

Python packages go into ``.venv`` in the clone, at the tested versions of ``constraints.txt``. What
has to come from the system is installed where that needs no password, and otherwise named with the
command that installs it; exit status 2. It may be interrupted and run again at any point.
"""

import os
import shutil
import sys

if sys.hexversion < 0x030B0000:
    for newer in ("python3.14", "python3.13", "python3.12", "python3.11"):
        if shutil.which(newer):
            os.execvp(newer, [newer, *sys.argv])
    sys.exit("dev.py: needs Python 3.11 or newer, not " + sys.version.split()[0])

import contextlib
import hashlib
import importlib.util
import json
import shlex
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "zeroleap.json"
CONSTRAINTS = ROOT / "constraints.txt"
PINNED = ("boards", "lint", "quantize", "synth", "test")
"""Extras with tested versions; of ``train``, with torch, tests/models/README.md names them."""

EXTRAS = {"build": "boards", "flash": "boards", "quantize": "quantize", "synth": "synth"}
"""What parts of the command need."""

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"

LIBPYTHON = sysconfig.get_config_var("INSTSONAME") or ""

PERL_MODULES = ("Cwd", "FindBin", "Getopt::Long", "IO::File", "Pod::Usage")
"""What Verilator's driver uses; Debian's perl-base, always present, lacks some of them."""


@dataclass(frozen=True)
class Manager:
    """A package manager.

    Parameters
    ----------
    commands : tuple of str
        Run in order; the packages are added to the last.
    packages : tuple of str
        For ``compiler, make, perl, icarus, venv, libpython``; empty where it has none.
    root : bool
        Whether it has to be run as root.
    """

    commands: tuple[str, ...]
    packages: tuple[str, str, str, str, str, str]
    root: bool = True

    def package(self, need: str) -> str:
        """Name the package that provides ``need``."""
        return self.packages[NEEDS.index(need)]


NEEDS = ("compiler", "make", "perl", "icarus", "venv", "libpython")
NEEDED_BY_VERILATOR = ("compiler", "make", "perl", "libpython")
TITLES = {
    "compiler": "a C++ compiler",
    "make": "make",
    "perl": "perl and its modules",
    "icarus": "Icarus Verilog",
    "venv": "Python's venv and ensurepip",
    "libpython": f"the shared library of {PYTHON}",
}
MANAGERS = {
    "apt-get": Manager(
        ("apt-get update", "apt-get install --yes --no-install-recommends"),
        ("g++", "make", "perl", "iverilog", f"{PYTHON}-venv", f"lib{PYTHON}"),
    ),
    "dnf": Manager(
        ("dnf install --assumeyes",),
        ("gcc-c++", "make", "perl", "iverilog", "python3-libs", "python3-libs"),
    ),
    "pacman": Manager(
        ("pacman -Sy --needed --noconfirm",),
        ("gcc", "make", "perl", "iverilog", "python", "python"),
    ),
    "zypper": Manager(
        ("zypper --non-interactive install",),
        ("gcc-c++", "make", "perl", "iverilog", "python3-base", "python3-base"),
    ),
    "apk": Manager(
        ("apk add",),
        ("g++", "make", "perl", "iverilog", "python3", "python3"),
    ),
    "brew": Manager(
        ("brew install",),
        ("gcc", "make", "perl", "icarus-verilog", "python3", "python3"),
        root=False,
    ),
}


def say(text: str) -> None:
    """Tell the user what is being done; never on standard output, which is the task's."""
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def refuse(text: str) -> SystemExit:
    """Say what the user has to do, and give the exit to raise."""
    say(text)
    return SystemExit(2)


def call(command: Sequence[str | Path], cwd: Path | None = None) -> int:
    """Run a task on the user's own streams; its exit status."""
    return subprocess.run([str(word) for word in command], cwd=cwd, check=False).returncode


def quiet(command: Sequence[str]) -> bool:
    """Whether ``command`` succeeds."""
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, check=False)
    except OSError:
        return False
    return done.returncode == 0


def set_up(command: Sequence[str | Path]) -> bool:
    """Run a step of the set-up, its output on standard error; whether it succeeded."""
    words = [str(word) for word in command]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, check=False
    )
    return done.returncode == 0


def has_libpython() -> bool:
    """Whether a simulator can load this Python: the library beside it, or where ld.so looks."""
    if sysconfig.get_config_var("PYTHONFRAMEWORK"):
        return True
    folders = [
        Path(folder, below)
        for folder in (sysconfig.get_config_var("LIBDIR") or "", f"{sys.base_prefix}/lib")
        for below in ("", sysconfig.get_config_var("MULTIARCH") or "")
    ]
    return ".so" in LIBPYTHON and any((folder / LIBPYTHON).exists() for folder in folders)


def has(need: str) -> bool:
    """Whether the system provides ``need``."""
    if need == "compiler":
        return any(shutil.which(name) for name in ("c++", "g++", "clang++"))
    if need == "make":
        return shutil.which("make") is not None
    if need == "perl":
        return quiet(["perl", *(f"-M{module}" for module in PERL_MODULES), "-e", "1"])
    if need == "icarus":
        return all(shutil.which(name) for name in ("iverilog", "vvp"))
    if need == "venv":
        return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    return has_libpython()


def require(needs: Sequence[str]) -> None:
    """Check what comes from the system, and install it where that needs no password."""
    missing = [need for need in needs if not has(need)]
    if not missing:
        return
    if "libpython" in missing and ".so" not in LIBPYTHON:
        raise refuse(
            f"{sys.executable} was built without --enable-shared, and simulators cannot load it; "
            "use the system's Python"
        )
    titles = ", ".join(TITLES[need] for need in missing)
    name = next((name for name in MANAGERS if shutil.which(name)), None)
    if name is None:
        raise refuse(f"missing: {titles}; no package manager is known here, please install them")
    manager = MANAGERS[name]
    packages = " ".join(dict.fromkeys(manager.package(need) for need in missing))
    *before, last = manager.commands
    commands = [*before, f"{last} {packages}"]
    is_root = not hasattr(os, "geteuid") or os.geteuid() == 0
    sudo = "sudo " if manager.root and not is_root else ""
    by_hand = " && ".join(f"{sudo}{command}" for command in commands)
    if sudo and not quiet(["sudo", "-n", "true"]):
        raise refuse(f"missing: {titles}; install with: {by_hand}")
    say(f"missing: {titles}; installing with: {by_hand}")
    prefix = ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"] if sudo else []
    done = all(set_up([*prefix, *shlex.split(command)]) for command in commands)
    still = ", ".join(TITLES[need] for need in missing if not has(need))
    if not done or still:
        raise refuse(f"still missing: {still or titles}, after: {by_hand}")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold off other set-ups of this clone."""
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is setting up; waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def program(name: str) -> Path:
    """Find a program of the virtual environment."""
    return VENV / ("Scripts" if os.name == "nt" else "bin") / name


def fingerprint() -> str:
    """Differs where the virtual environment has to be made anew."""
    parts = [sys.version, str(ROOT), (ROOT / "pyproject.toml").read_text(), CONSTRAINTS.read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def installed() -> set[str] | None:
    """Extras that the virtual environment has; None where it is absent, old or half made."""
    try:
        stamp = json.loads(STAMP.read_text())
        if stamp["fingerprint"] == fingerprint() and quiet([str(program("python")), "-c", ""]):
            return set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def install(python: Path, extras: Sequence[str], options: Sequence[str | Path]) -> bool:
    """Install the project, editable, with ``extras``."""
    project = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install"]
    return set_up([*pip, *options, "--editable", project])


def prepare(needs: Sequence[str] = (), extras: Sequence[str] = ()) -> None:
    """Make sure of ``needs`` from the system, and of a virtual environment with ``extras``."""
    with one_at_a_time():
        have = installed()
        require(needs if have is not None else [*needs, "venv"])
        if have is not None and have.issuperset(extras):
            return
        STAMP.unlink(missing_ok=True)
        if have is None:
            say(f"making the virtual environment {VENV}")
            if not set_up([sys.executable, "-m", "venv", "--clear", VENV]):
                raise refuse(f"{PYTHON} cannot make a virtual environment in {VENV}")
        wanted = sorted((have or set()).union(extras))
        say(f"installing the Python packages at their tested versions ({CONSTRAINTS.name})")
        if not install(program("python"), wanted, ["--constraint", CONSTRAINTS]):
            raise refuse("pip could not install the packages; its own last lines say why")
        part = STAMP.with_suffix(".part")
        part.write_text(json.dumps({"fingerprint": fingerprint(), "extras": wanted}))
        part.replace(STAMP)


def in_turn(*commands: Sequence[str]) -> int:
    """Run programs of the virtual environment on the clone, all of them; the worst status."""
    return max(call([str(program(words[0])), *words[1:]], cwd=ROOT) for words in commands)


def zeroleap(arguments: Sequence[str]) -> int:
    """Run the command; what only some of its parts need is installed where it is asked for."""
    prepare(extras=[EXTRAS[name] for name in arguments[:1] if name in EXTRAS])
    return call([program("zeroleap"), *arguments])


def demo(arguments: Sequence[str]) -> int:
    """Run the demo; it needs what Verilator needs."""
    prepare(NEEDED_BY_VERILATOR)
    return call([program("zeroleap"), "demo", *arguments])


def test(arguments: Sequence[str]) -> int:
    """Run the tests on all cores; arguments other than ``--quick`` go to pytest."""
    prepare([*NEEDED_BY_VERILATOR, "icarus"], ["test"])
    chosen = ["-m", "not slow"] if "--quick" in arguments else []
    others = [argument for argument in arguments if argument != "--quick"]
    parallel = ["-n", "auto", "--dist", "worksteal"]
    return call([program("python"), "-m", "pytest", *parallel, *chosen, *others], cwd=ROOT)


def check(_arguments: Sequence[str]) -> int:
    """Lint, format and types: all three, then the worst status."""
    prepare(extras=["lint"])
    return in_turn(["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["mypy", "dev.py"])


def mend(_arguments: Sequence[str]) -> int:
    """Format the sources."""
    prepare(extras=["lint"])
    return in_turn(["ruff", "check", "--fix"], ["ruff", "format"])


def pin(_arguments: Sequence[str]) -> int:
    """Write ``constraints.txt`` from what pip chooses today in an empty environment."""
    require(["venv"])
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / program("python").relative_to(VENV)
        if not set_up([sys.executable, "-m", "venv", folder]) or not install(python, PINNED, []):
            raise refuse("pip could not install the packages; its own last lines say why")
        frozen = subprocess.run(
            [python, "-m", "pip", "freeze", "--exclude-editable"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    header = (
        "# The versions that the tests passed with. Renewed by: python3 dev.py pin\n"
        "# Without the extra `train`, whose versions tests/models/README.md names.\n"
    )
    CONSTRAINTS.write_text(header + frozen)
    return 0


TASKS = {
    "demo": demo,
    "test": test,
    "check": check,
    "format": mend,
    "zeroleap": zeroleap,
    "pin": pin,
}


def main(arguments: Sequence[str]) -> int:
    """Do the task that the first argument names."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    if arguments[0] not in TASKS:
        raise refuse(f"there is no task {arguments[0]!r}; there are: {', '.join(TASKS)}")
    return TASKS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
