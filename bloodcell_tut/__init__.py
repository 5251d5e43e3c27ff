"""Nine steps of image classification on blood cells; see the notebooks in `nbs`.

The steps' functions are here, as `bloodcell_tut.NAME`; what serves them stands in wings, such as
`bloodcell_tut.drawing.draw_cell`. Each is loaded at first use.
"""

import sys

try:
    from importlib.metadata import version
    from pkgutil import iter_modules

    from .errors import attach_stub
    from .files.cache import spare_home

    __version__ = version("bloodcell_tut")
    __getattr__, __dir__, _shown = attach_stub(__name__, __file__)
    spare_home()
    __all__ = sorted(set(_shown) - {module.name for module in iter_modules(__path__)})
except KeyboardInterrupt:  # Ctrl-C in the first moments of the command needs no traceback
    if sys.argv[0].endswith(("bloodcell-tut", "bloodcell-tut.exe")):
        raise SystemExit(130) from None
    raise
