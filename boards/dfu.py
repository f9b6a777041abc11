"""The suffix by which a DFU bootloader knows that a file is for it."""

import struct
import zlib

__all__ = ["with_suffix"]

ANY_RELEASE = 0xFFFF
DFU_1_0 = 0x0100
SUFFIX_BYTES = 16


def with_suffix(content: bytes, device: str) -> bytes:
    """Append the suffix to a file.

    Source: USB *Device Class Specification for Device Firmware Upgrade* 1.1, appendix B. Its CRC is
    that of Ethernet without the last complement.

    Parameters
    ----------
    content : bytes
    device : str
        Vendor and product in hexadecimal, as ``1209:5af0``.
    """
    vendor, product = (int(number, 16) for number in device.split(":"))
    content += struct.pack("<4H", ANY_RELEASE, product, vendor, DFU_1_0)
    content += struct.pack("<3sB", b"UFD", SUFFIX_BYTES)
    return content + struct.pack("<I", zlib.crc32(content) ^ 0xFFFFFFFF)
