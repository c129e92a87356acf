"""Datasets of others, read into questions and written back."""

from medspatial.datasets.formats.base import FORMATS, detect_format, export_questions, import_questions

__all__ = ["FORMATS", "detect_format", "export_questions", "import_questions"]
