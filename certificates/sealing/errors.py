"""What can go wrong with seals, in words for operators."""


class SealError(RuntimeError):
    """A file cannot be sealed now; the text says what an operator must mend."""


class TimestampError(SealError):
    """No proper timestamp came. It may come later, without anybody mending anything here."""
