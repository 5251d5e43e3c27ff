from . import annotations as annotations
from . import archives as archives
from . import argument_checks as argument_checks
from . import array_cache as array_cache
from . import array_checks as array_checks
from . import array_file as array_file
from . import cache as cache
from . import checkpoint as checkpoint
from . import contents as contents
from . import digests as digests
from . import folder_names as folder_names
from . import image_file as image_file
from . import image_file_shades as image_file_shades
from . import image_kinds as image_kinds
from . import label_tables as label_tables
from . import layout as layout
from . import left_out as left_out
from . import lock as lock
from . import made_images as made_images
from . import one_bar as one_bar
from . import pieces as pieces
from . import png_and_bmp as png_and_bmp
from . import remote as remote
from . import tiff as tiff
from . import typed_json as typed_json
from . import writing as writing
from .image_kinds import IMAGE_ENDINGS as IMAGE_ENDINGS
from .label_tables import LabelTable as LabelTable
from .archives import MAX_FILES as MAX_FILES
from .archives import MAX_FILE_BYTES as MAX_FILE_BYTES
from .image_file import MAX_PIXELS as MAX_PIXELS
from .archives import MAX_RATIO as MAX_RATIO
from .image_kinds import MAX_SCANS as MAX_SCANS
from .archives import MAX_TOTAL_BYTES as MAX_TOTAL_BYTES
from .folder_names import PARTS as PARTS
from .cache import cache_folder as cache_folder
from .archives import extract_archive as extract_archive
from .layout import find_class_folders as find_class_folders
from .image_file import image_bytes as image_bytes
from .layout import images_by_class as images_by_class
from .writing import new_folder as new_folder
from .pieces import on_cluster as on_cluster
from .folder_names import part_of as part_of
from .label_tables import read_label_table as read_label_table
from .image_file import unreadable_image as unreadable_image
from .writing import write_atomically as write_atomically

__all__ = [
    "IMAGE_ENDINGS",
    "LabelTable",
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "MAX_RATIO",
    "MAX_SCANS",
    "MAX_TOTAL_BYTES",
    "PARTS",
    "cache_folder",
    "extract_archive",
    "find_class_folders",
    "image_bytes",
    "images_by_class",
    "new_folder",
    "on_cluster",
    "part_of",
    "read_label_table",
    "unreadable_image",
    "write_atomically",
]
