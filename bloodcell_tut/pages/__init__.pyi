from . import render as render
from .render import PageFigure as PageFigure
from .render import Remark as Remark
from .render import percent as percent
from .render import render_page as render_page

__all__ = [
    "PageFigure",
    "Remark",
    "percent",
    "render_page",
]
