from importlib.metadata import version

from rehearsal import seams


def test_ministack_is_the_version_whose_private_names_are_known():
    assert version("ministack") == seams.VERSION


def test_no_private_name_that_the_rehearsal_touches_has_moved():
    assert seams.missing_names() == []


def test_a_name_that_moved_is_told_by_its_full_name(monkeypatch):
    monkeypatch.setitem(seams.NAMES, "services.sns", ("publish_internal", "gone"))
    assert seams.missing_names() == ["ministack.services.sns.gone"]
