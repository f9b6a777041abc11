"""The exceptions that a user may cause."""

__all__ = ["CapacityError", "InputError"]


class InputError(Exception):
    """A model, option or input that zeroleap cannot accept.

    The message is one line that says what is wrong, where, and what would be accepted. The command
    prints it and exits with status 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class CapacityError(InputError):
    """A network that another, larger configuration of the engine may have room for.

    Parameters
    ----------
    message : str
    field : str
        The parameter of the configuration that is too small.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field
