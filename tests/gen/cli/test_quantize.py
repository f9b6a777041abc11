"""zeroleap quantize: what it writes, and what it refuses in one line."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from zeroleap.gen.cli import main
from zeroleap.gen.frontend import load
from zeroleap.gen.ir import Convolution, FullyConnected
from zeroleap.sim.reference import network

MODELS = Path(__file__).parents[2] / "models"
REAL = Path(__file__).parents[4] / "shared" / "models" / "onnx"
DIGITS = MODELS / "digits_float.onnx"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.random.default_rng(1).random((3, 1, 8, 8), np.float32))
    return tmp_path


def small(dims=("n", 4), kind=TensorProto.FLOAT, inputs=1, bias=(1, 3), opset=11):
    """Write float.onnx: dense layers, their sum if there are several inputs."""
    random = np.random.default_rng(2)
    weights = random.standard_normal((4, 3)).astype(np.float32)
    constants = [
        numpy_helper.from_array(weights, "w"),
        numpy_helper.from_array(np.full(bias, 0.5, np.float32), "b"),
    ]
    names = [f"x{index}" for index in range(inputs)]
    nodes = [helper.make_node("Gemm", [name, "w", "b"], [f"{name}_y"]) for name in names]
    if inputs == 2:
        nodes.append(helper.make_node("Concat", ["x0_y", "x1_y"], ["y"], axis=1))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, kind, dims) for name in names],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    onnx.save(model, "float.onnx")
    return weights


def refused(capsys, model, data, output="q.onnx"):
    before = sorted(Path().iterdir())
    assert main(["quantize", str(model), "--data", str(data), "-o", str(output)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("zeroleap: error: ")
    assert err.count("\n") == 1
    assert sorted(Path().iterdir()) == before
    return err


def test_digits_are_read_as_well_as_onnxruntime_reads_them(folder, capsys):
    runtime = pytest.importorskip("onnxruntime")
    with np.load(MODELS / "digits_heldout.npz") as arrays:
        images, labels = arrays["images"], arrays["labels"]
    np.save("calibration.npy", images[:120])
    arguments = [str(DIGITS), "--data", "calibration.npy", "-o", "q.onnx", "--json"]
    assert main(["quantize", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "model": "digits_float.onnx",
        "output": "q.onnx",
        "inputs": 120,
    }
    graph = load(folder / "q.onnx")
    session = runtime.InferenceSession(folder / "q.onnx", providers=["CPUExecutionProvider"])
    ours, theirs = [], []
    for image in images:
        ours.append(network.run(graph, {"image": image[None]})["scores"].argmax())
        theirs.append(session.run(None, {"image": image[None]})[0].argmax())
    accuracy, expected = (np.mean(np.array(each) == labels) for each in (ours, theirs))
    assert expected > 0.97
    assert abs(accuracy - expected) <= 0.005


def test_weights_are_symmetric_with_a_scale_for_each_channel(folder):
    pytest.importorskip("onnxruntime")
    assert main(["quantize", str(DIGITS), "--data", "x.npy", "-o", "q.onnx"]) == 0
    layers = [op for op in load(folder / "q.onnx") if isinstance(op, Convolution | FullyConnected)]
    model = onnx.load(DIGITS)
    arrays = [numpy_helper.to_array(item) for item in model.graph.initializer]
    weights = [array for array in arrays if array.ndim > 1]
    for layer, real in zip(layers[:3], weights[:3], strict=True):
        largest = np.abs(real).max((1, 2, 3), keepdims=True)
        expected = (real / largest * 127).transpose(0, 2, 3, 1)
        assert np.abs(layer.weights - expected).max() <= 0.501


@pytest.mark.parametrize("opset", [8, 11, 13, 17])
@pytest.mark.parametrize("bias", [(3,), (1, 3)])
def test_old_opsets_rows_of_biases_and_a_variable_batch(folder, capsys, opset, bias):
    runtime = pytest.importorskip("onnxruntime")
    weights = small(bias=bias, opset=opset)
    x = np.random.default_rng(3).standard_normal((20, 4)).astype(np.float32)
    np.save("x.npy", x)
    assert main(["quantize", "float.onnx", "--data", "x.npy", "-o", "q.onnx"]) == 0
    assert capsys.readouterr().out == "written to q.onnx: ranges of 20 inputs\n"
    graph = load(folder / "q.onnx")
    session = runtime.InferenceSession("q.onnx", providers=["CPUExecutionProvider"])
    for row in x:
        [theirs] = session.run(None, {"x0": row[None]})
        step = graph.tensors[graph.operators[-1].input].scale
        ours = network.run(graph, {"x0": row[None]})[graph.outputs[0]]
        assert np.abs(ours - theirs).max() <= step * 1.001
        assert np.abs(ours - (row @ weights + 0.5)).max() < 0.1


def test_batch_normalisation_behind_dense_layers_is_part_of_them(folder):
    pytest.importorskip("onnxruntime")
    small()
    model = onnx.load("float.onnx")
    arrays = {"scale": [2, -1, 0.5], "shift": [1, 2, 3], "mean": [0, 1, -1], "variance": [1, 2, 3]}
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(array, np.float32), name) for name, array in arrays.items()
    )
    model.graph.node.append(helper.make_node("BatchNormalization", ["x0_y", *arrays], ["y"]))
    model.graph.output[0].name = "y"
    onnx.save(model, "float.onnx")
    np.save("x.npy", np.random.default_rng(3).standard_normal((9, 4)))
    assert main(["quantize", "float.onnx", "--data", "x.npy", "-o", "q.onnx"]) == 0
    assert [op.kind for op in load(folder / "q.onnx")] == ["quantize", "dense", "dequantize"]


@pytest.mark.parametrize("group", [1, 2, 4])
@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize("behind", [[], ["BatchNormalization"], ["BatchNormalization", "Relu"]])
def test_transposed_convolutions_are_quantised_with_what_is_behind_them(
    folder, opset, group, behind
):
    runtime = pytest.importorskip("onnxruntime")
    random = np.random.default_rng(5)
    sizes = np.logspace(-2, 0, 4 // group)[:, None, None]  # a scale for all would lose the first
    arrays = {
        "w": random.standard_normal((4, 4 // group, 3, 2)) * sizes,
        "b": random.standard_normal(4),
        "scale": random.uniform(0.5, 2, 4),
        "shift": random.standard_normal(4),
        "mean": random.standard_normal(4),
        "variance": random.uniform(0.5, 2, 4),
    }
    attributes = {"strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 2]}
    nodes = [helper.make_node("ConvTranspose", ["x", "w", "b"], ["t"], group=group, **attributes)]
    for kind in behind:
        inputs = [*nodes[-1].output, *(list(arrays)[2:] if kind == "BatchNormalization" else [])]
        nodes.append(helper.make_node(kind, inputs, [kind]))
    nodes[-1].output[0] = "y"
    arrays = {name: array.astype(np.float32) for name, array in arrays.items()}
    x, graph = quantised(folder, nodes, (4, 5, 3), opset, **arrays)
    [layer] = (op for op in graph if op.source == "ConvTranspose")
    assert [op.kind for op in graph] == [
        *("quantize", "transpose", "transposed conv", "transpose", "dequantize")
    ]
    assert len(np.unique(layer.requantization.multiplier)) == (4 if group == 1 else 1)
    step = graph.tensors[graph.operators[-1].input].scale
    [theirs] = runtime.InferenceSession("q.onnx").run(None, {"x": x[:1]})
    [real] = runtime.InferenceSession("f.onnx").run(None, {"x": x[:1]})
    ours = network.run(graph, {"x": x[:1]})["y"]
    assert ours.shape == (1, 4, 11, 9)
    assert np.abs(ours - theirs).max() <= step * 1.001
    assert np.abs(ours - real).max() < np.ptp(real) / 40


def test_groups_without_a_bias_keep_a_scale_for_each_channel_of_one(folder):
    pytest.importorskip("onnxruntime")
    w = np.random.default_rng(5).standard_normal((4, 2, 3, 2)).astype(np.float32)
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], group=2)
    _, graph = quantised(folder, [node], (4, 5, 3), w=w)
    [layer] = (op for op in graph if op.source == "ConvTranspose")
    multipliers = layer.requantization.multiplier.tolist()
    assert multipliers[:2] == multipliers[2:]
    assert multipliers[0] != multipliers[1]


def sum_of(kind):
    """Write f.onnx: the sum of two inputs, of which the first goes through an operator."""
    graph = helper.make_graph(
        [helper.make_node(kind, ["a"], ["s"]), helper.make_node("Add", ["s", "b"], ["y"])],
        "sum",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 4)) for name in "ab"],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        "f.onnx",
    )
    np.save("x.npy", np.random.default_rng(1).random((5, 4)))


@pytest.mark.parametrize("kind", ["Elu", "HardSigmoid", "Sigmoid", "Tanh"])
def test_takes_an_input_a_file_and_quantises_what_is_read(folder, capsys, kind):
    pytest.importorskip("onnxruntime")
    sum_of(kind)
    assert main(["quantize", "f.onnx", "--data", "x.npy,x.npy", "-o", "q.onnx"]) == 0
    assert capsys.readouterr().out == "written to q.onnx: ranges of 5 inputs\n"
    assert load(folder / "q.onnx").inputs == ("a", "b")


def quantised(folder, nodes, shape, opset=17, **constants):
    """Quantise a network of x to y with random data; return them and the graph."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ("n", *shape))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), "f.onnx")
    x = np.random.default_rng(1).uniform(-3, 3, (20, *shape)).astype(np.float32)
    np.save("x.npy", x)
    assert main(["quantize", "f.onnx", "--data", "x.npy", "-o", "q.onnx"]) == 0
    return x, load(folder / "q.onnx")


