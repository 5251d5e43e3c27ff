from .errors import ArchiveError as ArchiveError
from .errors import ArgumentError as ArgumentError
from .errors import BloodcellError as BloodcellError
from .errors import DatasetError as DatasetError
from .errors import ImageError as ImageError
from .errors import ModelError as ModelError
from .files import IMAGE_SUFFIXES as IMAGE_SUFFIXES
from .files import cache_folder as cache_folder
from .files import new_folder as new_folder
from .files import write_atomically as write_atomically
from .plots import CLASS_COLORS as CLASS_COLORS
from .plots import STEPS as STEPS
from .plots import class_color as class_color
from .plots import nine_steps as nine_steps
from .plots import show as show
from .plots import show_images as show_images
from .sample import Augmented as Augmented
from .sample import SAMPLE_COLUMNS as SAMPLE_COLUMNS
from .sample import augment as augment
from .sample import draw_sample as draw_sample
from .smear import FIELD_HEIGHT as FIELD_HEIGHT
from .smear import FIELD_WIDTH as FIELD_WIDTH
from .smear import Photograph as Photograph
from .smear import Window as Window
from .smear import draw_photograph as draw_photograph

__version__: str
__all__ = [
    "ArchiveError",
    "ArgumentError",
    "Augmented",
    "BloodcellError",
    "CLASS_COLORS",
    "DatasetError",
    "FIELD_HEIGHT",
    "FIELD_WIDTH",
    "IMAGE_SUFFIXES",
    "ImageError",
    "ModelError",
    "Photograph",
    "SAMPLE_COLUMNS",
    "STEPS",
    "Window",
    "augment",
    "cache_folder",
    "class_color",
    "draw_photograph",
    "draw_sample",
    "new_folder",
    "nine_steps",
    "show",
    "show_images",
    "write_atomically",
]
