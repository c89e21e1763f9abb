"""A captured object of garbage: set aside, counted, alarmed; its window is judged."""

from driftloop.contract.resource_names import VARIANT
from driftloop.contract.s3_keys import capture_hour, capture_prefix
from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "Garbage in a captured file"
TEXT = (
    "A captured object is garbage: half a record, binary noise, a line that is not JSON. Its lines "
    "are quarantined with their reasons, counted, and raise an alarm; the window is judged on "
    "all the others."
)
GARBAGE = (
    b'{"captureData":{"endpointInput":{"data":"1,2\nnot json at all\n\x00\xff\xfe\x01\n'
    + b"[]\n" * 3
)


def play(stage: ScenarioContext) -> None:
    """An hour with one bad object in it."""
    mark = stage.mark()
    _put_garbage(stage)
    stage.serve(stage.flights.drifted())
    windows = stage.since(mark, "analysis.completed")
    verdicts = [window["verdict"] for window in windows]
    stage.expect("the window is judged", verdicts in (["stable"], ["drifted"]), verdicts)
    place = windows[0]["report"]
    records = stage.account.read_json(place["bucket"], place["key"])["counts"]
    stage.expect("the bad lines are counted", sum(records["lines_rejected"].values()) >= 6, records)
    stage.expect("all the good ones are used", records["records"] >= 1500, records)
    kept = stage.account.keys("analysis", f"quarantine/{stage.model}/")
    stage.expect("they are kept in quarantine", kept, kept)
    raised = stage.alarms_raised(mark)
    stage.expect("an alarm tells of them", stage.alarm("rejected-lines") in raised, raised)


def _put_garbage(stage: ScenarioContext) -> None:
    version = stage.account.champion() or 0
    hour = capture_hour(stage.model, version, stage.account.endpoint, VARIANT, stage.world.now())
    if not hour.startswith(capture_prefix(stage.model, version)):
        raise ValueError(f"{hour} is not where version {version} is captured")
    stage.account.client("s3").put_object(
        Bucket=stage.account.bucket("capture"),
        Key=f"{hour}26-00-000-00000000-0000-4000-8000-000000000000.jsonl",
        Body=GARBAGE,
    )
