"""The passport as one page that holds everything."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medspatial.files import write_text
from medspatial.passport.badge import badge
from medspatial.passport.result import Passport


def write_page(path: str | Path, passport: Passport) -> Path:
    """Write the page, whole or not at all; it needs no script, font or network."""
    env = Environment(
        loader=PackageLoader("medspatial.passport"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    picture = Markup(badge(passport))  # made by us, its text is escaped there
    return write_text(path, env.get_template("passport.html.j2").render(one=passport, badge=picture))
