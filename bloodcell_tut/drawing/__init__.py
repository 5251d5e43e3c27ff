"""Painted blood: white cells, smears, and the sample data set."""

from bloodcell_tut.errors import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
