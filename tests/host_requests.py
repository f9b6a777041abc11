"""What a host asks for, written by hand."""

import numpy as np

from zeroleap.hw.isa import HostRequest


def requests(*accesses):
    """Pack ``(space, address, data)``; no data is a read."""
    return np.array(
        [
            HostRequest.const(
                {"space": space, "address": address, "data": data or 0, "write": data is not None}
            ).as_bits()
            for space, address, data in accesses
        ],
        np.uint64,
    )
