"""Studies: a YAML file that names all stages, and their runner."""

from medspatial.study.config import (
    CasesConfig,
    CompareConfig,
    MetricConfig,
    ModelConfig,
    QuestionsConfig,
    ReportConfig,
    StudyConfig,
    TrackConfig,
)
from medspatial.study.file import builtin_study, folder_study, read_study
from medspatial.study.find import find_study, read_any_study
from medspatial.study.loading import CaseLoader, case_loader
from medspatial.study.outside import OutsideStudy, outside_studies
from medspatial.study.report_set import ReportSetConfig, ReportSetRun, run_report_set
from medspatial.study.rerun import Difference, Rerun, compare_runs, rerun_study, study_of
from medspatial.study.runner import StudyRun, run_study

__all__ = [
    "CaseLoader",
    "CasesConfig",
    "CompareConfig",
    "Difference",
    "MetricConfig",
    "ModelConfig",
    "OutsideStudy",
    "QuestionsConfig",
    "ReportConfig",
    "ReportSetConfig",
    "ReportSetRun",
    "Rerun",
    "StudyConfig",
    "StudyRun",
    "TrackConfig",
    "builtin_study",
    "case_loader",
    "compare_runs",
    "find_study",
    "folder_study",
    "outside_studies",
    "read_any_study",
    "read_study",
    "rerun_study",
    "run_report_set",
    "run_study",
    "study_of",
]
