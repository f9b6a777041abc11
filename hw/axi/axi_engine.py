"""The engine with AXI ports: the top of ``axi_engine.v``."""

from amaranth import ClockDomain, ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from zeroleap.hw.axi.events import EventKeeper
from zeroleap.hw.axi.lite_port import LITE, LitePort
from zeroleap.hw.axi.mover import Mover
from zeroleap.hw.axi.register_file import RegisterFile
from zeroleap.hw.axi.registers import Status
from zeroleap.hw.config import EngineConfig

__all__ = ["AxiEngine"]


class AxiEngine(wiring.Component):
    """Gives an engine the ports of AXI, with the names of the specification.

    Parameters
    ----------
    config : EngineConfig
        Of the Verilog module ``engine``, which it instantiates.

    Members
    -------
    aclk, aresetn : In(1)
        Clock of everything, and synchronous reset, active low.
    s_axi_awaddr to s_axi_rready
        AXI4-Lite for `zeroleap.hw.axi.registers`, as in `LITE`.
    s_axis_tdata, s_axis_tvalid, s_axis_tready
        Words to be written. Where they end is said by the transfer; there is no ``TLAST``.
    m_axis_tdata, m_axis_tlast, m_axis_tvalid, m_axis_tready
        Words that were read.
    interrupt : Out(1)
        High as long as an event that is enabled has not been cleared.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        super().__init__(
            {
                "aclk": In(1),
                "aresetn": In(1),
                **{f"s_axi_{name}": member for name, member in LITE.items()},
                "s_axis_tdata": In(32),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "m_axis_tdata": Out(32),
                "m_axis_tlast": Out(1),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "interrupt": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.d.comb += [ClockSignal().eq(self.aclk), ResetSignal().eq(~self.aresetn)]
        m.submodules.lite_port = lite_port = LitePort()
        m.submodules.registers = registers = RegisterFile(self._config)
        m.submodules.mover = mover = Mover()
        m.submodules.events = events = EventKeeper()
        status = Signal(Status)
        m.submodules.engine = Instance(
            "engine",
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_requests__payload=mover.requests.payload,
            i_requests__valid=mover.requests.valid,
            o_requests__ready=mover.requests.ready,
            o_responses__payload=mover.responses.payload,
            o_responses__valid=mover.responses.valid,
            i_responses__ready=mover.responses.ready,
            o_busy=status.busy,
            o_layer=status.layer,
        )

        # Registers.
        for name, member in LITE.items():
            inner, outer = getattr(lite_port, name), getattr(self, f"s_axi_{name}")
            m.d.comb += inner.eq(outer) if member.flow == In else outer.eq(inner)
        connect(m, lite_port.access, registers.access)
        m.d.comb += lite_port.answer.eq(registers.answer)
        m.d.comb += [status.moving.eq(mover.moving), registers.status.eq(status)]

        # Events.
        m.d.comb += [
            events.busy.eq(status.busy),
            events.moving.eq(status.moving),
            events.clear.eq(registers.clear),
            events.do_enable.eq(registers.do_enable),
            events.enable.eq(registers.enable),
            registers.events.eq(events.events),
            registers.enables.eq(events.enables),
            self.interrupt.eq(events.interrupt),
        ]

        # Transfers.
        m.d.comb += [
            mover.start.eq(registers.start),
            mover.transfer.eq(registers.transfer),
            mover.stop.eq(registers.stop),
            mover.target.eq(registers.target),
            registers.left.eq(mover.left),
            registers.step.eq(mover.step),
        ]
        connect(m, registers.singles, mover.singles)
        connect(m, mover.answers, registers.answers)

        # Streams.
        m.d.comb += [
            mover.i.payload.eq(self.s_axis_tdata),
            mover.i.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(mover.i.ready),
            self.m_axis_tdata.eq(mover.o.payload.data),
            self.m_axis_tlast.eq(mover.o.payload.last),
            self.m_axis_tvalid.eq(mover.o.valid),
            mover.o.ready.eq(self.m_axis_tready),
        ]
        return m
