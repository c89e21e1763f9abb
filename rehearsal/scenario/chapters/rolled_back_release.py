"""A person registers and approves a version that answers with errors: its alarms roll it back."""

import io
import tarfile

from rehearsal.scenario.scenario_context import ScenarioContext

TITLE = "A release that fails is rolled back"
TEXT = (
    "Somebody registers a version by hand and approves it; its inference code raises an error on "
    "every request. The canary's alarms see it, the deployment is rolled back, and the champion "
    "serves on."
)
REQUESTS = 500
RAISE = b"""

def predict_fn(*_arguments):
    raise RuntimeError("the feature store can't be reached")
"""


def play(stage: ScenarioContext) -> None:
    """Register, approve, serve through the canary, and see it go."""
    mark = stage.mark()
    champion = stage.account.champion()
    arn = _register(stage, champion or 0)
    version = int(arn.rpartition("/")[2])
    stage.account.approve(arn)
    stage.wait_until_idle()
    stage.screen.note("the canary answers with errors")
    stage.serve(stage.flights.drifted(), requests=REQUESTS)
    outcomes = [done["outcome"] for done in stage.since(mark, "release.finished", version=version)]
    stage.expect("the release is rolled back", outcomes == ["rolled_back"], outcomes)
    stage.expect("clients saw its errors", stage.traffic.errors, stage.traffic.errors)
    now = stage.account.champion()
    stage.expect(f"version {champion} is the champion still", now == champion, now)
    errors = stage.traffic.errors
    stage.serve(stage.flights.drifted())
    stage.expect("and answers every request again", stage.traffic.errors == errors, errors)


def _register(stage: ScenarioContext, champion: int) -> str:
    """The champion's package again, with other inference code."""
    sagemaker = stage.account.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=stage.account.package_arn(champion))
    container = package["InferenceSpecification"]["Containers"][0]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    s3 = stage.account.client("s3")
    good = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    broken = f"{key.rpartition('/')[0]}/by-hand/model.tar.gz"
    s3.put_object(Bucket=bucket, Key=broken, Body=spoil(good))
    made = sagemaker.create_model_package(
        ModelPackageGroupName=stage.account.endpoint,
        ModelPackageDescription="Registered by hand: a quick fix",
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={
            **package["CustomerMetadataProperties"],
            "reason": "a quick fix registered by hand",
        },
        InferenceSpecification={
            "Containers": [{**container, "ModelDataUrl": f"s3://{bucket}/{broken}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(made["ModelPackageArn"])


def spoil(archive: bytes) -> bytes:
    """The model archive with a ``predict_fn`` that raises."""
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as source,
        tarfile.open(fileobj=target, mode="w:gz") as made,
    ):
        for member in source:
            opened = source.extractfile(member)
            body = opened.read() if opened else b""
            if member.name.endswith("code/inference.py"):
                body += RAISE
                member.size = len(body)
            made.addfile(member, io.BytesIO(body))
    return target.getvalue()
