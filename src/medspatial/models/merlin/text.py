"""Merlin's texts: what its text encoder was trained to read, and the prompt of its report generator."""

from __future__ import annotations

import re

ORGANS = (
    "lower thorax",
    "liver",
    "gallbladder",
    "spleen",
    "pancreas",
    "adrenal glands",
    "kidneys",
    "bowel",
    "peritoneum",
    "pelvic",
    "circulatory",
    "lymph nodes",
    "musculoskeletal",
)
END = "###"
_PIECES = re.compile(r"\w+|[^\w\s]+")


def sanitized(text: str) -> str:
    """Lower the case and set words and runs of other signs apart.

    >>> sanitized("Liver: Normal (1.5cm).")
    'liver : normal ( 1 . 5cm ).'
    """
    return " ".join(_PIECES.findall(text.lower()))


def organ_prompt(organ: str) -> str:
    """Return the prompt for the report section of an organ system."""
    return asked(f"Generate a radiology report for {organ}")


def asked(text: str) -> str:
    """End a text as the decoder's prompts end."""
    return f"{text}{END}\n"


def section(text: str) -> str:
    """Return what was generated up to the first end mark."""
    return text.split(END, maxsplit=1)[0].strip()
