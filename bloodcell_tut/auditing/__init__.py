"""What is wrong with a folder of images: duplicates, siblings, leaks, lost cells."""

from bloodcell_tut.errors import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
