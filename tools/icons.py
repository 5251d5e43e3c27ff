"""The theme's icons as a few lines of style, in place of a script of 1.6 MB on each page."""

import re
from pathlib import Path
from urllib.parse import quote

SCRIPT = re.compile(r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>')
STYLE = """
/* icons of Font Awesome Free by @fontawesome - https://fontawesome.com, CC BY 4.0 */
.fa-solid::before {
  content: "";
  display: inline-block;
  height: 1.125em;
  width: var(--width);
  background: currentColor;
  mask: var(--icon) center / contain no-repeat;
  vertical-align: -0.1875em;
}
"""


def use_style(out: Path) -> None:
    """Let the site's own style draw the icons that its pages show; take the script away."""
    script = out / "_static" / "scripts" / "fontawesome.js"
    drawings, shown = script.read_text(encoding="utf-8"), set[str]()
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for names in re.findall(r'class="[^"]*\bfa-solid ([^"]*)"', text):
            shown |= set(re.findall(r"\bfa-([a-z-]+)", names)) - {"lg", "fw"}
        page.write_text(SCRIPT.sub("", text), encoding="utf-8")
    with (out / "_static" / "site.css").open("a", encoding="utf-8") as style:
        style.write(STYLE + "".join(rule(name, drawings) for name in sorted(shown)))
    for file in script.parent.glob("fontawesome.js*"):
        file.unlink()


def rule(name: str, drawings: str) -> str:
    """Return the style of one icon; `drawings` is the script, which holds solid ones last."""
    place = rf'(?<![\w-])"?{name}"?:\[(\d+),(\d+),\[[^\]]*\],"[0-9a-f]+","([^"]+)"\]'
    width, height, path = re.findall(place, drawings)[-1]
    # some reach a little beyond their frame
    frame = f"-32 -32 {int(width) + 64} {int(height) + 64}"
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{frame}"><path d="{path}"/></svg>'
    wide = (int(width) + 64) / 512
    return (
        f'.fa-{name} {{ --width: {wide}em; --icon: url("data:image/svg+xml,{quote(picture)}") }}\n'
    )
