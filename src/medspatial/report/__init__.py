"""The report: tables, figures, and a static page on which every question can be looked at."""

from medspatial.report.model_card import model_index, write_model_cards
from medspatial.report.page import write_report
from medspatial.report.tables import comparison_tables, write_tables

__all__ = ["comparison_tables", "model_index", "write_model_cards", "write_report", "write_tables"]
