from . import brush as brush
from . import cells as cells
from . import kinds as kinds
from . import laboratories as laboratories
from . import nuclei as nuclei
from . import sample as sample
from . import scenes as scenes
from . import smear as smear
from .sample import Augmented as Augmented
from .kinds import CELL_KINDS as CELL_KINDS
from .kinds import CellKind as CellKind
from .kinds import Color as Color
from .sample import DRAWN_PREFIX as DRAWN_PREFIX
from .smear import FIELD_HEIGHT as FIELD_HEIGHT
from .smear import FIELD_WIDTH as FIELD_WIDTH
from .laboratories import HOME as HOME
from .laboratories import LABORATORIES as LABORATORIES
from .laboratories import Laboratory as Laboratory
from .kinds import PLASMA as PLASMA
from .smear import Photograph as Photograph
from .kinds import Range as Range
from .sample import SAMPLE_COLUMNS as SAMPLE_COLUMNS
from .scenes import Scene as Scene
from .scenes import SceneCell as SceneCell
from .laboratories import Stain as Stain
from .cells import WhiteCell as WhiteCell
from .smear import Window as Window
from .sample import augment as augment
from .cells import draw_cell as draw_cell
from .smear import draw_field as draw_field
from .smear import draw_photograph as draw_photograph
from .sample import draw_sample as draw_sample
from .scenes import draw_scene as draw_scene
from .laboratories import random_laboratory as random_laboratory

__all__ = [
    "Augmented",
    "CELL_KINDS",
    "CellKind",
    "Color",
    "DRAWN_PREFIX",
    "FIELD_HEIGHT",
    "FIELD_WIDTH",
    "HOME",
    "LABORATORIES",
    "Laboratory",
    "PLASMA",
    "Photograph",
    "Range",
    "SAMPLE_COLUMNS",
    "Scene",
    "SceneCell",
    "Stain",
    "WhiteCell",
    "Window",
    "augment",
    "draw_cell",
    "draw_field",
    "draw_photograph",
    "draw_sample",
    "draw_scene",
    "random_laboratory",
]
