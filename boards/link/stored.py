"""An image as a board's flash holds it, and the mark by which it is known."""

import hashlib

import numpy as np

from zeroleap.boards.frames import MARK_BY_HOST, MARK_WHOLE, Kind
from zeroleap.boards.link.blocks import blocks, writes
from zeroleap.boards.link.coding import Ask, encode
from zeroleap.gen.image import Image
from zeroleap.gen.transactions import Requests, load_image

__all__ = ["mark_of", "stored"]


def mark_of(requests: Requests) -> int:
    """Give the mark of the image that ``requests`` load, as a host sets it."""
    digest = hashlib.sha256(requests.tobytes()).digest()
    return int.from_bytes(digest[:4], "little") | MARK_BY_HOST | MARK_WHOLE


def stored(image: Image) -> bytes:
    """Give what `zeroleap.boards.boot` reads from a flash to load an image.

    These are a host's frames: writes, and last the mark. A flash sends a byte's highest bit first
    and the responder takes its lowest first, so that the bits of each are in reverse.
    """
    requests = load_image(image)
    asks = [
        ask for block in blocks(requests) for ask in writes(block.space, block.address, block.words)
    ]
    asks.append(Ask(Kind.MARK, mark=mark_of(requests) & ~MARK_BY_HOST))
    frames = b"".join(encode(ask, sequence=0, turn=False) for ask in asks)
    bits = np.unpackbits(np.frombuffer(frames, np.uint8), bitorder="little")
    return np.packbits(bits).tobytes()
