from . import anywhere as anywhere
from . import errata as errata
from . import learners_copies as learners_copies
from . import lessons as lessons
from . import linked as linked
from . import live_curves as live_curves
from . import manners as manners
from . import missing_names as missing_names
from . import own_photographs as own_photographs
from . import progress as progress
from . import quiet as quiet
from . import testing as testing
from . import widgets as widgets
from .errata import DEFECTS as DEFECTS
from .errata import Defect as Defect
from .lessons import LESSONS_RECORD as LESSONS_RECORD
from .live_curves import LiveCurves as LiveCurves
from .progress import PROGRESS as PROGRESS
from .lessons import START_PAGE as START_PAGE
from .anywhere import add_missing as add_missing
from .learners_copies import bound_names as bound_names
from .progress import class_table as class_table
from .lessons import copy_lessons as copy_lessons
from .errata import defect_table as defect_table
from .widgets import drop_zone as drop_zone
from .progress import exercise_names as exercise_names
from .widgets import explore as explore
from .missing_names import help_with_missing_names as help_with_missing_names
from .progress import lay_lessons as lay_lessons
from .learners_copies import learners_copy as learners_copy
from .lessons import lessons_folder as lessons_folder
from .own_photographs import newest_model as newest_model
from .lessons import open_lab as open_lab
from .live_curves import plot_curves as plot_curves
from .progress import progress_text as progress_text
from .quiet import quiet_loading as quiet_loading
from .quiet import quiet_tensorflow as quiet_tensorflow
from .progress import read_progress as read_progress
from .progress import record_solved as record_solved
from .lessons import require_lab as require_lab
from .anywhere import set_up_lesson as set_up_lesson
from .own_photographs import upload_photographs as upload_photographs
from .missing_names import where_defined as where_defined
from .progress import write_start_page as write_start_page

__all__ = [
    "DEFECTS",
    "Defect",
    "LESSONS_RECORD",
    "LiveCurves",
    "PROGRESS",
    "START_PAGE",
    "add_missing",
    "bound_names",
    "class_table",
    "copy_lessons",
    "defect_table",
    "drop_zone",
    "exercise_names",
    "explore",
    "help_with_missing_names",
    "lay_lessons",
    "learners_copy",
    "lessons_folder",
    "newest_model",
    "open_lab",
    "plot_curves",
    "progress_text",
    "quiet_loading",
    "quiet_tensorflow",
    "read_progress",
    "record_solved",
    "require_lab",
    "set_up_lesson",
    "upload_photographs",
    "where_defined",
    "write_start_page",
]
