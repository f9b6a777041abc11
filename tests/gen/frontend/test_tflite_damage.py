"""Damaged TensorFlow Lite files end in one line, soon, and in little memory."""

import time
import tracemalloc

import numpy as np
import pytest
import tflite
from shape_models import flatten
from tflite_models import REAL, Value, integers, pool, random_layer, single

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import simplify

MOST_BYTES = 2**30
MOST_SECONDS = 5
SHAPE = (1, 4, 6, 4)
ABSURD = (0, 1, 0x7F, 0xFF, 2**15, 2**16 - 1, 2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 2)


def quantised(shape=SHAPE, **fields):
    return Value(shape, 0.25, -3, **fields)


def small_models():
    """One small file for each family of operators."""
    rng = np.random.default_rng(0)
    same, data = quantised(), rng.integers(-128, 128, (4,), np.int8)
    border = np.array([[0, 0], [1, 0], [0, 1], [0, 0]])
    fewer = quantised((1, 2, 3, 4))
    return {
        "add": single("ADD", [same, quantised((4,), data=data)], [same], "AddOptions"),
        "concatenation": single(
            "CONCATENATION", [same, same], [quantised((1, 4, 6, 8))], "ConcatenationOptions", Axis=3
        ),
        "convolution": random_layer(rng, (4, 3, 3, 2), SHAPE, dilation=(1, 2)).convolution(),
        "dense": random_layer(rng, (5, 24), (1, 24)).dense(),
        "depthwise": random_layer(rng, (8, 3, 3), SHAPE).depthwise(),
        "flatten": flatten((24,), (1, 24)),
        "leaky_relu": single("LEAKY_RELU", [same], [same], "LeakyReluOptions", Alpha=0.1),
        "mean": single(
            "MEAN", [same, integers(1, 3)], [quantised((1, 6))], "ReducerOptions", KeepDims=False
        ),
        "pad": single(
            "PAD",
            [same, Value((4, 2), dtype="int32", data=border)],
            [quantised((1, 5, 7, 4))],
            "PadOptions",
        ),
        "pool": pool("AVERAGE_POOL_2D", SHAPE, (2, 2), (2, 2)),
        "prelu": single("PRELU", [same, quantised((1, 1, 4), data=data)], [same]),
        "resize": single(
            "RESIZE_NEAREST_NEIGHBOR",
            [same, integers(2, 3)],
            [fewer],
            "ResizeNearestNeighborOptions",
        ),
        "scores": single(
            "ARG_MAX",
            [same, integers(3)],
            [Value((1, 4, 6), dtype="int32")],
            "ArgMaxOptions",
            OutputType=tflite.TensorType.INT32,
        ),
        "slice": single(
            "STRIDED_SLICE",
            [same, integers(0, 0, 0, 0), integers(1, 4, 6, 4), integers(1, 2, 2, 1)],
            [fewer],
            "StridedSliceOptions",
        ),
        "split": single(
            "SPLIT", [integers(2), same], [quantised((1, 4, 3, 4))] * 2, "SplitOptions", NumSplits=2
        ),
        "transpose": single(
            "TRANSPOSE", [same, integers(0, 3, 1, 2)], [quantised((1, 4, 4, 6))], "TransposeOptions"
        ),
    }


def damaged(content, rng):
    """Return ``content`` cut, with bytes turned, or with a number made absurd."""
    how = rng.integers(3)
    if how == 0:
        return content[: rng.integers(8, len(content))]
    data = np.frombuffer(content, np.uint8).copy()
    if how == 1:
        places = rng.integers(8, len(data), rng.integers(1, 9))
        data[places] ^= (1 << rng.integers(0, 8, len(places))).astype(np.uint8)
    else:
        words = data[: len(data) // 4 * 4].view("<u4")
        words[rng.integers(2, len(words))] = rng.choice(ABSURD)
    return data.tobytes()


def bear(path, content):
    """Read and simplify a damaged file; return whether it was refused."""
    path.write_bytes(content)
    start = time.perf_counter()
    tracemalloc.start()
    message = None
    try:
        simplify(load(path))
    except InputError as error:
        message = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "\n" not in (message or "")
    assert peak < MOST_BYTES
    assert time.perf_counter() - start < MOST_SECONDS
    return message is not None


@pytest.mark.parametrize("name", small_models())
def test_bears_damage_to_every_family(tmp_path, name):
    content = small_models()[name]
    assert not bear(tmp_path / "whole.tflite", content)
    rng = np.random.default_rng(0)
    outcomes = [bear(tmp_path / "damaged.tflite", damaged(content, rng)) for _ in range(150)]
    assert sum(outcomes) > 50


@pytest.mark.parametrize("name", ["yolo_person_int8", "sound_resnetse_int8", "mcunet_vww_int8"])
def test_bears_damage_to_real_networks(tmp_path, name):
    model = REAL / f"tflite/{name}.tflite"
    if not model.exists():
        pytest.skip("the real models are not here")
    rng = np.random.default_rng(0)
    for _ in range(5):
        bear(tmp_path / "damaged.tflite", damaged(model.read_bytes(), rng))


def test_refuses_a_map_resized_beyond_all_bounds(tmp_path):
    size = (2**28, 1)
    model = single(
        "RESIZE_NEAREST_NEIGHBOR",
        [quantised((1, 1, 1, 1)), integers(*size)],
        [quantised((1, *size, 1))],
        "ResizeNearestNeighborOptions",
    )
    assert bear(tmp_path / "model.tflite", model)
