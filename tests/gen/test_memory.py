"""Tensors that are alive together do not overlap, and words hold what was put into them."""

from dataclasses import replace

import numpy as np
import pytest
from graphs import add, graph, pool, reshape

from zeroleap.gen.errors import InputError
from zeroleap.gen.ir import Graph, MaxPool, Padding, Tensor
from zeroleap.gen.memory import Placement, place_tensors
from zeroleap.hw.config import EngineConfig


def graph_of(shapes, edges, inputs, outputs):
    """Describe a graph by the shapes of its tensors and ``(input, output)`` of its operators."""
    return Graph(
        name="graph",
        tensors={name: Tensor(name, (1, *shape)) for name, shape in shapes.items()},
        inputs=inputs,
        outputs=outputs,
        operators=tuple(
            MaxPool(f"op{index}", "POOL", (source,), target, (1, 1), (1, 1), Padding(), (-128, 127))
            for index, (source, target) in enumerate(edges)
        ),
    )


def random_graph(random):
    """Grow a tree of layers from one or two inputs; some tensors are outputs, all leaves are."""
    count = int(random.integers(2, 12))
    names = ["in0", "in1"][: int(random.integers(1, 3))]
    inputs, edges = tuple(names), []
    for index in range(count):
        source = names[int(random.integers(max(0, len(names) - 3), len(names)))]
        edges.append((source, f"t{index}"))
        names.append(f"t{index}")
    leaves = {name for name in names if name not in {source for source, _ in edges}}
    outputs = tuple(name for _, name in edges if name in leaves or random.random() < 0.2)
    shapes = {name: tuple(int(n) for n in random.integers(1, 9, 3)) for name in names}
    return graph_of(shapes, edges, inputs, outputs)


def bytes_of(place):
    return set(range(place.address, place.address + place.words))


@pytest.mark.parametrize("seed", range(30))
def test_writing_a_tensor_never_harms_one_that_is_read_later(seed):
    """Play the program: a layer writes its output's words, and must find its input's."""
    graph = random_graph(np.random.default_rng(seed))
    placed = place_tensors(graph, EngineConfig())
    owner = {}

    def write(name):
        owner.update(dict.fromkeys(bytes_of(placed[name]), name))

    def is_whole(name):
        return all(owner[word] == name for word in bytes_of(placed[name]))

    for name in graph.inputs:
        write(name)
    for operator in graph:
        assert is_whole(operator.input)
        write(operator.output)
        assert is_whole(operator.input), "a layer writes while it reads"
    assert all(is_whole(name) for name in graph.outputs)


def test_tensors_share_storage_when_their_time_is_over():
    shapes = dict.fromkeys("abcd", (4, 4, 4))
    chain = graph_of(shapes, [("a", "b"), ("b", "c"), ("c", "d")], ("a",), ("d",))
    placed = place_tensors(chain, EngineConfig(activation_bytes=128))
    assert {place.address for place in placed.values()} == {0, 16}


def maps(names, *operators, **fields):
    """Return a network whose maps have 16 words each."""
    return graph(dict.fromkeys(names, (1, 4, 4, 4)), *operators, **fields)


def test_an_operand_stays_until_it_is_read():
    """``a`` is read by the first layer, and by the third on its way out."""
    net = maps(
        "abcdy", pool("a", "b"), pool("b", "c"), pool("c", "d"), add("d", "a", "y"), inputs="a"
    )
    placed = place_tensors(net, EngineConfig())
    assert placed.keys() == set("abcy"), "what is combined has no place"
    assert not bytes_of(placed["a"]) & (bytes_of(placed["b"]) | bytes_of(placed["c"]))
    assert not bytes_of(placed["y"]) & (bytes_of(placed["a"]) | bytes_of(placed["c"]))
    place_tensors(net, EngineConfig(activation_bytes=3 * 64))
    with pytest.raises(InputError, match="need 192 bytes"):
        place_tensors(net, EngineConfig(activation_bytes=2 * 64))


def test_a_layer_is_read_when_its_way_out_is_due():
    """``x`` must last until ``a`` is computed, which is after ``k``."""
    net = maps("xaky", pool("x", "a"), pool("x", "k"), add("k", "a", "y"))
    placed = place_tensors(net, EngineConfig())
    used = [bytes_of(placed[name]) for name in placed]
    assert sum(map(len, used)) == len(set.union(*used)) == 48


@pytest.mark.parametrize("seed", range(30))
def test_words_that_are_read_together_belong_to_one_tensor(seed):
    """No layer writes a word of a pair of which its input has the other."""
    graph = random_graph(np.random.default_rng(seed))
    placed = place_tensors(graph, EngineConfig(read_words=2))
    for operator in graph:
        read, written = (
            {word // 2 for word in bytes_of(placed[name])}
            for name in (operator.input, operator.output)
        )
        assert not read & written


def test_constants_stay_for_ever():
    """Also before and after they are read: the host writes them once."""
    layers = pool("a", "b"), pool("b", "c"), add("c", "k", "d"), pool("d", "e"), pool("e", "y")
    net = replace(
        maps("abcdeyk", *layers, inputs="a"), constants={"k": np.zeros((1, 4, 4, 4), np.int8)}
    )
    placed = place_tensors(net, EngineConfig())
    assert placed.keys() == set("abdeyk")
    for name in "abdey":
        assert not bytes_of(placed["k"]) & bytes_of(placed[name])


def test_an_alias_lies_where_its_map_does_and_keeps_it():
    layers = pool("a", "b"), reshape("b", "c"), pool("a", "d"), add("d", "c", "y")
    shapes = {**dict.fromkeys("abdy", (1, 4, 4, 4)), "c": (1, 4, 4, 4)}
    placed = place_tensors(graph(shapes, *layers, inputs="a"), EngineConfig())
    assert placed["c"] == placed["b"]
    assert not bytes_of(placed["b"]) & (bytes_of(placed["a"]) | bytes_of(placed["y"]))


def test_an_output_read_on_the_way_stays():
    shapes = dict.fromkeys("abcd", (4, 4, 4))
    graph = graph_of(shapes, [("a", "b"), ("b", "c"), ("c", "d")], ("a",), ("b", "d"))
    placed = place_tensors(graph, EngineConfig(activation_bytes=192))
    assert not bytes_of(placed["b"]) & bytes_of(placed["d"])
    with pytest.raises(InputError, match=r"need 192 bytes .* 64 more are needed"):
        place_tensors(graph, EngineConfig(activation_bytes=128))


@pytest.mark.parametrize("channels", [1, 3, 4, 5, 8])
def test_what_is_packed_is_unpacked(channels):
    place = Placement(0, 3, 2, channels)
    values = np.random.default_rng(0).integers(-128, 128, (1, 3, 2, channels)).astype(np.int8)
    words = place.pack(values)
    assert words.shape == (place.words,) == (3 * 2 * -(-channels // 4),)
    unpacked = place.unpack(words)
    assert unpacked.dtype == np.int8
    np.testing.assert_array_equal(unpacked, values)


def test_words_by_hand():
    place = Placement(0, 1, 2, 5)
    assert (place.pixel_words, place.row_words, place.words) == (2, 4, 4)
    values = np.array([1, 2, 3, -1, 5, -128, 7, 8, 9, 10], np.int8).reshape(1, 1, 2, 5)
    expected = [0xFF030201, 0x00000005, 0x09080780, 0x0000000A]
    assert place.pack(values).tolist() == expected
