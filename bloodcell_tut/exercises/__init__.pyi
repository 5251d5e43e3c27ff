from . import another_laboratory as another_laboratory
from . import any_pictures as any_pictures
from . import captioning as captioning
from . import denoising as denoising
from . import engine as engine
from . import guard as guard
from . import lesson_00 as lesson_00
from . import lesson_01 as lesson_01
from . import lesson_02 as lesson_02
from . import lesson_03 as lesson_03
from . import lesson_04 as lesson_04
from . import lesson_05 as lesson_05
from . import lesson_06 as lesson_06
from . import lesson_07 as lesson_07
from . import lesson_08 as lesson_08
from . import lesson_09 as lesson_09
from . import likely_scores as likely_scores
from . import more_machines as more_machines
from .engine import Exercise as Exercise
from .engine import Reply as Reply
from .engine import Wrong as Wrong
from .engine import ask as ask
from .engine import compare as compare
from .engine import describe as describe
from .engine import exercise as exercise
from .engine import wrong_if as wrong_if

__all__ = [
    "Exercise",
    "Reply",
    "Wrong",
    "ask",
    "compare",
    "describe",
    "exercise",
    "wrong_if",
]
