"""Chooses the steps whose groups share tiles, if not all of them can have tiles of their own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = ["Offer", "choose_sharing"]


@dataclass(frozen=True)
class Offer:
    """What a step saves if its groups share tiles, and what that costs.

    Parameters
    ----------
    step : str
        Its output.
    saved : tuple of int
        Rows of each memory of the lanes.
    lost : float
        Cycles, about.
    """

    step: str
    saved: tuple[int, ...]
    lost: float


def choose_sharing(offers: Sequence[Offer], missing: Sequence[int]) -> frozenset[str]:
    """Choose the steps that share, for few cycles.

    The next is always the one that saves most of what is still missing for a cycle lost. The
    dearest are dropped again if those after them saved enough. Where all do not save enough, all
    are chosen.

    Parameters
    ----------
    offers : sequence of Offer
    missing : sequence of int
        Rows of each memory that must be saved at least, if above 0.
    """
    chosen: list[Offer] = []
    while any(left := _left(chosen, missing)):
        rest = [offer for offer in offers if offer not in chosen]
        if not rest:
            break
        chosen.append(max(rest, key=lambda offer: _share(offer, left) / max(offer.lost, 1)))
    for offer in sorted(chosen, key=lambda offer: -offer.lost):
        others = [other for other in chosen if other is not offer]
        if not any(_left(others, missing)):
            chosen = others
    return frozenset(offer.step for offer in chosen)


def _left(chosen: Collection[Offer], missing: Sequence[int]) -> list[int]:
    """Return what is still missing of each memory."""
    return [
        max(0, rows - sum(offer.saved[memory] for offer in chosen))
        for memory, rows in enumerate(missing)
    ]


def _share(offer: Offer, left: Sequence[int]) -> float:
    """Return the shares that an offer has of what is missing, added up."""
    return sum(min(saved / rows, 1) for saved, rows in zip(offer.saved, left, strict=True) if rows)
