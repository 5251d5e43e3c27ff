from . import copies as copies
from . import find as find
from . import grouping as grouping
from . import known_table as known_table
from . import local_features as local_features
from . import table as table
from .find import OriginalMatches as OriginalMatches
from .find import PhotographGroups as PhotographGroups
from .find import find_photographs as find_photographs
from .known_table import known_photographs as known_photographs
from .find import match_originals as match_originals
from .table import match_photographs as match_photographs
from .table import photograph_ids as photograph_ids
from .table import photographs_and_groups as photographs_and_groups
from .table import read_photograph_table as read_photograph_table

__all__ = [
    "OriginalMatches",
    "PhotographGroups",
    "find_photographs",
    "known_photographs",
    "match_originals",
    "match_photographs",
    "photograph_ids",
    "photographs_and_groups",
    "read_photograph_table",
]
