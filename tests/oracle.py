"""TensorFlow Lite Micro, which decides what is right."""

import pytest


def output_of(model, *inputs):
    """Return the (first) output of the file with these bytes."""
    return outputs_of(model, *inputs, count=1)[0]


def outputs_of(model, *inputs, count):
    """Return as many outputs of the file with these bytes."""
    runtime = pytest.importorskip("tflite_micro").runtime
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    for index, values in enumerate(inputs):
        interpreter.set_input(values, index)
    interpreter.invoke()
    return [interpreter.get_output(index) for index in range(count)]
