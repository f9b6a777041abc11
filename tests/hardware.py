"""What tests of single blocks share: a simulator, and layers by hand and at random."""

from amaranth.sim import Simulator

from zeroleap.gen.geometry import Geometry
from zeroleap.gen.ir import Padding
from zeroleap.gen.tiling import Region

SEEDS = range(4)


def simulate(dut, *testbenches):
    """Run ``testbenches`` on ``dut`` until all are done, from a reset on."""
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    for testbench in testbenches:
        sim.add_testbench(testbench)
    sim.run()


def geometry(size, channels, kernel, stride, padding, channelwise=False):
    """Describe a layer; ``channels`` are those of input and output."""
    down = size[0] + padding.top + padding.bottom - kernel[0]
    across = size[1] + padding.left + padding.right - kernel[1]
    out_size = (down // stride[0] + 1, across // stride[1] + 1)
    return Geometry(
        *size, channels[0], *out_size, channels[1], kernel, stride, padding, channelwise
    )


def random_geometry(random, channelwise=False):
    """Describe a random layer: any stride, any padding, also more than the kernel covers."""
    size = tuple(int(n) for n in random.integers(1, 9, 2))
    kernel = tuple(int(n) for n in random.integers(1, 6, 2))
    stride = tuple(int(n) for n in random.choice([1, 1, 2, 3, 6], 2))
    sides = [int(n) for n in random.integers(0, 7, 4)]
    sides[1] += max(0, kernel[0] - size[0] - sides[0] - sides[1])
    sides[3] += max(0, kernel[1] - size[1] - sides[2] - sides[3])
    inputs, outputs = (int(n) for n in random.integers(1, 14, 2))
    channels = (inputs, inputs if channelwise else outputs)
    return geometry(size, channels, kernel, stride, Padding(*sides), channelwise)


def random_region(random, shape, lanes):
    """Choose a tile of a layer; its first channel is one of a first lane, and of a whole word."""

    def part(size, grain=1):
        first = int(random.integers(-(-size // grain))) * grain * int(random.integers(2))
        return first, int(random.integers(1, size - first + 1))

    row, column = part(shape.out_height), part(shape.out_width)
    channel, channels = part(shape.out_channels, 4 * lanes)
    return Region(*row, *column, channel, channels)


def meets(shape, region, axis, coordinate):
    """Return the outputs of the tile and the taps with which an input coordinate meets them.

    This is the definition: output ``o`` and tap ``t`` where ``o * stride + t == i + padding``.
    """
    first, count = ((region.row, region.rows), (region.column, region.columns))[axis]
    before = (shape.padding.top, shape.padding.left)[axis]
    return {
        (output - first, tap)
        for output in range(first, first + count)
        for tap in range(shape.kernel[axis])
        if output * shape.stride[axis] + tap == coordinate + before
    }
