"""TensorFlow Lite files as the QDQ graphs that tf2onnx makes of them.

Written after tf2onnx's conventions: channels last outside, each convolution or pool between two
Transposes, padding as pads, DequantizeLinear before and QuantizeLinear after each operator, weights
as they are with their scales, fused activations as Relu or Clip.
"""

from pathlib import Path

import numpy as np
import tflite
from onnx import TensorProto, helper, numpy_helper

from zeroleap.gen.frontend.tflite.file import parse

FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]
CLIPS = {1: (0, None), 2: (-1, 1), 3: (0, 6)}


def converted(path: Path):
    """Return the model; its inputs and outputs are those of the file, in order."""
    writer = _Writer(parse(path.read_bytes()))
    for operator in writer.file.operators:
        getattr(writer, operator.code.lower())(operator)
    return writer.model()


class _Writer:
    def __init__(self, file):
        self.file = file
        self.nodes, self.constants = [], []

    def node(self, kind, inputs, output=None, **attributes):
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], f"n_{output}", **attributes))
        return output

    def constant(self, array):
        name = f"k{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def scale(self, index):
        tensor = self.file.tensors[index]
        pick = tuple if len(tensor.scales) > 1 else (lambda values: values[0])
        kind = np.int32 if tensor.type == "INT32" else np.int8
        return [
            self.constant(np.array(pick(tensor.scales), np.float32)),
            self.constant(np.array(pick(tensor.zero_points), kind)),
        ]

    def real(self, index, array=None, axis=0):
        """Return a tensor, or a constant as ``array``, dequantised."""
        tensor = self.file.tensors[index]
        if tensor.data is None:
            return self.node("DequantizeLinear", [f"t{index}", *self.scale(index)])
        name = self.constant(tensor.values if array is None else array)
        attributes = {"axis": axis} if len(tensor.scales) > 1 else {}
        return self.node("DequantizeLinear", [name, *self.scale(index)], **attributes)

    def store(self, real, index, activation=0):
        """Write the result ``real``, limited by the fused activation."""
        if activation == 1:
            real = self.node("Relu", [real])
        elif activation:
            bounds = [self.constant(np.float32(bound)) for bound in CLIPS[activation]]
            real = self.node("Clip", [real, *bounds])
        self.node("QuantizeLinear", [real, *self.scale(index)], f"t{index}")

    def options(self, operator, kind):
        options, table = kind(), operator.table.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return options

    def _slide(self, kind, operator, inputs, options, window, **attributes):
        first = self.node("Transpose", [inputs[0]], perm=FIRST)
        strides = [options.StrideH(), options.StrideW()]
        shape = self.file.tensors[operator.inputs[0]].shape
        pads = [0] * 4
        if options.Padding() == tflite.Padding.SAME:
            for i in range(2):
                length = -(-shape[1 + i] // strides[i])
                whole = max((length - 1) * strides[i] + window[i] - shape[1 + i], 0)
                pads[i], pads[i + 2] = whole // 2, whole - whole // 2
        names = [first, *inputs[1:]]
        real = self.node(kind, names, kernel_shape=window, strides=strides, pads=pads, **attributes)
        real = self.node("Transpose", [real], perm=LAST)
        self.store(real, operator.outputs[0], options.FusedActivationFunction())

    def conv_2d(self, operator):
        x, w, b = operator.inputs
        kernels = self.file.tensors[w].values.transpose(0, 3, 1, 2)
        inputs = [self.real(x), self.real(w, kernels), self.real(b)]
        options = self.options(operator, tflite.Conv2DOptions)
        self._slide("Conv", operator, inputs, options, kernels.shape[2:])

    def depthwise_conv_2d(self, operator):
        x, w, b = operator.inputs
        kernels = self.file.tensors[w].values.transpose(3, 0, 1, 2)
        inputs = [self.real(x), self.real(w, kernels), self.real(b)]
        options = self.options(operator, tflite.DepthwiseConv2DOptions)
        group = self.file.tensors[x].shape[3]
        self._slide("Conv", operator, inputs, options, kernels.shape[2:], group=group)

    def average_pool_2d(self, operator):
        options = self.options(operator, tflite.Pool2DOptions)
        window = [options.FilterHeight(), options.FilterWidth()]
        self._slide("AveragePool", operator, [self.real(operator.inputs[0])], options, window)

    def add(self, operator):
        options = self.options(operator, tflite.AddOptions)
        real = self.node("Add", [self.real(index) for index in operator.inputs])
        self.store(real, operator.outputs[0], options.FusedActivationFunction())

    def fully_connected(self, operator):
        x, w, b = operator.inputs
        options = self.options(operator, tflite.FullyConnectedOptions)
        inputs = [self.real(x), self.real(w, self.file.tensors[w].values.T, axis=1)]
        real = self.node("Add", [self.node("MatMul", inputs), self.real(b)])
        self.store(real, operator.outputs[0], options.FusedActivationFunction())

    def reshape(self, operator):
        (target,) = operator.outputs
        shape = self.constant(np.array(self.file.tensors[target].shape, np.int64))
        self.store(self.node("Reshape", [self.real(operator.inputs[0]), shape]), target)

    def softmax(self, operator):
        real = self.node("Softmax", [self.real(operator.inputs[0])], axis=-1)
        self.store(real, operator.outputs[0])

    def model(self):
        inputs, outputs = (
            [
                helper.make_tensor_value_info(
                    f"t{index}", TensorProto.INT8, self.file.tensors[index].shape
                )
                for index in indices
            ]
            for indices in (self.file.inputs, self.file.outputs)
        )
        graph = helper.make_graph(self.nodes, "converted", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)
