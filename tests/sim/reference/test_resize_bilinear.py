"""Interpolation by hand, against the oracle, and on engines."""

import numpy as np
import pytest
from on_rtl import ENGINES, equal_on_rtl
from tflite_models import Value, integers, single

from zeroleap.gen.compiler import compile_graph
from zeroleap.gen.errors import InputError
from zeroleap.gen.passes import legalise
from zeroleap.sim.reference.network import run

SHAPE = (1, 4, 5, 3)
ZERO_POINT = -9


def resized(*size, shape=SHAPE, align=False, centers=False):
    target = (1, *size, shape[3])
    ends = [Value(each, 0.5, ZERO_POINT) for each in (shape, target)]
    return single(
        "RESIZE_BILINEAR",
        [ends[0], integers(*size)],
        [ends[1]],
        "ResizeBilinearOptions",
        AlignCorners=align,
        HalfPixelCenters=centers,
    )


def some(shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)


WAYS = [{}, {"align": True}, {"centers": True}]


@pytest.mark.parametrize("size", [(8, 10), (3, 2), (7, 13), (1, 1), (4, 5), (7, 9), (2, 40)])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_is_the_oracles(equal_to_oracle, size, way, seed):
    equal_to_oracle(resized(*size, **way), some(seed=seed))


def test_lies_between_by_hand(read):
    """Twice the size, by centres: 3/4 and 1/4 of neighbours, ends as they are."""
    graph = read(resized(1, 6, shape=(1, 1, 3, 1), centers=True))
    values = np.array([10, -10, 3], np.int8).reshape(1, 1, 3, 1)
    # 10, 7.5 - 2.5, 2.5 - 7.5, -7.5 + 0.75, -2.5 + 2.25, 3
    assert run(graph, {"input0": values})["output0"].ravel().tolist() == [10, 5, -5, -7, 0, 3]


def test_halves_are_rounded_away_from_zero(read):
    graph = read(resized(1, 6, shape=(1, 1, 3, 1)))
    values = np.array([1, -2, -3], np.int8).reshape(1, 1, 3, 1)
    assert run(graph, {"input0": values})["output0"].ravel().tolist() == [1, -1, -2, -3, -3, -3]


SIZES = [  # and layers: at the ends, of columns and of rows, weights are others
    ((8, 10), {"centers": True}, 9),
    ((8, 10), {}, 9),
    ((7, 9), {"align": True}, 4),
    ((16, 20), {"centers": True}, 49),
]


@pytest.mark.parametrize(
    ("size", "words"), [((32, 40), "weights would be 256"), ((7, 13), "weights would be 1048576")]
)
def test_what_no_engine_does_the_reference_does(read, size, words):
    graph = legalise(read(resized(*size, centers=True)))
    with pytest.raises(InputError, match=f"{words}; at most 127 .* '.*on reference' accepts it"):
        compile_graph(graph, next(iter(ENGINES.values())))


@pytest.mark.parametrize(("size", "way", "layers"), SIZES)
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_do_the_same(read, size, way, layers, engine):
    graph = legalise(read(resized(*size, **way)))
    image = equal_on_rtl(graph, {"input0": some()}, engine)
    assert len(image.layers) == layers
