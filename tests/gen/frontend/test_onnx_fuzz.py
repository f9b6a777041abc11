"""Damaged ONNX files end in one line: no traceback, no hang, no more than a gigabyte."""

import contextlib
import resource
import signal
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper
from onnx_models import integer_network, operator_network, whole_network

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Graph
from zeroleap.gen.passes import legalise

SEED = 20260229
GIGABYTE = 1 << 30
SECONDS = 10
ABSURD = (-1, 0, 1, 2, 3, 255, 2**15, 2**16, 2**31 - 1, 2**31, -(2**31), 2**62, -(2**63))
MODELS = {"whole": whole_network, "operators": operator_network, "integers": integer_network}


class TooMuchError(BaseException):
    """Passes through what catches every `Exception`."""


@contextlib.contextmanager
def bounded():
    """Let a reader have so much memory and time, and no more."""

    def late(number, frame):
        raise TooMuchError(f"more than {SECONDS} s")

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    old = resource.getrlimit(resource.RLIMIT_AS)
    previous = signal.signal(signal.SIGALRM, late)
    resource.setrlimit(resource.RLIMIT_AS, (now + GIGABYTE, old[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, old)
        signal.signal(signal.SIGALRM, previous)


def is_refused(path, content):
    """Return whether the file is refused, in a line, by the reader or the passes behind it."""
    path.write_bytes(content)
    with bounded():
        try:
            graph = load(path)
            assert isinstance(graph, Graph)
            legalise(graph)
        except InputError as error:
            message = str(error)
        else:
            return False
    assert "\n" not in message
    assert path.name in message
    assert len(message) < 1200
    assert "MemoryError" not in message
    return True


def survivors(path, contents):
    return [content for content in contents if not is_refused(path, content)]


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def test_the_models_themselves_are_read(tmp_path, model):
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert isinstance(load(tmp_path / "m.onnx"), Graph)


def test_files_cut_short(tmp_path, model):
    whole = model.SerializeToString()
    random = np.random.default_rng(SEED)
    cuts = [whole[:length] for length in random.integers(len(whole), size=60)]
    assert survivors(tmp_path / "m.onnx", cuts) == []


def test_bytes_changed(tmp_path, model):
    whole = model.SerializeToString()
    random = np.random.default_rng(SEED)
    contents = []
    for _ in range(150):
        content = bytearray(whole)
        for place in random.integers(len(whole), size=random.integers(1, 5)):
            content[place] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.integers(256)])
        contents.append(bytes(content))
    assert len(survivors(tmp_path / "m.onnx", contents)) < 120


def absurd(random):
    return int(random.choice(np.array(ABSURD, dtype=object)))


def change_shape(model, random):
    """Give a constant, an input or an output another shape."""
    graph = model.graph
    tensor = random.choice([*graph.initializer])
    if random.random() < 0.5 and tensor.dims:
        tensor.dims[random.integers(len(tensor.dims))] = absurd(random)
        return
    item = random.choice([*graph.input, *graph.output])
    dims = item.type.tensor_type.shape.dim
    dims[random.integers(len(dims))].dim_value = absurd(random)


def change_attribute(model, random):
    """Change a number in an attribute."""
    nodes = [node for node in model.graph.node if node.attribute]
    attribute = random.choice([*random.choice(nodes).attribute])
    if attribute.ints:
        attribute.ints[random.integers(len(attribute.ints))] = absurd(random)
    elif random.random() < 0.2:
        attribute.ints.extend(absurd(random) for _ in range(3))
    else:
        attribute.i = absurd(random)
        attribute.f = float(random.choice([np.nan, np.inf, -1e38, 1e-45]))


def change_constant(model, random):
    """Change a number in a constant, or its type."""
    tensor = random.choice([*model.graph.initializer])
    array = numpy_helper.to_array(tensor).copy()
    if random.random() < 0.2:
        tensor.data_type = int(random.integers(0, 24))
        return
    flat = array.reshape(-1)
    if array.dtype == np.float32:
        flat[random.integers(flat.size)] = random.choice(
            np.float32([np.nan, np.inf, 0, -1, 1e-45, 1e-38, 3e38])
        )
    else:
        limits = np.iinfo(array.dtype)
        value = min(max(absurd(random), limits.min), limits.max)
        flat[random.integers(flat.size)] = value
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def change_name(model, random):
    """Let a node be of another kind, or read or write another tensor, its own or none."""
    graph = model.graph
    node = random.choice([*graph.node])
    names = [name for each in graph.node for name in (*each.input, *each.output)]
    choice = random.integers(5)
    if choice == 0:
        node.op_type = random.choice([*graph.node]).op_type
    elif choice == 1:
        node.output[0] = str(random.choice(names))
    elif choice == 2:
        del node.input[random.integers(len(node.input)) :]
    elif choice == 3:
        node.input[0] = node.output[0]
    else:
        node.input[random.integers(len(node.input))] = str(random.choice(names))


def change_order(model, random):
    """Put the nodes in another order, and perhaps twice."""
    nodes = [*model.graph.node]
    first, second = random.integers(len(nodes), size=2)
    nodes[first], nodes[second] = nodes[second], nodes[first]
    if random.random() < 0.2:
        nodes.append(nodes[first])
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


CHANGES = (change_shape, change_attribute, change_constant, change_name, change_order)


@pytest.mark.parametrize("change", CHANGES)
def test_sizes_indices_and_names_made_absurd(tmp_path, model, change):
    random = np.random.default_rng(SEED)
    contents = []
    for _ in range(80):
        copy = onnx.ModelProto.FromString(model.SerializeToString())
        with contextlib.suppress(ValueError):  # protobuf has a narrower type
            for _ in range(random.integers(1, 3)):
                change(copy, random)
        contents.append(copy.SerializeToString())
    assert len(survivors(tmp_path / "m.onnx", contents)) < 75


def test_a_cycle_and_a_tensor_that_claims_to_be_huge(tmp_path):
    model = whole_network()
    nodes = model.graph.node
    nodes[2].input[0] = nodes[-1].output[0]
    assert is_refused(tmp_path / "m.onnx", model.SerializeToString())
    for dims in ([2**31, 2**31], [2**28 + 1], [2**40], [0], [-5]):
        model = whole_network()
        tensor = next(item for item in model.graph.initializer if item.name == "c1_w")
        tensor.dims[:] = dims
        assert is_refused(tmp_path / "m.onnx", model.SerializeToString())
    model = whole_network()
    tensor = next(item for item in model.graph.initializer if item.name == "c1_b")
    tensor.ClearField("raw_data")
    tensor.data_type = TensorProto.FLOAT
    tensor.dims[:] = [2**27]
    assert is_refused(tmp_path / "m.onnx", model.SerializeToString())
