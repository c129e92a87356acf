from __future__ import annotations

import errno
import json
import shutil
import time
from collections import namedtuple

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import read_cases
from medspatial.cases.ct_rate import (
    Hub,
    HubError,
    MissingFileError,
    Request,
    check_room,
    download,
    make_plan,
    metadata_path,
    parse_name,
    reports_path,
)
from medspatial.cli.app import app
from medspatial.errors import InputError

METADATA = (
    "VolumeName,Manufacturer,PatientSex,PatientAge,PatientPosition,ImagePositionPatient,ImageOrientationPatient,"
    "Rows,Columns,XYSpacing,RescaleIntercept,RescaleSlope,NumberofSlices,ZSpacing\n"
)
ROW = '{name}.nii.gz,Maker,F,061Y,HFS,"[-10, -10, 0]","[1, 0, 0, 0, 1, 0]",4,4,"[0.7, 0.7]",-1024,1,4,1.5\n'
NAMES = ("valid_1_a_1", "valid_1_a_2", "valid_2_a_1", "valid_10_a_2", "valid_10_b_1")
REPORTS = (
    "VolumeName,ClinicalInformation_EN,Technique_EN,Findings_EN,Impressions_EN\n"
    'valid_1_a_1.nii.gz,x,y,"Nodule in the left lung.",Not given.\n'
)


@pytest.fixture
def repository(hub):
    """Small files under the names of real ones."""
    rng = np.random.default_rng(3)
    for text in NAMES:
        name = parse_name(text)
        hub.files[name.volume_path()] = rng.bytes(50_000)
        hub.files[name.mask_path("ts_total")] = rng.bytes(1_000)
    hub.files[metadata_path("valid_fixed")] = (METADATA + "".join(ROW.format(name=n) for n in NAMES)).encode()
    hub.files[reports_path("valid_fixed")] = REPORTS.encode()
    return hub


def _run(hub, folder, *, keep=0, **settings):
    client = Hub(folder, endpoint=hub.endpoint)
    plan = make_plan(Request("valid_fixed", **settings), client)
    return plan, download(plan, client, keep=keep)


def test_first_reconstruction_of_the_first_scans(repository, tmp_path):
    plan, done = _run(repository, tmp_path, cases=3)
    assert [n.case_id for n in plan.volumes] == ["valid_1_a_1", "valid_2_a_1", "valid_10_a_2"]
    assert (done.cases, done.fetched, done.missing) == (3, 3, ())
    for name in plan.volumes:
        assert (tmp_path / name.volume_path()).read_bytes() == repository.files[name.volume_path()]
    assert [c.case_id for c in read_cases(tmp_path)] == ["valid_1_a_1", "valid_2_a_1", "valid_10_a_2"]
    assert repository.count("GET", "api") == 0  # nothing is listed


def test_masks_reports_and_metadata_enter_the_cases(repository, tmp_path):
    plan, done = _run(repository, tmp_path, cases=2, masks=("ts_total", "ts_lung_nodules"), reports=True)
    case = read_cases(tmp_path)[0]
    assert [(m.path, m.label_map) for m in case.masks] == [
        (parse_name("valid_1_a_1").mask_path("ts_total"), "totalsegmentator_v2")
    ]
    assert case.report == "Nodule in the left lung."
    assert case.metadata == {"scan": "valid_1_a", "sex": "F", "age": "061Y", "manufacturer": "Maker"}
    assert (case.patient_id, case.license) == ("valid_1", "CC BY-NC-SA 4.0")
    assert done.missing == tuple(n.mask_path("ts_lung_nodules") for n in plan.volumes)


def test_second_run_asks_and_fetches_nothing_again(repository, tmp_path):
    _run(repository, tmp_path, cases=2)
    gets = repository.count("GET")
    repository.requests.clear()
    plan, done = _run(repository, tmp_path, cases=2)
    assert gets > 0
    assert repository.count("GET") == 0
    assert (done.fetched, done.already_here, plan.need) == (0, 3, 0)
    assert repository.count("HEAD", "valid_1_a_1") == 0  # a file of the pinned commit needs no request


def test_more_cases_only_add(repository, tmp_path):
    _run(repository, tmp_path, cases=1)
    _, done = _run(repository, tmp_path, cases=2)
    assert (done.cases, done.fetched) == (2, 1)
    _, named = _run(repository, tmp_path, names=(parse_name("valid_10_b_1"),))
    assert named.cases == 3
    assert [c.case_id for c in read_cases(tmp_path)] == ["valid_1_a_1", "valid_2_a_1", "valid_10_b_1"]


def test_all_reconstructions(repository, tmp_path):
    plan, _ = _run(repository, tmp_path, all_reconstructions=True, cases=3)
    assert [n.case_id for n in plan.volumes] == ["valid_1_a_1", "valid_1_a_2", "valid_2_a_1"]


