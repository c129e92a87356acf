"""Studies: a YAML file that names all stages, and the walk through them."""

from medspatial.study.config import (
    CasesConfig,
    CompareConfig,
    MetricConfig,
    ModelConfig,
    QuestionsConfig,
    ReportConfig,
    StudyConfig,
    TrackConfig,
    builtin_study,
    folder_study,
    read_study,
)
from medspatial.study.loading import CaseLoader, case_loader
from medspatial.study.published import PublishedConfig, find_study, read_any_study, run_published
from medspatial.study.walk import Study, StudyRun, run_study

__all__ = [
    "CaseLoader",
    "CasesConfig",
    "CompareConfig",
    "MetricConfig",
    "ModelConfig",
    "PublishedConfig",
    "QuestionsConfig",
    "ReportConfig",
    "Study",
    "StudyConfig",
    "StudyRun",
    "TrackConfig",
    "builtin_study",
    "case_loader",
    "find_study",
    "folder_study",
    "read_any_study",
    "read_study",
    "run_published",
    "run_study",
]
