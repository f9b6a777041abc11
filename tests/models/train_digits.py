"""Train, export and quantise the demo's network: 8x8 handwritten digits.

``python tests/models/train_digits.py`` writes ``digits_float.onnx``, ``digits_int8.onnx`` and
``digits_heldout.npz`` beside itself. Every random choice has a fixed seed. The held-out images take
no part in training, in calibration or in the choice of the weights, which are simply the last ones.

Two 3x3 convolutions, maximum, 3x3 convolution, average, dense; ReLU after each convolution. A small
L1 penalty on what the ReLUs let through makes the network do with fewer non-zero activations.
"""

import argparse
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 1797
HELD_OUT = 360
EPOCHS = 60
BATCH = 32
SPARSITY_PENALTY = 0.15
CHANNELS = (16, 32, 32)
CLASSES = 10

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class Digits(nn.Module):
    """Class scores of images of shape (batch, 1, 8, 8), 0..1."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, *CHANNELS)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise(widths)
        )
        self.dense = nn.Linear(CHANNELS[-1] * 4, CLASSES)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores, and the mean activation, summed over the inputs of the layers after the first."""
        first = self.convolutions[0](images).relu()
        second = nn.functional.max_pool2d(self.convolutions[1](first).relu(), 2)
        third = nn.functional.avg_pool2d(self.convolutions[2](second).relu(), 2)
        return self.dense(third.flatten(1)), first.mean() + second.mean() + third.mean()


def split() -> tuple[Array, Array, Labels, Labels]:
    """Training images, held-out images, training labels, held-out labels."""
    digits = load_digits()
    images = (digits.images[:, None] / 16).astype(np.float32)
    return tuple(
        train_test_split(
            images,
            digits.target.astype(np.int64),
            test_size=HELD_OUT,
            random_state=SEED,
            stratify=digits.target,
        )
    )


def train(images: Array, labels: Labels) -> Digits:
    """Fit the network, on one thread and with fixed seeds."""
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(mode=True)
    torch.set_num_threads(1)
    model = Digits()
    steps = EPOCHS * -(-len(images) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            scores, activity = model(x[batch])
            loss = nn.functional.cross_entropy(scores, y[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            (loss + SPARSITY_PENALTY * activity).backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def export(model: Digits) -> onnx.ModelProto:
    """ONNX of the network for one image; written by hand, so that names and order are ours."""
    constants = []

    def constant(name: str, parameter: torch.Tensor) -> str:
        constants.append(numpy_helper.from_array(parameter.detach().numpy(), name))
        return name

    nodes = []
    tensor = "image"
    for index, layer in enumerate(model.convolutions, 1):
        name = f"conv{index}"
        weights = constant(f"{name}.weight", layer.weight)
        bias = constant(f"{name}.bias", layer.bias)
        nodes += [
            helper.make_node(
                "Conv",
                [tensor, weights, bias],
                [f"{name}.sums"],
                name,
                kernel_shape=[3, 3],
                pads=[1, 1, 1, 1],
            ),
            helper.make_node("Relu", [f"{name}.sums"], [f"{name}.relu"], f"relu{index}"),
        ]
        tensor = f"{name}.relu"
        if index > 1:
            kind = ("MaxPool", "AveragePool")[index - 2]
            name = ("max_pool", "average_pool")[index - 2]
            nodes.append(
                helper.make_node(
                    kind, [tensor], [f"{name}.out"], name, kernel_shape=[2, 2], strides=[2, 2]
                )
            )
            tensor = f"{name}.out"
    weights = constant("dense.weight", model.dense.weight)
    bias = constant("dense.bias", model.dense.bias)
    nodes += [
        helper.make_node("Flatten", [tensor], ["features"], "flatten"),
        helper.make_node("Gemm", ["features", weights, bias], ["scores"], "dense", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, CLASSES])],
        constants,
    )
    result = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="zeroleap tests/models/train_digits.py",
    )
    onnx.checker.check_model(result, full_check=True)
    return result


class Images(CalibrationDataReader):
    """Gives the quantiser one image at a time."""

    def __init__(self, images: Array) -> None:
        self.left = iter(images)

    def get_next(self) -> dict[str, Array] | None:
        """Return the next input of the model; None at the end."""
        image = next(self.left, None)
        return None if image is None else {"image": image[None]}


def quantise(source: Path, target: Path, calibration: Array) -> None:
    """Quantise with onnxruntime: QDQ, int8, a weight scale for each output channel."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared))
        quantize_static(
            prepared,
            target,
            Images(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"WeightSymmetric": True, "ActivationSymmetric": False},
        )


def scores_of(model: Path, images: Array) -> Array:
    """Scores of an ONNX file under onnxruntime, an image at a time."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": image[None]})[0] for image in images])


def accuracy_of(scores: Array, labels: Labels) -> float:
    """Share of the images whose largest score is at their label."""
    return float((scores.argmax(1) == labels).mean())


def main() -> None:
    """Write the three files and print the figures that README.md quotes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="DIR")
    out = parser.parse_args().out
    training, held_out, training_labels, labels = split()
    float_path, int8_path = out / "digits_float.onnx", out / "digits_int8.onnx"
    onnx.save(export(train(training, training_labels)), float_path)
    quantise(float_path, int8_path, training)
    scores = scores_of(float_path, held_out)
    accuracy = accuracy_of(scores, labels)
    np.savez_compressed(
        out / "digits_heldout.npz",
        images=held_out,
        labels=labels,
        float_logits=scores,
        float_accuracy=np.float64(accuracy),
    )
    print(f"training, float   {accuracy_of(scores_of(float_path, training), training_labels):.4f}")
    print(f"held out, float   {accuracy:.4f}")
    print(f"held out, int8    {accuracy_of(scores_of(int8_path, held_out), labels):.4f}")


if __name__ == "__main__":
    main()
