"""Runs a compiled network on a board."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import numpy as np

from zeroleap.boards.frames import MARK_BY_HOST
from zeroleap.boards.link.client import Client
from zeroleap.boards.link.connect import connect
from zeroleap.boards.link.stored import mark_of
from zeroleap.gen import configs
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
    port : str or Client
        A serial port or ``sim:``, see :func:`zeroleap.boards.link.connect.connect`; by default
        the only one. It is closed with the runner.
    baud : int
        The board's; found out unless given.
    progress : callable
        Told how many words are moved, and of how many.

    Raises
    ------
    InputError
        There is no board, or it has another configuration than the image was made for.
    """

    def __init__(
        self,
        graph: Graph,
        image: Image,
        port: str | Client | None = None,
        baud: int | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self._graph = graph
        self._image = image
        self._progress = progress
        self._client = port if isinstance(port, Client) else connect(port, image.config, baud)
        try:
            check_configuration(image, self._client.identity().digest)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the port; a simulated board ends with it."""
        self._client.close()

    def __enter__(self) -> Self:
        """Give the runner."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the port."""
        self.close()

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
        mark = mark_of(requests)
        if self._client.identity().mark | MARK_BY_HOST != mark:
            self._client.mark(MARK_BY_HOST)
            self._client.play(requests, self._progress)
        self._client.mark(mark)


def check_configuration(image: Image, digest: str) -> None:
    """Refuse an image that was made for another configuration than a board's."""
    if digest != image.config.digest:
        known = (configs.load(name) for name in configs.names())
        held = next((repr(config.name) for config in known if config.digest == digest), "another")
        raise InputError(
            f"{image.name} was compiled for the configuration {image.config.name!r} (digest"
            f" {image.config.digest}), but the board has {held} (digest {digest}); compile for"
            " that one, or flash the board with this one"
        )
