"""What the registers of the AXI4-Lite port read as, and what writing them does."""

from amaranth import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from zeroleap.hw.axi.lite_port import Access, Answer, Response
from zeroleap.hw.axi.registers import (
    IDENTITY,
    READ_ONLY,
    Configuration,
    Events,
    Register,
    Skips,
    Status,
    Target,
    Transfer,
)
from zeroleap.hw.config import EngineConfig
from zeroleap.hw.isa import Command, HostRequest, Space

__all__ = ["RegisterFile"]


class RegisterFile(wiring.Component):
    """Answers accesses to `Register`, as their layouts say.

    Every access is answered in the cycle in which it comes, but those of ``DATA`` that read: they
    take as long as the engine takes to answer. A write that is refused does nothing.

    Parameters
    ----------
    config : EngineConfig

    Members
    -------
    access : In(stream.Signature(Access))
    answer : Out(Answer)
        In the cycle in which the access is taken.
    status : In(Status)
    start, transfer, stop : Out
    left : In(Transfer)
    target : Out(Target)
    step : In(1)
        To and from the `Mover`.
    singles : Out(stream.Signature(HostRequest))
    answers : In(stream.Signature(32))
        Single words, by the mover.
    clear : Out(Events)
    do_enable, enable : Out
    events, enables : In(Events)
        To and from the `EventKeeper`.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "access": In(stream.Signature(Access)),
                "answer": Out(Answer),
                "status": In(Status),
                "start": Out(1),
                "transfer": Out(Transfer),
                "stop": Out(1),
                "left": In(Transfer),
                "target": Out(Target),
                "step": In(1),
                "singles": Out(stream.Signature(HostRequest)),
                "answers": In(stream.Signature(32)),
                "clear": Out(Events),
                "do_enable": Out(1),
                "enable": Out(Events),
                "events": In(Events),
                "enables": In(Events),
            }
        )

    @property
    def _configuration(self) -> Configuration:
        config = self._config
        kind = {"lanes": config.lanes, "groups": config.groups}
        return Configuration.const({**kind, "sparsity": Skips[config.sparsity.upper()]})

    def elaborate(self, platform):
        m = Module()
        access, answer, request = self.access, self.answer, self.singles.payload
        value, is_write = access.payload.data, access.payload.write
        in_use = self.status.busy | self.status.moving
        is_stop = (value[: len(self.left.words)] == 0) & self.left.write
        refusals = {
            **dict.fromkeys(READ_ONLY, is_write),
            Register.CONTROL: is_write & (in_use | (value >= len(Command))),
            Register.TARGET: is_write & self.status.moving,
            Register.TRANSFER: is_write & self.status.moving & ~is_stop,
            Register.DATA: in_use,
        }
        reads = {
            Register.IDENTITY: IDENTITY,
            Register.DIGEST: int(self._config.digest, 16),
            Register.CONFIGURATION: self._configuration,
            Register.STATUS: self.status,
            Register.CONTROL: 0,
            Register.TARGET: self.target,
            Register.TRANSFER: self.left,
            Register.DATA: self.answers.payload,
            Register.EVENTS: self.events,
            Register.ENABLES: self.enables,
        }

        # What the access does; by default it is answered at once.
        m.d.comb += [access.ready.eq(1), answer.response.eq(Response.DECERR)]
        does = {register: Signal(name=f"do_{register.name.lower()}") for register in Register}
        with m.Switch(access.payload.register):
            for register, do in does.items():
                with m.Case(register.value // 4):
                    refused = refusals.get(register, 0)
                    m.d.comb += do.eq(access.valid & ~refused)
                    m.d.comb += answer.response.eq(Mux(refused, Response.SLVERR, Response.OKAY))
                    with m.If(do & ~is_write):
                        m.d.comb += answer.data.eq(reads[register])

        # Registers that start something.
        m.d.comb += [
            self.start.eq(does[Register.TRANSFER] & is_write),
            self.transfer.eq(value),
            self.stop.eq(self.start & (self.transfer.words == 0)),
            self.clear.eq(Mux(does[Register.EVENTS] & is_write, value, 0)),
            self.do_enable.eq(does[Register.ENABLES] & is_write),
            self.enable.eq(value),
        ]

        # Single words: commands, and data where the target is.
        do_command, do_data = does[Register.CONTROL] & is_write, does[Register.DATA]
        asked, do_request = Signal(), Signal()
        m.d.comb += [
            self.singles.valid.eq((do_command | do_data) & ~asked),
            request.address.eq(Mux(do_command, 0, self.target.address)),
            request.space.eq(Mux(do_command, Space.CONTROL, self.target.space)),
            request.write.eq(is_write),
            request.data.eq(value),
            do_request.eq(self.singles.valid & self.singles.ready),
            self.answers.ready.eq(1),
        ]
        with m.If(do_command | do_data & is_write):
            m.d.comb += access.ready.eq(self.singles.ready)
        with m.Elif(do_data):
            m.d.comb += access.ready.eq(self.answers.valid)
            m.d.sync += asked.eq((asked | do_request) & ~self.answers.valid)
        with m.If(does[Register.TARGET] & is_write):
            m.d.sync += self.target.eq(value)
        with m.Elif(self.step | do_request & do_data):
            m.d.sync += self.target.address.eq(self.target.address + 1)
        return m
