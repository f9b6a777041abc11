"""Order, and the cycles in which a relay takes and gives."""

import pytest
from amaranth import unsigned
from hardware import SEEDS
from list_bench import is_a_list

from zeroleap.hw.relay import Relay


@pytest.mark.parametrize("seed", SEEDS)
def test_is_a_list_of_two(seed):
    is_a_list(Relay(unsigned(16)), 2, seed)
