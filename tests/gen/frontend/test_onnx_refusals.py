"""What the reader of ONNX files refuses, each in a line that names it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import SEED, Net, convolution, refusal, whole_network, write

from zeroleap.gen.errors import InputError
from zeroleap.gen.frontend import load
from zeroleap.gen.passes import legalise


@pytest.mark.parametrize(
    ("kind", "constant", "words"),
    [
        ("Squeeze", [1], "axes (1,) of (1, 4, 6, 6) are not all of length 1"),
        ("Reshape", [1, 5, -1], "144 elements"),
        ("Reshape", [-1, 4, -1], "144 elements"),
        ("Reshape", [-2, -2, 36], "144 elements"),
    ],
)
def test_refuses_shapes_that_do_not_fit(tmp_path, kind, constant, words):
    net = Net((1, 4, 6, 6))
    x = net.quantize("x", 0.05, 0)
    y = net.node(kind, [x, net.constant("k", np.array(constant))], "y")
    message = refusal(tmp_path, net.model(net.quantize(y, 0.05, 0), (1, 4, 36)))
    assert f"'n_y' ({kind}): " in message
    assert words in message


def test_refuses_two_scales_of_one_input(tmp_path):
    net = Net()
    first = net.node("DequantizeLinear", ["x", *net.scale("a", 0.05, 0)], "a")
    second = net.node("DequantizeLinear", ["x", *net.scale("b", 0.06, 0)], "b")
    net.quantize(convolution(net, first), 0.1, 0)
    y = net.quantize(convolution(net, second, "e"), 0.1, 0)
    message = refusal(tmp_path, net.model(y, (1, 4, 4, 3), TensorProto.INT8))
    assert "'n_b' (DequantizeLinear): the model's input has another scale elsewhere" in message


def test_refuses_attributes_that_it_does_not_know(tmp_path):
    model = whole_network()
    node = next(node for node in model.graph.node if node.op_type == "Relu")
    node.attribute.append(helper.make_attribute("slope", 2))
    assert "slope" in refusal(tmp_path, model)


def conv_with(**attributes):
    def model():
        net = Net((1, 4, 6, 6))
        attributes.setdefault("w_shape", (4, 4 // attributes.get("group", 1), 3, 3))
        c = convolution(net, net.quantize("x", 0.05, 0), **attributes)
        return net.model(net.quantize(c, 0.1, 0), ("n", "c", "h", "w"))

    return model


def pool_with(kind, scale=0.05, **attributes):
    def model():
        net = Net((1, 4, 6, 6))
        attributes.setdefault("kernel_shape", [2, 2])
        p = net.node(kind, [net.quantize("x", 0.05, 0)], "p", **attributes)
        return net.model(net.quantize(p, scale, 0), ("n", "c", "h", "w"))

    return model


def gemm_with(**attributes):
    def model():
        net = Net((1, 8))
        w = net.weights("w", (3, 8), axis=attributes.pop("axis", 0))
        g = net.node("Gemm", [net.quantize("x", 0.05, 0), w], "g", **attributes)
        return net.model(net.quantize(g, 0.1, 0), (1, 3))

    return model


def node_on_input(kind, shape=(1, 4, 6, 6), **attributes):
    def model():
        net = Net(shape)
        g = net.node(kind, [net.quantize("x", 0.05, 0)], "g", **attributes)
        return net.model(net.quantize(g, 0.1, 0), shape)

    return model


def linear_of(kind, scale, **attributes):
    def model():
        net = Net((1, 4, 6, 6))
        r = net.node(kind, [net.quantize("x", 0.05, 0)], "r", **attributes)
        size = net.constant("size", np.float32([1, 1, 2, 2]))
        z = net.node("Resize", [r, "", size], "z", mode="linear")
        return net.model(net.quantize(z, scale, 0), (1, 4, 12, 12))

    return model


def with_constants(kind, *constants, opset=17, **attributes):
    def model():
        net = Net((1, 4, 6, 6))
        net.opset = opset
        names = [net.constant(f"k{i}", np.array(k)) for i, k in enumerate(constants)]
        g = net.node(kind, [net.quantize("x", 0.05, 0), *names], "g", **attributes)
        return net.model(net.quantize(g, 0.05, 0), ("n", "c", "h", "w"))

    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (conv_with(auto_pad="SAME"), "'n_c' (Conv): attribute auto_pad is SAME; accepted: NOTSET"),
        (
            conv_with(auto_pad="SAME_UPPER", pads=[1, 0, 0, 0]),
            "'n_c' (Conv): pads is (1, 0, 0, 0) with auto_pad SAME_UPPER",
        ),
        (conv_with(dilations=[2, 0]), "'n_c' (Conv): dilations is (2, 0); 2 values in 1.."),
        (conv_with(group=3, w_shape=(4, 1, 3, 3)), "'n_c' (Conv): attribute group is 3 with 4"),
        (conv_with(group=-1, w_shape=(4, 1, 3, 3)), "'n_c' (Conv): attribute group is -1 with 4"),
        (conv_with(group=8, w_shape=(8, 1, 3, 3)), "input has 4 channels; 8, those of the weights"),
        (conv_with(group=4, w_shape=(4, 2, 3, 3)), "input has 4 channels; 8, those of the weights"),
        (conv_with(pads=[3, 0, 0, 0]), "pads is (3, 0, 0, 0); 4 values from 0 to less than"),
        (pool_with("MaxPool", ceil_mode=2), "'n_p' (MaxPool): attribute ceil_mode is 2"),
        (pool_with("MaxPool", storage_order=1), "(MaxPool): attribute storage_order is 1"),
        (pool_with("MaxPool", dilations=[1, 2]), "(MaxPool): attribute dilations is [1, 2]"),
        (
            pool_with("AveragePool", ceil_mode=1, count_include_pad=1),
            "(AveragePool): attribute ceil_mode is 1; accepted: 0",
        ),
        (
            pool_with("AveragePool", scale=0.06, pads=[1, 0, 0, 0]),
            "(AveragePool): scale or zero point changes and there is padding",
        ),
        (gemm_with(transB=1, alpha=0.5), "'n_g' (Gemm): attribute alpha is 0.5"),
        (gemm_with(transB=1, beta=2.0), "(Gemm): attribute beta is 2.0"),
        (gemm_with(transB=1, transA=1), "(Gemm): attribute transA is 1"),
        (gemm_with(transB=1, axis=1), "weights have a scale for each input"),
        (node_on_input("Sinh"), "'n_g' (Sinh): operator is not supported; supported are Conv"),
        (node_on_input("ReduceMean", axes=[0, 1]), "'n_g' (ReduceMean): axes are (0, 1) of"),
        (node_on_input("ReduceMean", axes=[4]), "'n_g' (ReduceMean): axis is 4; -4..3 is accepted"),
        (node_on_input("ReduceMean"), "'n_g' (ReduceMean): axes are None of (1, 4, 6, 6)"),
        (with_constants("Add", np.ones(4, np.float32)), "'n_g' (Add): input 1 is not quantised"),
        (with_constants("Max"), "'n_g' (Max): has 1 inputs; 2 are accepted"),
        (with_constants("Concat", axis=4), "'n_g' (Concat): axis is 4; -4..3 is accepted"),
        (with_constants("Pad", [0] * 8, mode="edge"), "'n_g' (Pad): attribute mode is edge"),
        (with_constants("Pad", [0] * 7), "'n_g' (Pad): pads is (0, 0, 0, 0, 0, 0, 0); two"),
        (with_constants("Pad", [0, 0, 0, -1] * 2), "'n_g' (Pad): pads is (0, 0, 0, -1,"),
        (with_constants("Pad", [0, 2**40] * 4), "'n_g' (Pad): a tensor must have at most"),
        (with_constants("Slice", [0], [0], [1]), "'n_g' (Slice): nothing is left of (1, 4, 6, 6)"),
        (with_constants("Slice", [0], [1], [4]), "'n_g' (Slice): axis is 4; -4..3 is accepted"),
        (with_constants("Slice", [0], [1], [1], [0]), "'n_g' (Slice): starts (0,), ends (1,),"),
        (with_constants("Slice", [0, 0], [1], [1]), "'n_g' (Slice): starts (0, 0), ends (1,),"),
        (with_constants("Split", [1, 2], axis=1), "'n_g' (Split): parts are (1, 2) of 4; 1 that"),
        (
            with_constants("Resize", mode="cubic"),
            "'n_g' (Resize): attribute mode is cubic; accepted: nearest, linear",
        ),
        (
            with_constants("Resize", nearest_mode="up"),
            "'n_g' (Resize): attribute nearest_mode is up; accepted: round_prefer_floor",
        ),
        (
            with_constants("Resize", coordinate_transformation_mode="tf_crop_and_resize"),
            "'n_g' (Resize): attribute coordinate_transformation_mode is tf_crop_and_resize",
        ),
        (
            with_constants("Resize", opset=18, mode="linear", antialias=1),
            "'n_g' (Resize): attribute antialias is 1; accepted: 0",
        ),
        (
            with_constants("Resize", opset=18, keep_aspect_ratio_policy="not_larger"),
            "'n_g' (Resize): attribute keep_aspect_ratio_policy is not_larger; accepted: stretch",
        ),
        (
            with_constants("Resize", opset=18, mode="linear", axes=[2, 3]),
            "'n_g' (Resize): attribute axes is not supported",
        ),
        (
            with_constants("Resize", mode="linear", exclude_outside=1),
            "'n_g' (Resize): attribute exclude_outside is 1; accepted: 0",
        ),
        (
            with_constants("Resize", [], np.float32([1, 2, 1, 1]), mode="linear"),
            "'n_g' (Resize): from (1, 4, 6, 6) to (1, 8, 6, 6); a batch of 1, equal channels",
        ),
        (
            linear_of("Relu", 0.05),
            "'n_z' (Resize): input 'r' is not quantised; QuantizeLinear and DequantizeLinear",
        ),
        (
            linear_of("Sigmoid", 0.05),
            "'n_z' (Resize): input 'r' is not quantised; QuantizeLinear and DequantizeLinear",
        ),
        (
            linear_of("AveragePool", 0.05, kernel_shape=[1, 1]),
            "'n_z' (Resize): input 'r' is not quantised; QuantizeLinear and DequantizeLinear",
        ),
        (
            linear_of("Identity", 0.0374),
            "'n_z' (Resize): scale goes from 0.0500000007450580",
        ),
        (
            with_constants("Resize", np.zeros(0, np.float32), np.float32([1, 2, 1, 1])),
            "'n_g' (Resize): from (1, 4, 6, 6) to (1, 8, 6, 6); a batch of 1, equal channels",
        ),
        (
            with_constants("Resize", np.zeros(0, np.float32), np.float32([1, 1, np.inf, 1])),
            "'n_g' (Resize): scales are [1.0, 1.0, inf, 1.0]; 4 numbers above 0",
        ),
        (
            with_constants("Resize", [], np.float32([]), np.int64([1, 4, 2**20, 6])),
            "'n_g' (Resize): from (1, 4, 6, 6) to (1, 4, 1048576, 6); a batch of 1, equal channels",
        ),
        (
            with_constants("Resize", np.zeros(0, np.float32), np.zeros(0, np.float32)),
            "'n_g' (Resize): input has shape (1, 4, 6, 6); 4 dimensions, and constant scales",
        ),
        (node_on_input("Transpose", perm=[0, 1, 2]), "attribute perm is [0, 1, 2]"),
        (node_on_input("Relu", shape=(2, 4)), "a batch (first dimension) of 1"),
    ],
)
def test_refuses_in_one_line_that_names_node_and_attribute(tmp_path, model, words):
    message = refusal(tmp_path, model())
    assert words in message
    assert message.startswith("model.onnx: ")


def test_refuses_a_mean_of_means_over_the_whole_map_and_its_channels(tmp_path):
    net = Net((1, 4, 6, 6))
    m = net.node("ReduceMean", [net.quantize("x", 0.05, 0)], "m", axes=[2, 3])
    z = net.node("ReduceMean", [m], "z", axes=[1])
    message = refusal(tmp_path, net.model(net.quantize(z, 0.05, 0), (1, 1, 1, 1)))
    assert "'n_z' (ReduceMean): axes are (1,) of (1, 4, 6, 6) averaged over (2, 3); one" in message


def test_refuses_float_models_and_old_or_unknown_opsets(tmp_path):
    net = Net()
    net.node("Relu", ["x"], "y")
    assert "not quantised" in refusal(tmp_path, net.model("y", net.in_shape))
    for opset in (9, 10, 99):
        net = Net()
        y = net.quantize("x", 0.1, 0)
        net.opset = opset
        assert f"opset is {opset}; 11.." in refusal(tmp_path, net.model(y, net.in_shape))


@pytest.mark.parametrize(
    ("kind", "domain", "words"),
    [
        ("DynamicQuantizeLinear", "", "quantised dynamically"),
        ("ConvInteger", "", "quantised dynamically"),
        ("MatMulIntegerToFloat", "com.microsoft", "quantised dynamically"),
        ("Quant", "qonnx.custom_op.general", "QDQ or QCDQ"),
        ("BipolarQuant", "onnx.brevitas", "QDQ or QCDQ"),
        ("Trunc", "finn.custom_op.general", "QDQ or QCDQ"),
    ],
)
def test_says_what_to_do_about_models_that_are_quantised_in_other_ways(
    tmp_path, kind, domain, words
):
    is_dynamic = words == "quantised dynamically"
    for model in (whole_network(), Net().model("x", (1,))):
        model.graph.node.insert(0, helper.make_node("Sin", ["x"], ["s"]))  # not the first to say
        model.graph.node.append(helper.make_node(kind, ["x"], ["q"], "n_q", domain=domain))
        message = refusal(tmp_path, model)
        assert f" 'n_q' ({kind}): the model is quantised " in message
        assert words in message
        assert ("zeroleap quantize FLOAT.onnx --data" in message) == is_dynamic
        assert "supported are" not in message


def test_refuses_other_domains_and_external_data(tmp_path):
    model = whole_network()
    model.graph.node[-1].domain = "com.microsoft"
    assert "operator of domain com.microsoft is not supported" in refusal(tmp_path, model)
    model = whole_network()
    model.graph.initializer[3].data_location = TensorProto.EXTERNAL
    assert "is in another file" in refusal(tmp_path, model)


def test_refuses_what_is_not_quantised_all_the_way(tmp_path):
    net = Net()
    c = convolution(net, net.quantize("x", 0.05, 0))
    assert "model output 'c' is not quantised" in refusal(tmp_path, net.model(c, (1, 4, 4, 3)))
    net = Net()
    net.quantize("x", 0.05, 0)
    c = convolution(net, "x")
    y = net.quantize(c, 0.1, 0)
    assert "'n_c' (Conv): input 0 is not quantised" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))
    net = Net()
    x = net.quantize("x", 0.05, 0)
    net.constant("w", np.ones((4, 2, 3, 3), np.float32))
    y = net.quantize(net.node("Conv", [x, "w"], "c"), 0.1, 0)
    assert "weights are not quantised" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))


def test_refuses_an_output_that_is_limited_after_its_quantisation(tmp_path):
    net = Net()
    net.node("Relu", [net.quantize("x", 0.05, 0)], "y")
    assert "model output 'y' is not quantised" in refusal(tmp_path, net.model("y", net.in_shape))


@pytest.mark.parametrize("kind", ["LogSoftmax", "Sigmoid", "Softmax"])
def test_says_where_to_end_a_model_that_ends_in_scores_of_floats(tmp_path, kind):
    net = Net((1, 6))
    net.node(kind, [net.quantize("x", 0.05, 0)], "y")
    message = refusal(tmp_path, net.model("y", (1, 6)))
    assert f"'y' is not quantised: it is a {kind} of floats; a model that ends before it" in message
    assert "in 'x_d' (see onnx.utils.extract_model), or a QuantizeLinear, and a" in message
    onnx.utils.extract_model(tmp_path / "model.onnx", tmp_path / "cut.onnx", ["x"], ["x_d"])
    assert load(tmp_path / "cut.onnx").outputs == ("x_d",)


@pytest.mark.parametrize("kinds", [["Tanh"], ["Relu", "Sigmoid"], ["Tanh", "Sigmoid"]])
def test_does_not_say_so_where_that_would_not_help(tmp_path, kinds):
    net = Net((1, 6))
    y = net.quantize("x", 0.05, 0)
    for index, kind in enumerate(kinds):
        y = net.node(kind, [y], f"y{index}")
    message = refusal(tmp_path, net.model(y, (1, 6)))
    assert "is not quantised; a QuantizeLinear, and a DequantizeLinear if" in message


def test_refuses_an_output_of_another_shape_than_declared(tmp_path):
    net = Net()
    y = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.1, 0)
    message = refusal(tmp_path, net.model(y, (1, 4, 3, 4)))
    assert "is declared (1, 4, 3, 4) and computed (1, 4, 4, 3)" in message


def test_refuses_a_dequantisation_with_another_scale(tmp_path):
    net = Net()
    x = net.quantize("x", 0.05, 0)
    other = net.scale("other", 0.06, 0)
    x = net.node("DequantizeLinear", ["x_q", *other], "z")
    y = net.quantize(convolution(net, x), 0.1, 0)
    assert "are not those of its QuantizeLinear" in refusal(tmp_path, net.model(y, (1, 4, 4, 3)))


def test_a_change_of_scale_in_the_middle_is_a_table(tmp_path):
    net = Net((1, 2, 6, 6))
    c = net.quantize(convolution(net, net.quantize("x", 0.05, 0)), 0.05, 0)
    p = net.quantize(net.node("MaxPool", [c], "p", kernel_shape=[2, 2]), 0.07, 0)
    y = net.quantize(convolution(net, p, "e", (4, 4, 3, 3)), 0.1, 0)
    graph = load(write(tmp_path, net.model(y, (1, 4, 1, 1))))
    assert "table" in [op.kind for op in graph]
    legalise(graph)


def test_bears_damage(tmp_path):
    whole = whole_network().SerializeToString()
    path = tmp_path / "model.onnx"
    random = np.random.default_rng(SEED)
    contents = [whole[:length] for length in random.integers(len(whole), size=60)]
    for _ in range(200):
        content = bytearray(whole)
        for place in random.integers(len(whole), size=4):
            content[place] = random.integers(256)
        contents.append(bytes(content))
    refused = 0
    for content in contents:
        path.write_bytes(content)
        try:
            load(path)
        except InputError as error:
            refused += "\n" not in str(error)
    assert refused > 60
