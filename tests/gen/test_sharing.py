"""Which steps share tiles: few cycles for what is saved, worked by hand and by trying all."""

from itertools import combinations

import numpy as np
import pytest

from zeroleap.gen.sharing import Offer, choose_sharing

SEEDS = range(40)

CHEAP = Offer("cheap", (20, 2), 10.0)  # 2 rows a cycle, headers left out
FAIR = Offer("fair", (100, 20), 100.0)  # 1 row a cycle
DEAR = Offer("dear", (400, 20), 800.0)  # 1/2 a row a cycle


@pytest.mark.parametrize(
    ("missing", "chosen"),
    [
        ((0, -5), set()),
        ((1, 0), {"cheap"}),
        ((20, 0), {"cheap"}),
        ((100, 0), {"fair"}),  # the cheap one was chosen first, and is not needed
        ((120, 0), {"cheap", "fair"}),
        ((130, 0), {"dear"}),  # the dear one was needed, and then is enough
        ((401, 0), {"cheap", "dear"}),
        ((1, 3), {"fair"}),  # rows are there, but not headers
        ((421, -3), {"fair", "dear"}),
        ((501, 0), {"cheap", "fair", "dear"}),
        ((521, 0), {"cheap", "fair", "dear"}),  # not enough
        ((1, 43), {"cheap", "fair", "dear"}),
    ],
)
def test_the_cheapest_rows_are_saved_and_none_in_vain(missing, chosen):
    for offers in ([CHEAP, FAIR, DEAR], [DEAR, CHEAP, FAIR]):
        assert choose_sharing(offers, missing) == chosen


def test_nothing_can_be_chosen_of_nothing():
    assert choose_sharing([], (5, 5)) == frozenset()


def test_what_costs_nothing_is_chosen_first():
    assert choose_sharing([FAIR, Offer("free", (3, 0), 0.0)], (3, 0)) == {"free"}


def test_little_is_lost_beside_the_best_of_all_choices():
    ratios = []
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        saved = random.integers(1, 600, (7, 2))
        lost = random.exponential(100.0, 7)
        missing = (saved.sum(axis=0) * random.uniform(0.1, 0.9)).astype(int)
        offers = [
            Offer(str(step), tuple(rows), cost)
            for step, (rows, cost) in enumerate(zip(saved.tolist(), lost, strict=True))
        ]
        best = min(
            lost[list(steps)].sum()
            for count in range(8)
            for steps in combinations(range(7), count)
            if (saved[list(steps)].sum(axis=0) >= missing).all()
        )
        chosen = [int(step) for step in choose_sharing(offers, missing.tolist())]
        assert (saved[chosen].sum(axis=0) >= missing).all()
        ratios.append(lost[chosen].sum() / best)
    assert np.mean(ratios) < 1.05
    assert max(ratios) < 2
