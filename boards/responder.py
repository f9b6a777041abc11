"""Does what the host's frames ask for, and answers each."""

from amaranth import Cat, Module, Mux, Shape, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.boards.frames import (
    ANSWER_START,
    HEADER_WORDS,
    MARK_BITS,
    MARK_BY_HOST,
    MARK_WHOLE,
    VERSION,
    AnswerHeader,
    Kind,
    Outcome,
    RequestHeader,
)
from zeroleap.hw.config import WORD_BYTES, EngineConfig
from zeroleap.hw.isa import Command, HostRequest, Space

__all__ = ["Responder"]

COUNTED = RequestHeader.as_shape()["count"].offset
"""Count and address are the bits from here on."""

COMMAND_BITS = Shape.cast(Command).width


class Responder(wiring.Component):
    """Takes a request's words as they come, without a buffer, and answers each request.

    Nothing is done before the header's CRC is found right; from then on it is certain where the
    words belong, so that they are written at once, and wrong ones are overwritten when the host
    sends them again. A command is done once, however often it comes with the same turn. After bytes
    that are no request, or not all of one, the line must fall silent; ``DAMAGED`` is the answer.

    While the engine runs, all is refused but a read of ``CONTROL`` and a repeated command.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    i, step, done, broken, silent : In(1)
        Of the `Uart`: a bit received, a bit passes, a byte is complete or has no end, silence.
    talk, send, o : Out(1)
        To the `Uart`: do not listen, send bytes, their next bit.
    crc_clear, crc_check, crc_i : Out(1)
    crc_o, crc_damaged : In(1)
        To and from the `Crc`.
    requests : Out(stream.Signature(HostRequest))
    responses : In(stream.Signature(32))
    engine_busy : In(1)
    damaged, whole : Out(1)
        What came last was damaged; there is all of an image, if not ``talk``.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._digest = int(config.digest, 16)
        super().__init__(
            {
                **dict.fromkeys(("i", "step", "done", "broken", "silent"), In(1)),
                **dict.fromkeys(("talk", "send", "o"), Out(1)),
                **dict.fromkeys(("crc_clear", "crc_check", "crc_i"), Out(1)),
                **dict.fromkeys(("crc_o", "crc_damaged"), In(1)),
                "requests": Out(stream.Signature(HostRequest)),
                "responses": In(stream.Signature(32)),
                "engine_busy": In(1),
                **dict.fromkeys(("damaged", "whole"), Out(1)),
            }
        )
        self._header = Signal(RequestHeader)
        self._word, self._load, self._loaded = Signal(32), Signal(), Signal(32)
        self._byte = Signal(range(WORD_BYTES))
        self._words = Signal(range(HEADER_WORDS + 1))  # of the header that have come
        self._word_done = Signal()
        self._last = Signal()
        self._outcome = Signal(Outcome)
        self._turn = Signal()
        self._mark = Signal(MARK_BITS)

    def elaborate(self, platform):
        m = Module()
        header, request = self._header, self.requests.payload
        m.d.comb += [
            request.data.eq(self._word),
            request.address.eq(header.address),
            request.space.eq(header.space),
            request.write.eq(header.kind != Kind.READ),
            self.crc_i.eq(Mux(self.talk, self.o, self.i)),
            self._word_done.eq(self.done & (self._byte == WORD_BYTES - 1)),
            self.damaged.eq(self._outcome == Outcome.DAMAGED),
            self.whole.eq((self._mark & MARK_WHOLE).any()),
        ]
        with m.If(self.done):
            m.d.sync += self._byte.eq(self._byte + 1)
        with m.If(self.step | self._load):
            m.d.sync += self._word.eq(Mux(self._load, self._loaded, Cat(self._word[1:], self.i)))
        with m.FSM() as fsm:
            self._listen(m)
            self._obey(m)
            self._take(m)
            self._answer(m)
        self._shift(m, fsm)
        return m

    def _listen(self, m) -> None:
        """From rest to the end of a header; and the wait for silence, if it goes wrong."""
        at_check = self._words == HEADER_WORDS
        with m.State("Listen"):
            m.d.comb += self.crc_check.eq(at_check)
            with m.If(self._word_done):
                m.d.sync += self._words.eq(self._words + 1)
                with m.If(at_check):
                    m.next = "Obey"
            with m.If(self.broken | (self.silent & Cat(self._byte, self._words).any())):
                m.next = "Discard"
        with m.State("Discard"):
            m.d.sync += self._outcome.eq(Outcome.DAMAGED)
            with m.If(self.silent):
                m.next = "Answer"

    def _obey(self, m) -> None:
        """Begin whatever a whole header asks for."""
        header = self._header
        is_command, own, repeated, refused = Signal(), Signal(), Signal(), Signal()
        m.d.comb += is_command.eq(header.kind == Kind.COMMAND)
        m.d.comb += own.eq((header.kind == Kind.READ) & (header.space == Space.CONTROL))
        m.d.comb += repeated.eq(is_command & (header.turn == self._turn))
        m.d.comb += refused.eq(self.engine_busy & ~own & ~repeated)
        with m.State("Obey"):
            m.d.comb += self.crc_clear.eq(1)
            m.d.sync += self._outcome.eq(Mux(refused, Outcome.REFUSED, Outcome.DONE))
            m.next = "Answer"
            with m.If(self.crc_damaged):
                m.next = "Discard"
            with m.Elif(header.kind == Kind.WRITE):
                m.next = "Take"
            with m.Elif(is_command & ~repeated & ~refused):
                m.d.sync += self._turn.eq(header.turn)
                m.next = "Start"
        with m.State("Start"):
            m.d.comb += self.requests.valid.eq(1)
            m.d.comb += self.requests.payload.data[:COMMAND_BITS].eq(header.address)
            with m.If(self.requests.ready):
                m.next = "Answer"

    def _take(self, m) -> None:
        """Write words as they come, and see whether they were right."""
        refused = self._outcome != Outcome.DONE
        with m.State("Take"):
            with m.If(self._word_done):
                m.next = "Store"
            with m.If(self.broken | self.silent):
                m.next = "Discard"
        with m.State("Store"):
            m.d.comb += self.requests.valid.eq(~refused)
            with m.If(self.requests.ready | refused):
                m.next = "Take"
                with m.If(self._last):
                    m.next = "Check"
        with m.State("Check"):
            m.d.comb += self.crc_check.eq(1)
            with m.If(self._word_done):
                m.next = "Answer"
                with m.If(self.crc_damaged):
                    m.d.sync += self._outcome.eq(Outcome.DAMAGED)
            with m.If(self.broken | self.silent):
                m.next = "Discard"

    def _answer(self, m) -> None:
        """Send the answer's header, the words of a read, and the CRC of both."""
        header, mark, more = self._header, self._mark, Signal()
        is_done = self._outcome == Outcome.DONE
        own = header.space == Space.CONTROL
        first_word = {
            "start": ANSWER_START,
            "sequence": header.sequence,
            "outcome": self._outcome,
            "busy": self.engine_busy,
            "turn": self._turn,
            "marked": (mark & MARK_BY_HOST).any(),
            "unused": 0,
            "version": VERSION,
        }
        for name, value in first_word.items():
            m.d.comb += data.View(AnswerHeader, self._loaded)[name].eq(value)
        with m.State("Answer"):
            m.d.comb += [self.talk.eq(1), self.crc_clear.eq(1), self._load.eq(1)]
            m.d.sync += [self._byte.eq(0), self._words.eq(0)]
            m.next = "Greet"
        with m.State("Greet"):
            m.d.comb += [self.talk.eq(1), self.send.eq(1), self.o.eq(self._word[0])]
            with m.If(self.step & is_done & (header.kind == Kind.MARK)):
                m.d.sync += mark.eq(Cat(mark[1:], header.count[0]))
            with m.If(self._word_done):
                m.next = "Seal"
                with m.If(is_done & (header.kind == Kind.READ)):
                    m.next = "Read"
        with m.State("Read"):
            m.d.comb += [self.talk.eq(1), self.requests.valid.eq(~own)]
            m.d.sync += more.eq(~self._last)
            with m.If(self.requests.ready | own):
                m.next = "Await"
        with m.State("Await"):
            m.d.comb += [self.talk.eq(1), self.responses.ready.eq(1), self._load.eq(1)]
            m.d.comb += self._loaded.eq(Mux(own, self._digest, self.responses.payload))
            with m.If(self.responses.valid | own):
                m.next = "Send"
        with m.State("Send"):
            m.d.comb += [self.talk.eq(1), self.send.eq(1), self.o.eq(self._word[0])]
            with m.If(own & ~more):
                m.d.comb += self.o.eq(mark[0])
                with m.If(self.step):
                    m.d.sync += mark.eq(Cat(mark[1:], mark[0]))
            with m.If(self._word_done):
                m.next = "Seal"
                with m.If(more):
                    m.next = "Read"
        with m.State("Seal"):
            m.d.comb += [self.talk.eq(1), self.send.eq(1), self.o.eq(self.crc_o)]
            m.d.comb += self.crc_check.eq(1)
            with m.If(self._word_done):
                m.d.comb += self.crc_clear.eq(1)
                m.next = "Listen"

    def _shift(self, m, fsm) -> None:
        """Take in a header; or add 1 to count and address, bit by bit as those of a word pass."""
        bits, carry, counts = self._header.as_value(), Signal(), Signal()
        fixed, counted = bits[:COUNTED], bits[COUNTED:]
        m.d.comb += counts.eq(fsm.ongoing("Take") | fsm.ongoing("Greet") | fsm.ongoing("Send"))
        with m.If(self.step & fsm.ongoing("Listen")):
            m.d.sync += fixed.eq(Cat(fixed[1:], counted[0]))
        with m.If(self.step & (fsm.ongoing("Listen") | counts)):
            first = Mux(counts, counted[0] ^ carry, self._word[0])
            m.d.sync += counted.eq(Cat(counted[1:], first))
        with m.If(~counts):
            m.d.sync += carry.eq(1)
        with m.Elif(self.step):
            m.d.sync += carry.eq(counted[0] & carry)
        with m.Elif(self.done & (self._byte == 0)):
            m.d.sync += [self._last.eq(carry), carry.eq(1)]
