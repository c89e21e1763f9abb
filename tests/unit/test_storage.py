"""Files and folders, local and on S3, behave alike."""

import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from driftloop.errors import InputError
from driftloop.storage import has_file, list_files, open_file, read_bytes, write_bytes


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        import boto3

        boto3.client("s3").create_bucket(Bucket="bucket")
        yield "s3://bucket"


@pytest.fixture(params=["local", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "local" else str(request.getfixturevalue("bucket"))


def test_what_is_written_is_read_and_streamed(root: str) -> None:
    write_bytes(f"{root}/new/folder/file", b"content")
    assert read_bytes(f"{root}/new/folder/file") == b"content"
    with open_file(f"{root}/new/folder/file") as stream:
        assert stream.read() == b"content"


def test_a_folder_is_listed_by_name_with_sizes(root: str) -> None:
    for name in ("b/2", "a", "b/1"):
        write_bytes(f"{root}/captured/{name}", name.encode())
    files = list_files(f"{root}/captured")
    assert [(file.name, file.size) for file in files] == [("a", 1), ("b/1", 3), ("b/2", 3)]
    assert [read_bytes(file.uri) for file in files] == [b"a", b"b/1", b"b/2"]


def test_one_file_is_listed_as_itself(root: str) -> None:
    write_bytes(f"{root}/captured/a.jsonl", b"1")
    write_bytes(f"{root}/captured/a.jsonl.gz", b"22")
    (file,) = list_files(f"{root}/captured/a.jsonl")
    assert (file.name, file.size, read_bytes(file.uri)) == ("a.jsonl", 1, b"1")


def test_a_missing_file_is_an_error_that_names_it(root: str) -> None:
    with pytest.raises(InputError, match="absent"):
        read_bytes(f"{root}/absent")


def test_hidden_local_files_are_skipped(tmp_path: Path) -> None:
    for name in (".DS_Store", ".git/config", "a"):
        write_bytes(str(tmp_path / name), b"x")
    assert [file.name for file in list_files(str(tmp_path))] == ["a"]


def test_a_local_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    write_bytes(str(target), b"old")

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputError, match="No space left on device"):
        write_bytes(str(target), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"old"


def test_only_local_files_are_checked_for_existence(tmp_path: Path) -> None:
    assert not has_file(str(tmp_path / "absent"))
    assert has_file("s3://bucket/absent")


@pytest.mark.parametrize("call", [read_bytes, open_file, list_files])
def test_the_error_without_boto3_names_the_package_to_install(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_packages(monkeypatch, "boto3", "botocore")
    with pytest.raises(InputError, match=r'pip install "driftloop\[aws\]"$'):
        call("s3://bucket/key")
    with pytest.raises(InputError, match=r'pip install "driftloop\[aws\]"$'):
        write_bytes("s3://bucket/key", b"")


def without_packages(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    import_module = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in packages:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return import_module(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
