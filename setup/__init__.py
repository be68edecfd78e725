"""Brings up all that Lotse needs, with Python's standard library only: it runs before anything is installed."""
