from . import batches as batches
from . import machines as machines
from . import natural_images as natural_images
from . import recipe as recipe
from . import shares as shares
from . import variation as variation
from .recipe import ANYWHERE as ANYWHERE
from .recipe import ARTICLE as ARTICLE
from .recipe import CELLS as CELLS
from .recipe import LETTERS as LETTERS
from .natural_images import MOST_IMAGES as MOST_IMAGES
from .recipe import NATURAL as NATURAL
from .recipe import RECIPES as RECIPES
from .recipe import Recipe as Recipe
from .natural_images import Symmetry as Symmetry
from .recipe import default_epochs as default_epochs
from .natural_images import find_symmetry as find_symmetry
from .machines import on_machines as on_machines
from .batches import sampling_weights as sampling_weights
from .natural_images import shift_images as shift_images
from .recipe import slow_backend as slow_backend
from .variation import vary_cells as vary_cells

__all__ = [
    "ANYWHERE",
    "ARTICLE",
    "CELLS",
    "LETTERS",
    "MOST_IMAGES",
    "NATURAL",
    "RECIPES",
    "Recipe",
    "Symmetry",
    "default_epochs",
    "find_symmetry",
    "on_machines",
    "sampling_weights",
    "shift_images",
    "slow_backend",
    "vary_cells",
]
