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

__version__: str
__all__ = [
    "ArchiveError",
    "ArgumentError",
    "BloodcellError",
    "CLASS_COLORS",
    "DatasetError",
    "IMAGE_SUFFIXES",
    "ImageError",
    "ModelError",
    "STEPS",
    "cache_folder",
    "class_color",
    "new_folder",
    "nine_steps",
    "show",
    "show_images",
    "write_atomically",
]
