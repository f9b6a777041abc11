"""Which operators of a file its outputs depend on."""

from zeroleap.gen.frontend.tflite.file import FileModel

__all__ = ["live"]


def live(model: FileModel) -> tuple[int, ...]:
    """Return the places of the operators that an output depends on, in order.

    An operator without outputs is there for what it does to the model's state, so it counts.
    """
    wanted = set(model.outputs)
    found = []
    for index in reversed(range(len(model.operators))):
        operator = model.operators[index]
        if not operator.outputs or wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            found.append(index)
    return tuple(reversed(found))
