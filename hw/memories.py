"""The SRAMs outside the lanes: activations, program, parameters."""

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.isa import PARAMETER_WORDS, Parameter, Route

__all__ = ["ATTRIBUTES", "ParameterMemory", "Scratchpad", "WordMemory"]

# A word is never read in the cycle in which it is written, so Yosys need not care for that case.
ATTRIBUTES = {"no_rw_check": 1}


class WordMemory(wiring.Component):
    """32-bit words; one is read, with its neighbour if it has one, and one written each cycle.

    Parameters
    ----------
    depth : int, words
    granularity : int, bits
        What a bit of ``write_enable`` stands for.
    together : 1 or 2
        Words that are read together: with 2 an even one and the one after it.

    Members
    -------
    read_enable, read_address : In
    read_data : Out(32)
        The word, a cycle later, until the next read.
    last_data : Out(32)
        The last of those read together.
    write_enable, write_address, write_data : In
    """

    def __init__(self, depth: int, granularity: int = 32, together: int = 1) -> None:
        self._depth = depth
        self._granularity = granularity
        self._together = together
        super().__init__(
            {
                "read_enable": In(1),
                "read_address": In(20),
                "read_data": Out(32),
                "last_data": Out(32),
                "write_enable": In(32 // granularity),
                "write_address": In(20),
                "write_data": In(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        together, place_bits = self._together, (self._together - 1).bit_length()
        m.submodules.memory = memory = Memory(
            shape=32 * together, depth=self._depth // together, init=[], attrs=ATTRIBUTES
        )
        read = memory.read_port()
        write = memory.write_port(granularity=self._granularity)
        m.d.comb += [read.en.eq(self.read_enable), read.addr.eq(self.read_address[place_bits:])]
        place = Signal(place_bits)
        with m.If(self.read_enable):
            m.d.sync += place.eq(self.read_address)
        m.d.comb += self.read_data.eq(read.data.word_select(place, 32))
        m.d.comb += self.last_data.eq(read.data[-32:])
        m.d.comb += write.addr.eq(self.write_address[place_bits:])
        m.d.comb += write.data.eq(self.write_data.replicate(together))
        enable = write.en.word_select(self.write_address[:place_bits], len(self.write_enable))
        m.d.comb += enable.eq(self.write_enable)
        return m


class Scratchpad(wiring.Component):
    """The activation SRAM: read by front ends, written by write-backs, by the host when idle.

    Parameters
    ----------
    depth : int, words
    groups : int
        Front ends and write-backs; no two of them may read, or write, in the same cycle.
    together : 1 or 2
        Words that are read together: with 2 an even one and the one after it.

    Members
    -------
    host : In(1)
        The host's accesses are the ones that count.
    fetch_select, fetch_address : In, one a group
        Whose turn it is to read; known early, unlike whether it does.
    host_address : In
    read_data, last_data : Out(32)
        The word, and the last of those read with it, two cycles later only: block RAMs answer late,
        so a register is near them.
    write_back_enable, write_back_address, write_back_data : In, one a group
        The data come a cycle after the rest, and are stored then; not while the host counts.
    host_write_enable, host_write_data : In
    """

    def __init__(self, depth: int, groups: int = 1, together: int = 1) -> None:
        self._depth = depth
        self._together = together
        super().__init__(
            {
                "host": In(1),
                "fetch_select": In(groups),
                "fetch_address": In(ArrayLayout(20, groups)),
                "read_data": Out(8 * WORD_BYTES),
                "last_data": Out(8 * WORD_BYTES),
                "write_back_enable": In(ArrayLayout(WORD_BYTES, groups)),
                "write_back_address": In(ArrayLayout(20, groups)),
                "write_back_data": In(ArrayLayout(8 * WORD_BYTES, groups)),
                "host_write_enable": In(1),
                "host_address": In(20),
                "host_write_data": In(8 * WORD_BYTES),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = WordMemory(self._depth, granularity=8, together=self._together)
        m.d.comb += words.read_enable.eq(1)
        m.d.sync += [self.read_data.eq(words.read_data), self.last_data.eq(words.last_data)]
        enable, address = Signal(WORD_BYTES), Signal.like(self.host_address)
        writers, word = Signal(len(self.fetch_select)), Signal(8 * WORD_BYTES)
        m.d.sync += enable.eq(0)
        for group in range(len(writers)):
            m.d.sync += writers[group].eq(self.write_back_enable[group] != 0)
            with m.If(self.write_back_enable[group] != 0):
                m.d.sync += enable.eq(self.write_back_enable[group])
                m.d.sync += address.eq(self.write_back_address[group])
            with m.If(writers[group]):
                m.d.comb += word.eq(self.write_back_data[group])

        with m.If(self.host):
            m.d.comb += words.read_address.eq(self.host_address)
            m.d.comb += words.write_enable.eq(self.host_write_enable.replicate(WORD_BYTES))
            m.d.comb += words.write_address.eq(self.host_address)
            m.d.comb += words.write_data.eq(self.host_write_data)
        with m.Else():
            for group in range(len(self.fetch_select)):
                with m.If(self.fetch_select[group]):
                    m.d.comb += words.read_address.eq(self.fetch_address[group])
            m.d.comb += [words.write_enable.eq(enable), words.write_address.eq(address)]
            m.d.comb += words.write_data.eq(word)
        return m


class ParameterMemory(wiring.Component):
    """Bias, scale and lane of every output channel.

    Parameters
    ----------
    depth : int, entries
    has_routes : bool
        Keep the `Route` of each entry.

    Members
    -------
    read_address : In(14)
    read_data : Out(Parameter)
        The entry, a cycle later.
    route_address : In(14)
    route : Out(Route)
        The entry's route, a cycle later.
    write_enable : In(1)
    write_address : In(16)
        Entry, and in the two lowest bits the 32-bit word of it.
    write_data : In(32)
    """

    WORD_BITS = (PARAMETER_WORDS - 1).bit_length()

    def __init__(self, depth: int, *, has_routes: bool) -> None:
        self._depth = depth
        self._has_routes = has_routes
        super().__init__(
            {
                "read_address": In(14),
                "read_data": Out(Parameter),
                "route_address": In(14),
                "route": Out(Route),
                "write_enable": In(1),
                "write_address": In(16),
                "write_data": In(32),
            }
        )

    def elaborate(self, platform):
        m = Module()
        route = PARAMETER_WORDS - 1
        bits = Parameter.as_shape().size
        widths = {index: min(32, bits - 32 * index) for index in range(route)}
        addresses = dict.fromkeys(widths, self.read_address)
        if self._has_routes:
            widths[route], addresses[route] = Route.as_shape().size, self.route_address

        entry, word = self.write_address[self.WORD_BITS :], self.write_address[: self.WORD_BITS]
        words = {}
        for index, width in widths.items():
            memory = Memory(shape=width, depth=self._depth, init=[], attrs=ATTRIBUTES)
            m.submodules[f"words_{index}"] = memory
            read, write = memory.read_port(), memory.write_port()
            m.d.comb += [read.addr.eq(addresses[index]), write.addr.eq(entry)]
            m.d.comb += [write.data.eq(self.write_data)]
            m.d.comb += write.en.eq(self.write_enable & (word == index))
            words[index] = read.data
        m.d.comb += self.route.eq(words.pop(route, 0))
        m.d.comb += self.read_data.eq(Cat(*words.values()))
        return m
