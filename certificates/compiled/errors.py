"""Why a page is printed whole."""


class WholeError(Exception):
    """This page cannot be compiled, or this text cannot be placed on it: print the whole page."""
