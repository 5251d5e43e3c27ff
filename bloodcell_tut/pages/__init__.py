"""HTML pages that need no other file."""

from bloodcell_tut.errors import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
