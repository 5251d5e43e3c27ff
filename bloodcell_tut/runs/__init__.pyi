from . import cropping as cropping
from . import detector as detector
from . import environment as environment
from . import figures as figures
from . import folds as folds
from . import page as page
from . import recipe_choice as recipe_choice
from . import report as report
from . import run as run
from . import settings as settings
from . import shared as shared
from . import step_log as step_log
from . import steps as steps
from .settings import CHECKPOINT as CHECKPOINT
from .report import ClassScores as ClassScores
from .report import DataFacts as DataFacts
from .report import Fold as Fold
from .settings import IMAGE_SIZES as IMAGE_SIZES
from .settings import RECIPE_NAMES as RECIPE_NAMES
from .report import Report as Report
from .settings import RunSettings as RunSettings
from .report import SCHEMA as SCHEMA
from .report import Scores as Scores
from .report import SkippedFile as SkippedFile
from .report import Step as Step
from .environment import peak_memory_mb as peak_memory_mb
from .figures import plot_learning_curves as plot_learning_curves
from .run import run_steps as run_steps
from .environment import versions as versions
from .page import write_report as write_report

__all__ = [
    "CHECKPOINT",
    "ClassScores",
    "DataFacts",
    "Fold",
    "IMAGE_SIZES",
    "RECIPE_NAMES",
    "Report",
    "RunSettings",
    "SCHEMA",
    "Scores",
    "SkippedFile",
    "Step",
    "peak_memory_mb",
    "plot_learning_curves",
    "run_steps",
    "versions",
    "write_report",
]
