"""TensorFlow Lite files that compute shapes, as the converter writes them for an open batch."""

from tflite_models import ModelWriter

MAP = (1, 2, 3, 4)


class ShapeWriter(ModelWriter):
    """Writes the shapes of maps of scale 1/2, and numbers of int32."""

    def map(self, name, shape=MAP):
        return self.tensor(name, shape, scales=[0.5], zero_points=[3])

    def numbers(self, *numbers, shape=None):
        shape = (len(numbers),) if shape is None else shape
        return self.tensor("numbers", shape, "int32", data=numbers)

    def computed(self, code, inputs, shape=(), kind=None, **options):
        output = self.tensor(code.lower(), shape, "int32")
        self.operator(code, inputs, [output], kind, **options)
        return output

    def batch(self, source, rank=4):
        """Add the length of the first axis of ``source``, as the converter writes it."""
        lengths = self.computed("SHAPE", [source], (rank,), "ShapeOptions")
        zero, one = self.numbers(0), self.numbers(1)
        inputs = [lengths, zero, one, one]
        return self.computed("STRIDED_SLICE", inputs, (), "StridedSliceOptions", ShrinkAxisMask=1)


def flatten(rest, to):
    """Return a file with what a Keras Flatten or Reshape becomes, between two rectifiers.

    ``rest`` is the shape behind the batch, as the layer was told it, and ``to`` the output's.
    """
    writer = ShapeWriter()
    source, middle = writer.map("source"), writer.map("middle")
    shaped, target = writer.map("shaped", to), writer.map("target", to)
    writer.operator("RELU", [source], [middle])
    lengths = [writer.batch(middle), *(writer.numbers(length, shape=()) for length in rest)]
    options = {"kind": "PackOptions", "ValuesCount": len(lengths)}
    shape = writer.computed("PACK", lengths, (len(lengths),), **options)
    writer.operator("RESHAPE", [middle, shape], [shaped])
    writer.operator("RELU", [shaped], [target])
    return writer.finish([source], [target])
