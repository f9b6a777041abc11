"""``python -m zeroleap.gen.cli``: the command where its script is not on PATH."""

import sys

from zeroleap.gen.cli import main

if __name__ == "__main__":
    sys.exit(main())
