"""What a store cannot do, in words a person can act on."""

from __future__ import annotations


class NotFoundError(LookupError):
    """There is no such row."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"there is no {what} {key!r}; it may have been deleted, or belong to another project")

    def __str__(self) -> str:
        return str(self.args[0])


class ConflictError(ValueError):
    """The row exists already, or something still needs it."""


class LeaseLostError(RuntimeError):
    """Another worker has the job: write nothing more."""


class CancelledError(RuntimeError):
    """A person asked to stop the job."""
