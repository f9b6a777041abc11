"""Random networks of many operators: what the reader and the passes make of them, to the bit."""

import pytest
from random_networks import random_network


@pytest.mark.parametrize("seed", range(40))
def test_is_the_oracles(equal_to_oracle, seed):
    equal_to_oracle(*random_network(seed))
