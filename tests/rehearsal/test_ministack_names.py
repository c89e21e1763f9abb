from importlib.metadata import version

from rehearsal.ministack import names


def test_ministack_has_the_pinned_version():
    assert version("ministack") == names.VERSION


def test_ministack_has_every_private_name_that_the_rehearsal_uses():
    assert names.missing_names() == []


def test_a_missing_name_is_reported_with_its_full_name(monkeypatch):
    monkeypatch.setitem(names.NAMES, "services.sns", ("publish_internal", "gone"))
    assert names.missing_names() == ["ministack.services.sns.gone"]
