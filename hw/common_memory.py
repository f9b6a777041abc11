"""Activations and program in one memory of one port."""

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.data import ArrayLayout
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from zeroleap.hw.config import WORD_BYTES
from zeroleap.hw.memories import ATTRIBUTES

__all__ = ["CommonMemory"]


class CommonMemory(wiring.Component):
    """Reads or writes a word a cycle, for whoever's time it is.

    Where tile follows tile, records are read, then a tile's input, and then its results are
    written: never two of them together. Operands are read in other cycles than results are written
    (`zeroleap.hw.turns.Turns`). The host comes when all is done.

    Parameters
    ----------
    activation_words, program_words : int
        The program is at the other end, last word first: then its address is the same, inverted.

    Members
    -------
    host : In(1)
        The host's accesses are the ones that count.
    host_read_enable, host_write_enable : In(1)
        Read or write an activation word.
    host_program_write : In(1)
    host_address, host_write_data : In
    program_read, program_address : In
    fetch_select : In(1)
        The group does read, in this cycle.
    fetch_address, write_back_enable, write_back_address, write_back_data : In
        As in :class:`zeroleap.hw.memories.Scratchpad`, of one group.
    read_data : Out(32)
        The word, a cycle later, until the next access.
    """

    def __init__(self, activation_words: int, program_words: int) -> None:
        self._address_bits = (activation_words + program_words - 1).bit_length()
        super().__init__(
            {
                "host": In(1),
                "host_read_enable": In(1),
                "host_write_enable": In(1),
                "host_program_write": In(1),
                "host_address": In(20),
                "host_write_data": In(8 * WORD_BYTES),
                "program_read": In(1),
                "program_address": In(20),
                "fetch_select": In(1),
                "fetch_address": In(ArrayLayout(20, 1)),
                "write_back_enable": In(ArrayLayout(WORD_BYTES, 1)),
                "write_back_address": In(ArrayLayout(20, 1)),
                "write_back_data": In(ArrayLayout(8 * WORD_BYTES, 1)),
                "read_data": Out(8 * WORD_BYTES),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Memory(
            shape=8 * WORD_BYTES, depth=1 << self._address_bits, init=[], attrs=ATTRIBUTES
        )
        write, read = words.write_port(granularity=8), words.read_port()
        reads, address, is_program = Signal(), Signal(self._address_bits), Signal()
        with m.If(self.host):
            host_writes = self.host_write_enable | self.host_program_write
            m.d.comb += reads.eq(self.host_read_enable)
            m.d.comb += write.en.eq(host_writes.replicate(WORD_BYTES))
            m.d.comb += write.data.eq(self.host_write_data)
            m.d.comb += [address.eq(self.host_address), is_program.eq(self.host_program_write)]
        with m.Else():
            m.d.comb += reads.eq(self.fetch_select | self.program_read)
            m.d.comb += write.en.eq(self.write_back_enable[0])
            m.d.comb += write.data.eq(self.write_back_data[0])
            m.d.comb += address.eq(
                Mux(self.fetch_select, self.fetch_address[0], self.write_back_address[0])
            )
            with m.If(self.program_read):
                m.d.comb += [address.eq(self.program_address), is_program.eq(1)]
        m.d.comb += write.addr.eq(address ^ is_program.replicate(self._address_bits))
        m.d.comb += [read.addr.eq(write.addr), self.read_data.eq(read.data)]
        m.d.comb += read.en.eq(reads & (write.en == 0))
        return m