@pytest.mark.parametrize("kind", ["Add", "Max", "Min", "Mul", "Sub"])
def test_constants_and_results_of_two_maps_are_quantised(folder, kind):
    pytest.importorskip("onnxruntime")
    k = np.array([0.5, -1.5, 2.5], np.float32).reshape(3, 1, 1)
    x, graph = quantised(folder, [helper.make_node(kind, ["x", "k"], ["y"])], (3, 4, 5), k=k)
    ours = network.run(graph, {"x": x[:1]})["y"]
    real = {"Add": np.add, "Max": np.maximum, "Min": np.minimum, "Mul": np.multiply}
    expected = real.get(kind, np.subtract)(x[:1], k)
    assert np.abs(ours - expected).max() < np.ptp(expected) / 50


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_a_resize_keeps_the_scale_of_the_layer_before(folder, mode):
    runtime = pytest.importorskip("onnxruntime")
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Resize", ["r", "", "s"], ["z"], mode=mode),
        helper.make_node("Conv", ["z", "w"], ["y"]),
    ]
    w = np.random.default_rng(2).uniform(-1, 1, (3, 3, 1, 1)).astype(np.float32)
    x, graph = quantised(folder, nodes, (3, 4, 5), w=w, s=np.float32([1, 1, 2, 2]))
    kinds = [op.kind for op in graph if op.kind not in ("transpose", "quantize", "dequantize")]
    assert kinds == ["conv", {"nearest": "resize", "linear": "interpolate"}[mode], "conv"]
    session = runtime.InferenceSession("f.onnx", providers=["CPUExecutionProvider"])
    [expected] = session.run(None, {"x": x[:1]})
    ours = network.run(graph, {"x": x[:1]})["y"]
    assert np.abs(ours - expected).max() < np.ptp(expected) / 40


