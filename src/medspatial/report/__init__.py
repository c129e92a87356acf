"""The report: tables, figures, and a static page on which every question can be looked at."""

from medspatial.report.page import write_report
from medspatial.report.tables import comparison_tables, write_tables

__all__ = ["comparison_tables", "write_report", "write_tables"]
