"""Datasets of others, read into questions and written back."""

from medspatial.datasets.formats.base import FORMATS, export_questions, import_questions

__all__ = ["FORMATS", "export_questions", "import_questions"]
