"""Progress is drawn on a terminal, and nowhere else."""

import io

from zeroleap.gen.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_pipe_gets_nothing():
    stream = io.StringIO()
    with Progress(2, stream) as progress:
        progress.step("one")
    assert stream.getvalue() == ""


def test_a_terminal_is_wiped_at_the_end():
    stream = Terminal()
    with Progress(2, stream) as progress:
        progress.step("one")
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_terminal_sees_the_step(monkeypatch):
    monkeypatch.setattr(Progress, "PERIOD", 0.001)
    stream = Terminal()
    with Progress(2, stream) as progress:
        progress.step("compiling")
        while "compiling" not in stream.getvalue():
            pass
    assert "1/2 compiling (0 s)" in stream.getvalue()


def test_the_bar_grows_with_the_steps_that_are_done():
    progress = Progress(4, io.StringIO())
    lengths = []
    for name in "abcd":
        progress.step(name)
        lengths.append(progress.line().count("#"))
    assert lengths == [0, 6, 12, 18]


def test_the_bar_grows_with_the_part_of_a_step_that_is_done():
    progress = Progress(2, io.StringIO())
    lengths = []
    for name in "ab":
        progress.step(name)
        for done in (0, 1, 3):
            progress.part(done, 3)
            lengths.append(progress.line().count("#"))
    assert lengths == [0, 4, 12, 12, 16, 24]
