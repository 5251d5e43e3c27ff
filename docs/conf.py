"""The site: the notebooks rendered as they are, and the reference read from the package."""

import os
import sys
from configparser import ConfigParser
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
_settings = ConfigParser(interpolation=None)
_settings.read(ROOT / "settings.ini", encoding="utf-8")
_facts = _settings["DEFAULT"]
_repository = _facts.get("git_url", "").rstrip("/")
_address = _facts.get("doc_host", "").rstrip("/")

project = _facts["lib_name"]
author = _facts["author"]
copyright = f"{author}, Apache License 2.0"
release = version = _facts["version"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
root_doc = "index"
exclude_patterns = ["**/.*", "_*"]
source_suffix = {".ipynb": "myst-nb", ".md": "myst-nb"}
default_role = "py:obj"

nb_execution_mode = "force" if os.environ.get("EXECUTE") else "off"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_render_markdown_format = "myst"
nb_ipywidgets_js = {}
nb_output_folder = "build/jupyter_execute"
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = False
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
add_module_names = False
numpydoc_show_class_members = False
toc_object_entries_show_parents = "hide"

html_theme = "sphinx_book_theme"
html_title = project
html_baseurl = f"{_address}/" if _address else ""
html_short_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js", "copy.js"]
html_copy_source = False
html_use_index = False
html_context = {"default_mode": "auto"}
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {
    "home_page_in_toc": True,
    "navbar_persistent": [],
    "show_toc_level": 2,
    "show_navbar_depth": 1,
    "collapse_navbar": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "pygments_light_style": "github-light-high-contrast",
    "pygments_dark_style": "github-dark-colorblind",
    "search_bar_text": "Search",
    "toc_title": "On this page",
    "extra_footer": "Not for patients: this teaches how image classification works.",
}
# links to where the project is public; it has none until settings.ini names the place
if _repository:
    html_theme_options |= {
        "repository_url": _repository,
        "repository_branch": _facts.get("branch", "main"),
        "path_to_docs": "nbs",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "launch_buttons": {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
        },
    }


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Turn a notebook into a page before it is read."""
    from notebook_page import page

    if app.env.doc2path(name).suffix == ".ipynb":
        source[0] = page(source[0], name)


def use_pictures(app: Sphinx, config: Config) -> None:
    """Take the pictures that were drawn for this build."""
    config.html_static_path.append(str(app.srcdir / "_static"))
    config.html_favicon = str(app.srcdir / "_static" / "favicon.png")
    config.html_logo = str(app.srcdir / "_static" / "logo.png")
    config.html_theme_options["logo"] = {"text": project, "alt_text": ""}


def link_types(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.reference | None:
    """Link a type in a signature: one of a wing to the wing's page, one of another library to
    that library's own documentation."""
    from reference import ELSEWHERE, full_name

    target = node["reftarget"]
    if ours := full_name(target):
        domain = env.get_domain("py")
        return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", ours, node, content)
    address = ELSEWHERE.get(target)
    return nodes.reference("", "", content, refuri=address, internal=False) if address else None


def mend_signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """Write a default that a dataclass makes anew as dots, which can be read as Python."""
    if "<factory>" not in (signature or ""):
        return None
    return signature.replace("<factory>", "..."), returns


def fold_what_goes_deeper(app: Sphinx, doctree: nodes.document) -> None:
    """Close the parts of a lesson that you can skip; a click opens one."""
    from lesson_table import FOLDED

    for section in doctree.findall(nodes.section):
        if section[0].astext().startswith(FOLDED):
            opened = '<details class="deeper"><summary>Open or close this part</summary>'
            before, after = (nodes.raw("", html, format="html") for html in (opened, "</details>"))
            section[1:] = [before, *section[1:], after]


def visit_math(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula as MathML, which browsers show without any script."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_math_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula as MathML that can be scrolled on a narrow screen."""
    math = tex2mathml(node.astext(), as_block=True)
    writer.body.append(f'<div class="formula" tabindex="0">{math}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    import findable

    app.connect("config-inited", use_pictures)
    app.connect("source-read", read_page)
    app.connect("doctree-read", fold_what_goes_deeper)
    app.connect("missing-reference", link_types)
    app.connect("autodoc-process-signature", mend_signature)
    findable.setup(app)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))


html_math_renderer = "mathml"
