"""The registers of the AXI4-Lite port: only this file knows where they are and what they hold."""

import enum

from amaranth import unsigned
from amaranth.lib import data

from zeroleap.hw.isa import Command, Space

__all__ = [
    "ADDRESS_BITS",
    "IDENTITY",
    "LAYOUTS",
    "READ_ONLY",
    "Configuration",
    "Control",
    "Events",
    "Identity",
    "Register",
    "Skips",
    "Status",
    "Target",
    "Transfer",
]

ADDRESS_BITS = 12
"""Of a byte address: the port takes 4 KB, and answers ``DECERR`` where there is no register."""


class Register(enum.Enum):
    """Byte offsets. All hold 32 bits, are 0 beyond their fields, and are read and written whole."""

    IDENTITY = 0x00
    DIGEST = 0x04
    CONFIGURATION = 0x08
    STATUS = 0x0C
    CONTROL = 0x10
    TARGET = 0x14
    TRANSFER = 0x18
    DATA = 0x1C
    EVENTS = 0x20
    ENABLES = 0x24


class Identity(data.Struct):
    """What answers here: always `IDENTITY`.

    Attributes
    ----------
    version : int
        Of the registers; another one means others.
    signature : int
        The letters ``ZL``.
    """

    version: unsigned(16)
    signature: unsigned(16)


IDENTITY = Identity.const({"version": 1, "signature": int.from_bytes(b"ZL", "big")})


class Skips(enum.Enum):
    """Zeros that an engine skips; the names of `zeroleap.hw.config.Sparsity`, in capitals."""

    NONE = 0
    ACTIVATION = 1
    BOTH = 2


class Configuration(data.Struct):
    """The kind of the engine; ``DIGEST`` is all of it, and must be that of an image to be loaded.

    Attributes
    ----------
    lanes, groups : int
    sparsity : Skips
    """

    lanes: unsigned(8)
    groups: unsigned(8)
    sparsity: Skips


class Status(data.Struct):
    """What is under way.

    Attributes
    ----------
    busy : bool
        A program runs, or the engine is not ready yet after its reset.
    moving : bool
        A transfer has not ended.
    layer : int
        The layer that runs; of an engine that stands, the next one.
    """

    busy: unsigned(1)
    moving: unsigned(1)
    layer: unsigned(10)


class Control(data.Struct):
    """Written, it starts the engine; reads as 0. Refused while it runs or a transfer is under way.

    Attributes
    ----------
    command : Command
    """

    command: Command


class Target(data.Struct):
    """The word that is moved next; each that is moved adds 1. Kept still during a transfer.

    Attributes
    ----------
    address : int, words
        As in `zeroleap.hw.isa.HostRequest`.
    space : Space
        ``ACTIVATIONS`` and ``COUNTERS`` can be read; others give the digest.
    """

    address: unsigned(24)
    space: Space


class Transfer(data.Struct):
    """Written, it begins a transfer; reads as what is left of it.

    While the engine runs, a transfer waits for its end. During a transfer another is refused, but
    0 words end one that writes, whose words may never come; one that reads ends when they are
    taken.

    Attributes
    ----------
    words : int
    write : bool
        From the stream into the engine; otherwise from the engine to the stream.
    """

    words: unsigned(24)
    write: unsigned(1)


class Events(data.Struct):
    """What has happened.

    ``EVENTS`` keeps each until a 1 is written to it. ``ENABLES`` has a 1 for each that raises the
    interrupt, which is high as long as both have a 1.

    Attributes
    ----------
    stopped : bool
        The engine has run, and stands.
    moved : bool
        A transfer has ended.
    """

    stopped: unsigned(1)
    moved: unsigned(1)


LAYOUTS = {
    Register.IDENTITY: Identity,
    Register.DIGEST: unsigned(32),
    Register.CONFIGURATION: Configuration,
    Register.STATUS: Status,
    Register.CONTROL: Control,
    Register.TARGET: Target,
    Register.TRANSFER: Transfer,
    Register.DATA: unsigned(32),
    Register.EVENTS: Events,
    Register.ENABLES: Events,
}
"""What each holds, from its lowest bit on.

``DATA`` is the word at `Target`, moved by the register itself: without the streams. Refused while
the engine runs or a transfer is under way.
"""

READ_ONLY = (Register.IDENTITY, Register.DIGEST, Register.CONFIGURATION, Register.STATUS)
"""Those that refuse to be written."""
