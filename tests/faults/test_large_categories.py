"""Categories of any number and length in requests: what is made from them stays small."""

import pytest

from driftloop.profile import Profile
from lambdas.aws.ledger import Put
from tests.lambdas.analysis import analyze, listed, read, report
from tests.lambdas.captures import records, write_capture
from tests.lambdas.items import champion_item, time

RECORDS = 2_000
LONGEST = 5_000_000
KIBIBYTE = 1024
MAX_PAGE = 200 * KIBIBYTE
MAX_MESSAGE = 8 * KIBIBYTE
"""People read events and notifications; AWS takes 256 KiB (Amazon SNS API reference, Publish)."""


@pytest.fixture
def analyzed(live, ledger):
    """A window in which each record has a category of its own, one of 5 MB, the others of 1 KiB."""
    ledger.write(Put(champion_item(promoted_at=time("2026-03-10T10:00:00Z"))))
    captured = records("2026-03-10T11", count=RECORDS)
    for number, record in enumerate(captured):
        name = f"{number:06d}" + "x" * KIBIBYTE if number else "y" * LONGEST
        record["captureData"]["endpointInput"]["data"] = f"50,{name}"
    write_capture("2026-03-10T11", captured)
    return analyze(live)


def test_a_window_with_a_huge_category_and_many_long_ones_is_decided(analyzed):
    assert report().verdict == "drifted"


def test_report_page_profile_event_and_notification_of_it_are_small(analyzed, bus, people):
    [profile] = [key for key in listed("profiles/") if "20260310T11" in key]
    assert Profile.from_bytes(read(profile)).records == RECORDS
    captured = RECORDS * KIBIBYTE + LONGEST
    assert len(read(profile)) < captured / 10
    for name in ("report.html", "report.json"):
        assert len(read(f"reports/late/v1/20260310T11/r0/{name}")) < MAX_PAGE
    messages = [entry["Detail"] for entry in bus.entries]
    messages += [body for _, body in people.messages]
    assert messages
    assert max(len(text.encode()) for text in messages) < MAX_MESSAGE