@pytest.mark.parametrize("keepdims", [0, 1])
def test_a_mean_of_a_mean_stays_one(folder, keepdims):
    pytest.importorskip("onnxruntime")
    nodes = [
        helper.make_node("LeakyRelu", ["x"], ["r"]),
        helper.make_node("ReduceMean", ["r"], ["m"], axes=[3], keepdims=keepdims),
        helper.make_node("ReduceMean", ["m"], ["o"], axes=[2], keepdims=keepdims),
        helper.make_node("Flatten", ["o"], ["f"]),
        helper.make_node("Gemm", ["f", "w"], ["y"]),
    ]
    x, graph = quantised(folder, nodes, (3, 4, 5), w=np.eye(3, dtype=np.float32))
    assert [op.kind for op in graph].count("average_pool") == 1
    ours = network.run(graph, {"x": x[:1]})["y"]
    expected = np.maximum(x[:1], 0.01 * x[:1]).mean((2, 3))
    assert np.abs(ours - expected).max() < 0.05


def test_refuses_what_could_not_run_when_it_is_quantised(folder, capsys):
    pytest.importorskip("onnxruntime")
    sum_of("Sin")
    message = refused(capsys, "f.onnx", "x.npy,x.npy")
    assert "f.onnx: quantised, it could not run here: node " in message
    assert "(Sin): operator is not supported" in message
    assert ".part" not in message
    Path("q.onnx").write_text("of before")
    refused(capsys, "f.onnx", "x.npy,x.npy")
    assert Path("q.onnx").read_text() == "of before"


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 8, 8), np.float32), "data have shape (3, 8, 8); (count, 1, 8, 8)"),
        (np.zeros((3, 1, 8, 7), np.float32), "data have shape (3, 1, 8, 7); (count, 1, 8, 8)"),
        (np.zeros((0, 1, 8, 8), np.float32), "data hold [0] inputs"),
        (np.zeros((3, 1, 8, 8), np.int8), "is int8; one array of floats"),
        (np.full((3, 1, 8, 8), np.nan), "values that are not finite"),
        (np.full((3, 1, 8, 8), 1e300), "values that are not finite"),
        (np.float32(3), "or one only"),
    ],
)
def test_refuses_data_that_are_not_the_models(folder, capsys, array, words):
    np.save("x.npy", array)
    assert words in refused(capsys, DIGITS, "x.npy")


