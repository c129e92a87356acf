"""CT-RATE: names, download, tables, reports, and validation of what was downloaded."""

from medspatial.cases.ct_rate.checks import Finding
from medspatial.cases.ct_rate.download import CASES, RECEIPT, Downloaded, download, list_cases
from medspatial.cases.ct_rate.hu import RawFacts, in_hu, read_ct_rate, read_raw_table
from medspatial.cases.ct_rate.hub import Hub, HubError, MissingFileError, RemoteFile
from medspatial.cases.ct_rate.metadata import VolumeMetadata, read_metadata
from medspatial.cases.ct_rate.names import (
    LICENSE,
    MASK_TASKS,
    REPOSITORY,
    SPLITS,
    Split,
    VolumeName,
    check_split,
    first_reconstructions,
    is_name,
    labels_path,
    metadata_path,
    parse_name,
    reports_path,
)
from medspatial.cases.ct_rate.plan import (
    Plan,
    Request,
    check_room,
    gigabytes,
    make_plan,
    mask_tasks,
    read_names,
)
from medspatial.cases.ct_rate.reports import (
    NOT_GIVEN,
    Report,
    one_per_scan,
    read_case_reports,
    read_reports,
    reports_of,
    scan_of,
)
from medspatial.cases.ct_rate.validate import Validated, validate

__all__ = [
    "CASES",
    "LICENSE",
    "MASK_TASKS",
    "NOT_GIVEN",
    "RECEIPT",
    "REPOSITORY",
    "SPLITS",
    "Downloaded",
    "Finding",
    "Hub",
    "HubError",
    "MissingFileError",
    "Plan",
    "RawFacts",
    "RemoteFile",
    "Report",
    "Request",
    "Split",
    "Validated",
    "VolumeMetadata",
    "VolumeName",
    "check_room",
    "check_split",
    "download",
    "first_reconstructions",
    "gigabytes",
    "in_hu",
    "is_name",
    "labels_path",
    "list_cases",
    "make_plan",
    "mask_tasks",
    "metadata_path",
    "one_per_scan",
    "parse_name",
    "read_case_reports",
    "read_ct_rate",
    "read_metadata",
    "read_names",
    "read_raw_table",
    "read_reports",
    "reports_of",
    "reports_path",
    "scan_of",
    "validate",
]
