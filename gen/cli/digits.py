"""The demo's network and data: 8x8 handwritten digits that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zeroleap.gen.errors import InputError

__all__ = ["Digits", "digits_folder", "find_digits"]

MODEL = "digits_int8.onnx"
HELD_OUT = "digits_heldout.npz"


@dataclass(frozen=True, eq=False)
class Digits:
    """A model and what to try it on.

    Parameters
    ----------
    model : Path
    images : float32, shape (count, 1, 8, 8)
    labels : int64, shape (count,)
    float_classes : int64, shape (count,)
        What the network answered before it was quantised.
    """

    model: Path
    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    float_classes: npt.NDArray[np.int64]

    def right(self, classes: Sequence[Any] | npt.NDArray[Any]) -> int:
        """Count the answers, to the first images, that are right."""
        answers = np.asarray(classes)
        return int(np.count_nonzero(answers == self.labels[: len(answers)]))


def digits_folder(folder: Path | None) -> Path | None:
    """Tell where the demo's files are: in ``folder``, or without one in the checkout or here."""
    has_all = (
        place
        for place in places(folder)
        if (place / MODEL).is_file() and (place / HELD_OUT).is_file()
    )
    return next(has_all, None)


def find_digits(folder: Path | None) -> Digits:
    """Read the demo's files from ``folder``; without one from the checkout or beneath here.

    Raises
    ------
    InputError
        They are not there, or cannot be read.
    """
    place = digits_folder(folder)
    if place is None:
        looked = ", ".join(str(place) for place in dict.fromkeys(places(folder)))
        raise InputError(
            f"{MODEL} and {HELD_OUT} are not in {looked}; run the demo in a clone, or name the"
            " folder with --models"
        )
    try:
        with np.load(place / HELD_OUT, allow_pickle=False) as arrays:
            classes = arrays["float_logits"].argmax(axis=1)
            return Digits(place / MODEL, arrays["images"], arrays["labels"], classes)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{place / HELD_OUT}: cannot be read ({error})") from None


def places(folder: Path | None) -> list[Path]:
    """List the folders to look in."""
    checkout = Path(__file__).resolve().parents[2] / "tests" / "models"
    return [folder] if folder else [checkout, Path("tests", "models").absolute()]
