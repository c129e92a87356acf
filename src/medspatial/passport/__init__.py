"""A passport for a set of questions: what it holds, what it can show, and what is wrong with it."""

from medspatial.passport.examine import audit_set
from medspatial.passport.reading import VqaSet, read_set
from medspatial.passport.result import Alarm, Kind, Passport

__all__ = ["Alarm", "Kind", "Passport", "VqaSet", "audit_set", "read_set"]
