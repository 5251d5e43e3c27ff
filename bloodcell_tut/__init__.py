"""Nine steps of image classification on blood cells; see the notebooks in `nbs`.

Every public name of every module is here, as `bloodcell_tut.NAME`, and loaded at first use.
"""

from importlib.metadata import version

import lazy_loader

__version__ = version("bloodcell_tut")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
