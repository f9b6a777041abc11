"""A board in a few lines of Python, at the end of a port that a test may damage."""

import zlib

from zeroleap.hw.isa import Space


def seal(data):
    return data + zlib.crc32(data).to_bytes(4, "little")


class FakeBoard:
    """A port, and the board behind it; bit positions are those of the README's tables.

    Parameters
    ----------
    to_board, to_host : function of bytes to bytes
        What the line makes of a frame.
    runs : int
        Identities that a program takes.
    """

    name = "fake"

    def __init__(self, to_board=bytes, to_host=bytes, digest=0x1234ABCD, runs=0, version=1):
        self.to_board, self.to_host = to_board, to_host
        self.words, self.commands, self.kinds = {}, [], []
        self.digest, self.version = digest, version
        self.closed = False
        self._runs, self._left = runs, 0
        self._came = b""
        self.reset()

    def reset(self):
        self.turn, self.mark = 0, 0

    def write(self, data):
        self._came += self.to_host(self._answer(self.to_board(data)))

    def read(self):
        came, self._came = self._came[:5], self._came[5:]
        return came

    def discard(self):
        self._came = b""

    def close(self):
        self.closed = True

    def _answer(self, frame):
        if not frame:
            return b""
        header, words = frame[:12], frame[12:]
        if seal(header[:8]) != header:
            return self._says(1, 0)
        kind, space, turn = header[2] >> 2 & 3, Space(header[2] >> 4 & 7), header[2] >> 7
        sequence, count = header[3], 256 - header[4]
        raw = int.from_bytes(header[5:8], "little")
        places = [(space, (raw + 1 + at) % 2**24) for at in range(count)]
        self.kinds.append(kind)
        if kind == 0 and space == Space.CONTROL:
            own = [self.digest, self.mark]
            answer = self._says(0, sequence, [own[address] for _, address in places])
            self._left = max(self._left - 1, 0)
            return answer
        if kind == 2 and turn == self.turn:
            return self._says(0, sequence)
        if self._left:
            return self._says(2, sequence)
        if kind == 0:
            return self._says(0, sequence, [self.words[place] for place in places])
        if kind == 1:
            if seal(words[:-4]) != words or len(words) != 4 * (count + 1):
                return self._says(1, sequence)
            values = [int.from_bytes(words[at : at + 4], "little") for at in range(0, 4 * count, 4)]
            self.words.update(zip(places, values, strict=True))
        elif kind == 2:
            self.turn, self._left = turn, self._runs
            self.commands.append(raw)
        else:
            self.mark = int.from_bytes(header[4:8], "little")
        return self._says(0, sequence)

    def _says(self, outcome, sequence, words=()):
        flags = outcome | bool(self._left) << 2 | self.turn << 3 | self.mark >> 31 << 4
        data = b"".join(word.to_bytes(4, "little") for word in words)
        return seal(bytes([0x7A, sequence, flags, self.version]) + data)
