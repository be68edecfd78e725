"""Why a repository could not be read, in words for people."""

from core.i18n import N_


class GitError(RuntimeError):
    """The repository cannot be read. `message` is a message id, filled from `values`; never with an address or a token."""

    def __init__(self, message: str, **values: str | int | float) -> None:
        super().__init__(message)
        self.message, self.values = message, values


def damaged() -> GitError:
    """What the server sent is not what git sends."""
    return GitError(N_("What the server sent is damaged, or no git repository."))


def too_large(most: int) -> GitError:
    """More than is read."""
    return GitError(N_("The repository is too large: at most %(most)s MB are read. Please give the course a repository of its own."), most=most >> 20)