def test_named_volume_that_does_not_exist(repository, tmp_path):
    names = (parse_name("valid_1_a_1"), parse_name("valid_999_a_1"))
    _, done = _run(repository, tmp_path, names=names)
    assert done.missing == (names[1].volume_path(),)
    assert done.cases == 1
    with pytest.raises(MissingFileError, match="none of the 1 volumes exists"):
        make_plan(Request("valid_fixed", names[1:]), Hub(tmp_path, endpoint=repository.endpoint))
    with pytest.raises(InputError, match="'train_1_a_1' is not of split 'valid_fixed'"):
        make_plan(
            Request("valid_fixed", (parse_name("train_1_a_1"),)), Hub(tmp_path, endpoint=repository.endpoint)
        )


def test_gated_says_what_to_do(repository, tmp_path, monkeypatch):
    repository.token = "hf_right"
    with pytest.raises(HubError, match=r"is gated: 1\. log in at .*2\. make .*3\. run `hf auth"):
        _run(repository, tmp_path, cases=1)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(HubError, match="is gated"):
        _run(repository, tmp_path, cases=1)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    _, done = _run(repository, tmp_path, cases=1)
    assert done.cases == 1


def test_connection_that_breaks_is_resumed_inside_the_call(repository, tmp_path):
    path = parse_name("valid_1_a_1").volume_path()
    repository.break_after[path] = [20_000]
    _run(repository, tmp_path, cases=1)
    assert (tmp_path / path).read_bytes() == repository.files[path]
    assert repository.count("GET", "valid_1_a_1") == 2


def test_server_that_fails_loses_nothing(repository, tmp_path):
    bad = parse_name("valid_2_a_1").volume_path()
    repository.refuse[bad] = [400, 400, 400, 400, 400, 400]
    client = Hub(tmp_path, endpoint=repository.endpoint)
    plan = make_plan(Request("valid_fixed", cases=2), client)
    with pytest.raises(HubError, match=r"failed .*what is complete is kept; run the same command again"):
        download(plan, client, keep=0, workers=1)
    assert not (tmp_path / bad).exists()
    assert [c.case_id for c in read_cases(tmp_path)] == ["valid_1_a_1"]
    repository.refuse.clear()
    repository.requests.clear()
    _, done = _run(repository, tmp_path, cases=2)
    assert (done.cases, done.fetched) == (2, 1)
    assert repository.count("GET", "valid_1_a_1") == 0


def test_room_is_checked_before_the_first_volume(repository, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    client = Hub(tmp_path, endpoint=repository.endpoint)
    plan = make_plan(Request("valid_fixed", cases=2), client)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 60_000))
    with pytest.raises(InputError, match=r"2 files need 0\.1 MB .* the disk has 0\.1 MB"):
        download(plan, client, keep=1_000)
    assert repository.count("GET", "valid_fixed") == 0
    assert check_room(plan, tmp_path / "not" / "there", keep=-100_000) == 60_000


def test_disk_that_fills_up_keeps_what_is_complete(repository, tmp_path, monkeypatch):
    from huggingface_hub import file_download

    real = file_download.http_get
    bad = "valid_2_a_1"

    def full(url, temp_file, **kwargs):
        if bad in url:
            temp_file.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(url, temp_file, **kwargs)

    client = Hub(tmp_path, endpoint=repository.endpoint)
    plan = make_plan(Request("valid_fixed", cases=2), client)
    with monkeypatch.context() as patch:
        patch.setattr(file_download, "http_get", full)
        with pytest.raises(HubError, match="the disk is full; what is complete is kept"):
            download(plan, client, keep=0, workers=1)
    assert [c.case_id for c in read_cases(tmp_path)] == ["valid_1_a_1"]
    _, done = _run(repository, tmp_path, cases=2)
    assert done.cases == 2
    path = parse_name(bad).volume_path()
    assert (tmp_path / path).read_bytes() == repository.files[path]


def test_server_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)  # the library's own waits between attempts
    client = Hub(tmp_path, endpoint="http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"the hub at http://127\.0\.0\.1:9 (cannot be reached|failed)"):
        client.fetch("dataset/x")


def test_receipt_of_another_program(repository, tmp_path):
    _run(repository, tmp_path, cases=1)
    receipt = json.loads((tmp_path / "ct_rate.json").read_text())
    assert receipt["commit"] == repository.commit
    assert receipt["files"][parse_name("valid_1_a_1").volume_path()] == 50_000
    (tmp_path / "ct_rate.json").write_text("[]")
    with pytest.raises(InputError, match="not a receipt of this program"):
        _run(repository, tmp_path, cases=1)


def test_command(repository, tmp_path, monkeypatch):
    from medspatial.cases import ct_rate

    monkeypatch.setattr(
        ct_rate, "Hub", lambda folder, revision: Hub(folder, revision=revision, endpoint=repository.endpoint)
    )
    arguments = ["cases", "download", "ct-rate", "-o", str(tmp_path), "--cases", "2", "--with-reports"]
    refused = CliRunner().invoke(app, arguments, input="n\n")
    assert refused.exit_code == 1
    assert "2 to fetch, 0.1 MB; free:" in refused.output
    assert not (tmp_path / "cases.jsonl").exists()
    done = CliRunner().invoke(app, [*arguments, "--yes"])
    assert done.exit_code == 0, done.output
    assert "2 cases in" in done.output
