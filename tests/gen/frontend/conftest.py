"""Small TensorFlow Lite files, written field by field."""

import importlib
from types import SimpleNamespace

import flatbuffers
import numpy as np
import pytest
import tflite

ITEM = {"INT8": "i1", "UINT8": "u1", "INT32": "<i4", "FLOAT32": "<f4"}


def tensor(name, shape, dtype="INT8", scales=(0.5,), zeros=(0,), data=None, **more):
    return SimpleNamespace(
        name=name,
        shape=shape,
        dtype=dtype,
        scales=scales,
        zeros=zeros,
        data=None if data is None else np.asarray(data).astype(ITEM[dtype]).tobytes(),
        axis=more.get("axis", 0),
        variable=more.get("variable", False),
    )


def operator(code, inputs, outputs, options=None, **fields):
    return SimpleNamespace(
        code=code, inputs=inputs, outputs=outputs, options=options, fields=fields
    )


def convolution(
    weights_shape=(3, 2, 2, 2), in_shape=(1, 5, 4, 2), out_shape=(1, 4, 3, 3), **change
):
    """Return tensors and operators of one CONV_2D; ``change`` replaces what it names."""
    fields = {"Padding": 1, "StrideW": 1, "StrideH": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    fields |= change.pop("fields", {})
    channels = weights_shape[0]
    tensors = {
        "x": tensor("x", in_shape, scales=[0.5], zeros=[-3]),
        "w": tensor(
            "w",
            weights_shape,
            scales=[0.25, 0.5, 1.0][:channels],
            zeros=[0] * channels,
            data=np.arange(np.prod(weights_shape)) - 9,
        ),
        "b": tensor("b", (channels,), "INT32", data=np.arange(channels) * 10**9 - 10**9),
        "y": tensor("y;y/BiasAdd", out_shape, scales=[0.125], zeros=[7]),
    } | change
    step = operator("CONV_2D", [0, 1, 2], [3], "Conv2DOptions", **fields)
    return list(tensors.values()), [step]


def build(tensors, operators, inputs=(0,), outputs=None, subgraphs=1, version=3):
    """Return the bytes of a model; the last tensor is its output unless told."""
    builder = flatbuffers.Builder(1024)

    def vector(values, add):
        builder.StartVector(4 if add != "Int64" else 8, len(values), 8)
        for value in reversed(list(values)):
            getattr(builder, f"Prepend{add}")(value)
        return builder.EndVector()

    def make(kind, **fields):
        module = importlib.import_module(f"tflite.{kind}")
        getattr(module, f"{kind}Start")(builder)
        for name, value in fields.items():
            if value is not None:
                getattr(module, f"{kind}Add{name}")(builder, value)
        return getattr(module, f"{kind}End")(builder)

    buffers, made = [make("Buffer")], []
    for item in tensors:
        index = 0
        if item.data is not None:
            index = len(buffers)
            buffers.append(make("Buffer", Data=builder.CreateByteVector(item.data)))
        quantization = make(
            "QuantizationParameters",
            Scale=vector(item.scales, "Float32"),
            ZeroPoint=vector(item.zeros, "Int64"),
            QuantizedDimension=item.axis,
        )
        made.append(
            make(
                "Tensor",
                Name=builder.CreateString(item.name),
                Shape=vector(item.shape, "Int32"),
                Type=getattr(tflite.TensorType, item.dtype),
                Buffer=index,
                Quantization=quantization,
                IsVariable=item.variable,
            )
        )
    codes, steps = [], []
    for item in operators:
        number = getattr(tflite.BuiltinOperator, item.code)
        codes.append(
            make("OperatorCode", DeprecatedBuiltinCode=min(number, 127), BuiltinCode=number)
        )
        options = make(item.options, **item.fields) if item.options else None
        steps.append(
            make(
                "Operator",
                OpcodeIndex=len(codes) - 1,
                Inputs=vector(item.inputs, "Int32"),
                Outputs=vector(item.outputs, "Int32"),
                BuiltinOptionsType=getattr(tflite.BuiltinOptions, item.options or "NONE"),
                BuiltinOptions=options,
            )
        )
    graph = make(
        "SubGraph",
        Tensors=vector(made, "UOffsetTRelative"),
        Inputs=vector(inputs, "Int32"),
        Outputs=vector([len(tensors) - 1] if outputs is None else outputs, "Int32"),
        Operators=vector(steps, "UOffsetTRelative"),
    )
    model = make(
        "Model",
        Version=version,
        OperatorCodes=vector(codes, "UOffsetTRelative"),
        Subgraphs=vector([graph] * subgraphs, "UOffsetTRelative"),
        Buffers=vector(buffers, "UOffsetTRelative"),
    )
    builder.Finish(model, b"TFL3")
    return bytes(builder.Output())


@pytest.fixture
def lite():
    """Give the words that models are written in."""
    return SimpleNamespace(build=build, tensor=tensor, operator=operator, convolution=convolution)
