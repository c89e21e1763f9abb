"""A report writes itself, shows itself, and is found again in its files."""

import sys
import webbrowser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import driftloop as dl
from driftloop.html import render_report


@pytest.fixture(scope="module")
def report() -> Any:
    return dl.compare(*dl.load_example(), model="a <model>")


def test_the_page_is_the_one_of_the_core(report: Any, tmp_path: Path) -> None:
    page = report.to_html(str(tmp_path / "new" / "drift.html"))
    assert (tmp_path / "new" / "drift.html").read_text() == page == render_report(report)


def test_earlier_reports_draw_the_trend(report: Any) -> None:
    reference, current = dl.load_example()
    timed = [current.assign(when=f"2026-04-{day}T00:00:00Z") for day in (18, 19)]
    earlier, later = (
        dl.compare(reference.assign(when="2026-04-01"), frame, time_column="when")
        for frame in timed
    )
    assert later.to_html(history=[earlier]) != later.to_html()


def test_in_a_notebook_it_is_a_frame_with_the_whole_page_escaped(report: Any) -> None:
    shown = report._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert "<script" not in shown
    assert "<model>" not in shown


def test_show_opens_the_page_in_the_browser(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    report.show()
    (uri,) = opened
    assert Path(uri.removeprefix("file://")).read_text() == report.to_html()


def test_show_displays_the_report_in_a_notebook(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    displayed: list[object] = []
    shell = type("ZMQInteractiveShell", (), {})()
    ipython = ModuleType("IPython")
    ipython.__dict__.update(get_ipython=lambda: shell)
    display = SimpleNamespace(display=displayed.append)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    report.show()
    assert displayed == [report]


def test_it_is_saved_as_the_command_line_writes_it_and_loaded_again(
    report: Any, tmp_path: Path
) -> None:
    report.save(str(tmp_path / "drift.json"))
    loaded = dl.WindowReport.load(str(tmp_path / "drift.json"))
    assert loaded == report
    assert isinstance(loaded, dl.WindowReport)


def test_its_short_form_names_what_drifted(report: Any) -> None:
    assert repr(report) == "<WindowReport drifted: temp, station>"
    reference = dl.load_example()[0]
    assert repr(dl.compare(reference, reference)) == "<WindowReport stable>"
    many = {f"x{number}": reference["temp"] for number in range(7)}
    frame = reference.assign(**many)
    drifted = frame.assign(**{name: values + 9 for name, values in many.items()})
    assert repr(dl.compare(frame, drifted)) == (
        "<WindowReport drifted: x0, x1, x2, x3, x4 and 2 more>"
    )


def test_a_file_that_is_no_report_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(dl.FormatError, match=f"^{tmp_path}/other.json: "):
        dl.WindowReport.load(str(tmp_path / "other.json"))


def test_it_is_a_collection_of_its_features(report: Any) -> None:
    assert [*report] == ["temp", "humidity", "station", "holiday"]
    assert "temp" in report
    assert "tmep" not in report


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tmep", "no feature 'tmep'; did you mean temp"),
        (0, "no feature 0; it has temp, humidity, station, holiday"),
        ("xyz", "it has temp, humidity, station, holiday"),
    ],
)
def test_an_unknown_feature_is_an_error_that_says_which_there_are(
    report: Any, name: Any, message: str
) -> None:
    with pytest.raises(KeyError, match=message):
        report[name]


def test_the_columns_of_a_date_and_the_prediction_are_named_by_the_error() -> None:
    frame = pd.DataFrame(
        {"signup": pd.date_range("2026-03-02", periods=300, freq="h"), "score": [0.1, 0.2] * 150}
    )
    report = dl.compare(frame, frame, prediction="score")
    with pytest.raises(KeyError, match=r"it is a date, whose columns are signup \(age in days\)"):
        report["signup"]
    with pytest.raises(KeyError, match=r"the prediction is report\.prediction"):
        report["prediction"]
