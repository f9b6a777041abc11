"""Files that are no models, and models that are damaged: one clear line, never anything else."""

from pathlib import Path

import numpy as np
import pytest

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Graph

MODELS = Path(__file__).parents[4] / "shared" / "models" / "tflite"
SEED = 20240229


def message(path):
    with pytest.raises(InputError) as error:
        load(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def small(lite):
    return lite.build(*lite.convolution())


def survives(path, content):
    """Return True if ``content`` makes a graph, False if it is refused."""
    path.write_bytes(content)
    try:
        result = load(path)
    except InputError as error:
        result = str(error)
    if isinstance(result, Graph):
        return True
    assert "\n" not in result
    assert path.name in result
    assert len(result) < 600
    return False


def test_says_what_is_wrong_with_a_path(tmp_path):
    assert "there is no such file" in message(tmp_path / "absent.tflite")
    assert "is a directory" in message(tmp_path)
    for suffix in ("tflite", "onnx"):
        path = tmp_path / f"model.{suffix}"
        path.write_bytes(b"")
        assert f"{path}: is empty; " in message(path)


@pytest.mark.parametrize("suffix", ["tflite", "onnx", "txt"])
def test_refuses_text_and_noise(tmp_path, suffix):
    path = tmp_path / f"model.{suffix}"
    noise = np.random.default_rng(SEED)
    for content in (b"a\n", b"This is a text.\n" * 50, b"\0" * 100, noise.bytes(5000)):
        assert not survives(path, content)
        assert "is accepted" in message(path)


def test_a_signature_alone_is_no_model(tmp_path):
    path = tmp_path / "model.bin"
    noise = np.random.default_rng(SEED)
    for size in (0, 1, 4, 100, 5000):
        assert not survives(path, b"\x18\0\0\0TFL3" + noise.bytes(size))
        assert not survives(path, noise.bytes(4) + b"TFL3" + noise.bytes(size))


def test_the_content_says_what_it_is_whatever_the_suffix(tmp_path, small):
    assert survives(tmp_path / "model.dat", small)
    assert survives(tmp_path / "model.onnx", small)


def test_refuses_a_file_cut_short_anywhere(tmp_path, small):
    survivors = [n for n in range(len(small)) if survives(tmp_path / "m.tflite", small[:n])]
    assert survivors == []


def test_bears_any_byte_changed(tmp_path, small):
    random = np.random.default_rng(SEED)
    alive = 0
    for _ in range(200):
        content = bytearray(small)
        for place in random.integers(len(small), size=random.integers(1, 4)):
            content[place] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.integers(256)])
        alive += survives(tmp_path / "m.tflite", bytes(content))
    assert 0 < alive < 200


@pytest.mark.skipif(not MODELS.is_dir(), reason="the real models are not here")
@pytest.mark.parametrize(
    "name", ["hello_world_int8", "micro_speech_int8", "microtvm_mnist_uint8io"]
)
def test_bears_damage_to_real_models(tmp_path, name):
    whole = (MODELS / f"{name}.tflite").read_bytes()
    random = np.random.default_rng(SEED)
    for length in random.integers(len(whole), size=40):
        assert not survives(tmp_path / "m.tflite", whole[:length])
    for _ in range(100):
        content = bytearray(whole)
        for place in random.integers(len(whole), size=8):
            content[place] ^= 1 << random.integers(8)
        survives(tmp_path / "m.tflite", bytes(content))