def test_refuses_files_that_are_none_or_too_many(folder, capsys):
    np.savez("x.npz", np.zeros((3, 1, 8, 8), np.float32))
    assert "x.npz: is an archive; one array" in refused(capsys, DIGITS, "x.npz")
    assert "absent.npy: cannot be read" in refused(capsys, DIGITS, "absent.npy")
    assert "names 2 files; one for each" in refused(capsys, DIGITS, "x.npy,x.npy")
    assert "absent.onnx: cannot be read" in refused(capsys, "absent.onnx", "x.npy")
    Path("text.onnx").write_text("This is a text.\n")
    assert "text.onnx: " in refused(capsys, "text.onnx", "x.npy")
    assert "q.txt: is of no known format" in refused(capsys, DIGITS, "x.npy", "q.txt")
    assert "its folder does not exist" in refused(capsys, DIGITS, "x.npy", "no/q.onnx")


def test_refuses_models_that_are_quantised_or_unknown(folder, capsys):
    message = refused(capsys, MODELS / "digits_int8.onnx", "x.npy")
    assert "(QuantizeLinear): the model is quantised already" in message
    damaged = DIGITS.read_bytes().replace(b"MaxPool", b"Max\xffool")
    Path("damaged.onnx").write_bytes(damaged)
    assert "damaged.onnx: is damaged (a name is not UTF-8)" in refused(
        capsys, "damaged.onnx", "x.npy"
    )
    model = onnx.load(DIGITS)
    model.graph.node[1].op_type = "Relux"
    onnx.save(model, "unknown.onnx")
    assert "node 1 'relu1' (Relux): ONNX has no such operator" in refused(
        capsys, "unknown.onnx", "x.npy"
    )


def test_refuses_inputs_of_another_type_or_batch(folder, capsys):
    np.save("x.npy", np.zeros((4, 4), np.float32))
    small(dims=(2, 4))
    assert "has shape [2, 4]; a batch of 1" in refused(capsys, "float.onnx", "x.npy")
    small(kind=TensorProto.INT32)
    assert "is not float32" in refused(capsys, "float.onnx", "x.npy")
    small(inputs=2)
    np.save("y.npy", np.zeros((3, 4), np.float32))
    assert "data hold [3, 4] inputs" in refused(capsys, "float.onnx", "x.npy,y.npy")


def test_says_in_one_line_that_onnxruntime_gave_up(folder, capfd):
    pytest.importorskip("onnxruntime")
    model = onnx.load(DIGITS)
    model.graph.node[-1].input[0] = "average_pool.out"  # a Gemm of a map
    onnx.save(model, "bad.onnx")
    assert "bad.onnx: onnxruntime cannot quantise it (" in refused(capfd, "bad.onnx", "x.npy")
    model = onnx.load(DIGITS)
    weights = numpy_helper.to_array(model.graph.initializer[0])
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(weights * np.float32(np.nan), model.graph.initializer[0].name)
    )
    onnx.save(model, "bad.onnx")
    assert "bad.onnx: onnxruntime cannot quantise it (" in refused(capfd, "bad.onnx", "x.npy")


def test_says_what_to_install_without_onnxruntime(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "pip install zeroleap[quantize]" in refused(capsys, DIGITS, "x.npy")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real models are not here")
def test_real_models_are_quantised_or_refused_by_name(folder, capsys):
    pytest.importorskip("onnxruntime")
    random = np.random.default_rng(4)
    np.save("x.npy", random.random((4, 1, 28, 28), np.float32) * 255)
    assert (
        main(["quantize", str(REAL / "mnist8_float.onnx"), "--data", "x.npy", "-o", "q.onnx"]) == 0
    )
    capsys.readouterr()
    kinds = [node.op_type for node in onnx.load("q.onnx").graph.node]
    assert (kinds.count("Conv"), kinds.count("Gemm")) == (2, 1)
    message = refused(capsys, REAL / "squeezenet_float.onnx", "x.npy")
    assert "node 0 'scalerPreprocessor' (ImageScaler): ONNX has no such operator" in message
