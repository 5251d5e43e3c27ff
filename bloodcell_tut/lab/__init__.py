"""What is in a learner's folder: the lessons, progress, widgets, the ledger of defects."""

from bloodcell_tut.errors import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
