from importlib.metadata import version

from rehearsal.ministack import names


def test_ministack_is_the_version_whose_private_names_are_known():
    assert version("ministack") == names.VERSION


def test_no_private_name_that_the_rehearsal_touches_has_moved():
    assert names.missing_names() == []


def test_a_name_that_moved_is_told_by_its_full_name(monkeypatch):
    monkeypatch.setitem(names.NAMES, "services.sns", ("publish_internal", "gone"))
    assert names.missing_names() == ["ministack.services.sns.gone"]
