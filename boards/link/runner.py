"""Runs a compiled network on a board."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from zeroleap.boards.frames import MARK_LOADED
from zeroleap.boards.link.client import Client
from zeroleap.gen.errors import InputError
from zeroleap.gen.image import Image
from zeroleap.gen.ir import Graph
from zeroleap.gen.transactions import Requests, load_image
from zeroleap.sim.runner import Run, Tensors
from zeroleap.sim.script import Answers, run_script

__all__ = ["BoardRunner"]


class BoardRunner:
    """Runs inferences on a board: a `Runner`.

    The image is loaded before the first inference, unless the board holds it already.

    Parameters
    ----------
    graph : Graph
        Legalised; the host's operators at its edges are computed here.
    image : Image
        Compiled from it.
    client : Client
    progress : callable
        Told how many words are moved, and of how many.

    Raises
    ------
    InputError
        The image was made for another configuration than the board has.
    """

    def __init__(
        self,
        graph: Graph,
        image: Image,
        client: Client,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self._graph = graph
        self._image = image
        self._client = client
        self._progress = progress
        identity = client.identity()
        if identity.digest != image.config.digest:
            raise InputError(
                f"{image.name} was compiled for the configuration {image.config.name!r} (digest"
                f" {image.config.digest}), but the board has one with digest {identity.digest};"
                " compile it for that one, or flash the board with this one"
            )

    def run(self, batch: Sequence[Tensors], *, every_layer: bool = False) -> list[Run]:
        """Run one inference for each set of inputs; see :class:`zeroleap.sim.runner.Runner`."""
        self._client.wait()
        self._load()

        def play(requests: Requests) -> Answers:
            words = self._client.play(requests, self._progress)
            return words, np.zeros_like(words)

        return run_script(self._graph, self._image, play, batch, every_layer=every_layer)

    def _load(self) -> None:
        """Load what stays the same, unless it is there."""
        requests = load_image(self._image)
        mark = int.from_bytes(hashlib.sha256(requests.tobytes()).digest()[:3], "little")
        mark |= MARK_LOADED
        if self._client.identity().mark != mark:
            self._client.mark(0)
            self._client.play(requests, self._progress)
        self._client.mark(mark)
