from . import classifiers as classifiers
from . import drawn as drawn
from . import hand_crafted_features as hand_crafted_features
from .classifiers import Classifier as Classifier
from .hand_crafted_features import HAND_CRAFTED_FEATURES as HAND_CRAFTED_FEATURES
from .classifiers import Learner as Learner
from .classifiers import article_network as article_network
from .classifiers import cross_validated as cross_validated
from .classifiers import decision_tree as decision_tree
from .drawn import drawn_cells as drawn_cells
from .drawn import drawn_cells_help as drawn_cells_help
from .classifiers import majority as majority
from .hand_crafted_features import measure_cell as measure_cell
from .classifiers import nearest_colors as nearest_colors
from .classifiers import random_forest as random_forest
from .classifiers import small_network as small_network
from .classifiers import small_network_asked_once as small_network_asked_once
from .classifiers import small_network_with_drawn as small_network_with_drawn

__all__ = [
    "Classifier",
    "HAND_CRAFTED_FEATURES",
    "Learner",
    "article_network",
    "cross_validated",
    "decision_tree",
    "drawn_cells",
    "drawn_cells_help",
    "majority",
    "measure_cell",
    "nearest_colors",
    "random_forest",
    "small_network",
    "small_network_asked_once",
    "small_network_with_drawn",
]
