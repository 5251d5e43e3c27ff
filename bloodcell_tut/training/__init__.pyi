from . import batches as batches
from . import recipe as recipe
from . import variation as variation
from .recipe import ANYWHERE as ANYWHERE
from .recipe import ARTICLE as ARTICLE
from .recipe import RECIPES as RECIPES
from .recipe import Recipe as Recipe
from .recipe import SMALL as SMALL
from .recipe import default_epochs as default_epochs
from .batches import sampling_weights as sampling_weights
from .recipe import slow_backend as slow_backend
from .variation import vary_cells as vary_cells

__all__ = [
    "ANYWHERE",
    "ARTICLE",
    "RECIPES",
    "Recipe",
    "SMALL",
    "default_epochs",
    "sampling_weights",
    "slow_backend",
    "vary_cells",
]
