"""Serial ports that are there, that are not, and that may not be used."""

import errno
import fcntl
import os
import pty
import sys
import termios
import time
import tty
from types import SimpleNamespace

import pytest

from zeroleap.boards.link import serial_port
from zeroleap.boards.link.serial_port import SerialPort, find_port, refusal
from zeroleap.gen.errors import InputError

BAUD = 115_200


@pytest.fixture
def terminal():
    """Give the name of a port, and what its other end can do: send, and wait for bytes."""
    host, line = pty.openpty()
    tty.setraw(line)

    def send(data):
        """Send bytes to the port, and wait until they are there: the system passes them on late."""
        os.write(host, data)
        while int.from_bytes(fcntl.ioctl(line, termios.FIONREAD, bytes(4)), sys.byteorder) < len(
            data
        ):
            time.sleep(0.001)

    def received(count):
        """Read as many bytes from the port."""
        data = b""
        while len(data) < count:
            data += os.read(host, count - len(data))
        return data

    yield os.ttyname(line), send, received
    os.close(host)
    os.close(line)


def test_bytes_pass_both_ways(terminal):
    name, send, received = terminal
    port = SerialPort(name, BAUD, 0.01)
    assert port.read() == b""
    port.write(bytes(range(256)))
    assert received(256) == bytes(range(256))
    send(b"\x00\x11\x13\xff")
    assert port.read() == b"\x00\x11\x13\xff"
    send(b"old")
    assert port.discard() is None
    assert port.read() == b""
    port.close()


def test_a_port_is_for_one_program_at_a_time(terminal):
    name, *_ = terminal
    first = SerialPort(name, BAUD)
    with pytest.raises(InputError, match=f"{name}: another program has it open"):
        SerialPort(name, BAUD)
    first.close()
    SerialPort(name, BAUD).close()


def test_says_that_there_is_no_such_port(monkeypatch):
    at(monkeypatch, "/dev/ttyUSB3")
    with pytest.raises(InputError, match=r"ttyUSB9: there is no such port; there is /dev/ttyUSB3$"):
        SerialPort("/dev/ttyUSB9", BAUD)


def test_says_that_a_file_is_no_port(tmp_path):
    file = tmp_path / "x"
    file.touch()
    with pytest.raises(InputError, match="x: is not a serial port"):
        SerialPort(str(file), BAUD)


def test_says_which_group_may_use_a_port(tmp_path, monkeypatch):
    monkeypatch.setattr(serial_port.Path, "group", lambda _path: "dialout")
    line = str(refusal(str(tmp_path), BAUD, OSError(errno.EACCES, "Permission denied")))
    assert "no permission; add yourself to its group" in line
    assert "usermod -a -G dialout $USER" in line


def test_says_that_a_rate_is_impossible(tmp_path):
    line = str(refusal(str(tmp_path), 7, ValueError("Not a valid baudrate: 7")))
    assert "7 baud is not what this port can do" in line


def at(monkeypatch, *names):
    """Have these USB serial ports, and one that is none."""
    ports = [SimpleNamespace(device=name, vid=0x0403) for name in names]
    ports.append(SimpleNamespace(device="/dev/ttyS0", vid=None))
    monkeypatch.setattr(serial_port.list_ports, "comports", lambda: ports)


def test_finds_the_only_port(monkeypatch):
    at(monkeypatch, "/dev/ttyUSB3")
    assert find_port() == "/dev/ttyUSB3"


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], "no USB serial port is there; name one with --port"),
        (["b", "a"], "several serial ports: name one with --port: a, b"),
    ],
)
def test_says_which_ports_there_are(monkeypatch, names, line):
    at(monkeypatch, *names)
    with pytest.raises(InputError, match=line):
        find_port()
