"""The suffix of a file for a DFU bootloader."""

from zeroleap.boards.dfu import with_suffix


def test_the_suffix_is_that_of_dfu_suffix():
    """``dfu-suffix -v 1209 -p 5af0 -a FILE`` of dfu-util 0.11."""
    expected = bytes.fromhex("ffff f05a 0912 0001 554644 10 fcdccbd5")
    assert with_suffix(b"zeroleap bitstream", "1209:5af0") == b"zeroleap bitstream" + expected
