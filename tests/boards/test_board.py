"""Every board's file says what can be: its platform, its engine, its clock, its serial port."""

import pytest

from zeroleap.boards.board import find_board, names
from zeroleap.gen import configs
from zeroleap.gen.errors import InputError

LOADERS = {"ice40_generic", "icepi-zero", "orangeCrab", "tangnano9k", "ulx3s", "ecpix5_r03"}
"""Of ``openFPGALoader --list-boards`` (1.1.1)."""

BITS_OF_A_FRAME = 10
"""Of a byte: start, 8 of data, stop."""

every_board = pytest.mark.parametrize("name", names())


@every_board
def test_the_platform_has_the_same_chip(name):
    board = find_board(name)
    platform = board.new_platform()
    part = platform.part.replace("-LV", "-") if board.family == "gowin" else platform.device
    assert part.startswith(board.device)
    assert board.chip.name == board.device


@every_board
def test_the_platform_has_the_pins(name):
    board = find_board(name)
    platform = board.new_platform()
    led, _, part = board.led.partition(".")
    assert part in {"", *(io.name for io in platform.lookup(led).ios if part)}
    if board.uart.rx:
        pins = platform.connectors[board.uart.connector, 0].mapping
        assert {board.uart.rx, board.uart.tx} <= pins.keys()
    else:
        assert {"rx", "tx"} <= {io.name for io in platform.lookup("uart").ios}


@every_board
def test_the_platform_has_the_pins_of_the_flash(name):
    """An ECP5's clock for it is none of them."""
    board = find_board(name)
    if board.flash is not None:
        parts = {io.name for io in board.new_platform().lookup(board.flash.resource).ios}
        assert parts | {"clk" if board.family == "ecp5" else "cs"} >= {"cs", "clk", "copi", "cipo"}
        assert parts <= {"cs", "clk", "copi", "cipo", "wp", "hold"}


@every_board
def test_the_flash_has_room_for_all_memories_of_the_engine(name):
    """And for a header, two CRCs and a mark with each 256 words of 4 bytes."""
    board = find_board(name)
    if board.flash is not None:
        config = board.config
        most = config.activation_bytes + config.lanes * (config.weight_bytes + 4 * config.headers)
        most += 16 * config.parameters + 256 * 4 * config.tables + 4 * config.program_words
        assert most * 1.02 + 100 < board.flash.size - board.flash.image_at
        assert board.flash.image_at % 0x10000 == 0  # of a loader's erasing


@every_board
def test_its_configuration_is_of_its_name(name):
    assert find_board(name).config == configs.load(name)


@every_board
def test_the_clock_is_what_was_wanted(name):
    board = find_board(name)
    assert float(board.clock_hz) == pytest.approx(board.clock_mhz * 1e6, rel=2e-3)


@every_board
def test_the_last_bit_of_a_byte_is_met_in_its_middle(name):
    """A receiver starts at the start bit's edge; half a bit, less that of sampling, is allowed."""
    board = find_board(name)
    assert board.divisor >= 4
    error = abs(float(board.clock_hz) / board.divisor / board.uart.baud - 1)
    assert error <= 0.02
    assert BITS_OF_A_FRAME * error + 1 / board.divisor < 0.5


@every_board
def test_the_loader_knows_the_board(name):
    assert find_board(name).loader.board in LOADERS


def test_a_board_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"no board 'nexys'; accepted are .*ulx3s-85f"):
        find_board("nexys")
