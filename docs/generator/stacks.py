"""docs/stacks.md: what each stack creates, from synthesized templates of one model."""

import json
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docs.generator.configuration import MINIMAL_CONFIG
from docs.generator.markdown import head, table
from driftloop.config import load_config
from driftloop.contract.resource_names import ResourceNames
from rehearsal.permissions.names import plain_name

_INTRO = """\
`npx cdk deploy --all` creates three stacks for one model, and one more for each further model.
These are their resources for the environment `main`, in the region `REGION`, with the default
settings and a model `churn`. A name in italics is the ID of the resource in its stack:
CloudFormation generates the rest of the name. The policies of roles, buckets, queues and the topic,
and permissions to invoke functions, are not listed. "With the endpoint" means: in the first
deployment if there is an `initial_model`, otherwise when the first version has been approved.
"""

_UNLISTED = {
    "AWS::CDK::Metadata",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}

_RELEASE = "driftloop-main-churn-vVERSION-SUFFIX"
_LATER = [
    [
        "SageMaker::ModelPackageGroup",
        "`driftloop-main-churn`",
        "the function `registry`, when the stack of the model is created; retained",
    ],
    [
        "SageMaker Model and EndpointConfig",
        f"`{_RELEASE}`",
        "each release; deleted after a later release",
    ],
    ["CloudWatch::Alarm", f"`{_RELEASE}-5xx`, `{_RELEASE}-latency`", "each release, until it ends"],
    [
        "SageMaker::ModelPackage",
        "`driftloop-main-churn/VERSION`",
        "each pipeline execution whose challenger is an improvement; with `initial_model` also"
        " the function `registry`",
    ],
    [
        "Logs::LogGroup",
        "`/aws/sagemaker/ProcessingJobs`, `/aws/sagemaker/TrainingJobs`",
        "SageMaker, one of each per account and region",
    ],
]

_DELETE = """
## Deleting a stack

A retained resource stays when its stack is deleted. [Remove](deployment.md#remove) has the
commands. CloudFormation deletes the endpoint with the stack of its model.
"""


def page() -> str:
    """Return the text of the page."""
    names = ResourceNames("main")
    titles = {
        names.data_stack: "Data: one per environment",
        names.shared_stack: "Shared: one per environment",
        names.model_stack("churn"): "Model: one per model",
    }
    templates = synthesize()
    text = head("What each stack creates", "docs/generator/stacks.py", _INTRO)
    for stack, title in titles.items():
        rows = resource_rows(templates[stack]["Resources"])
        text += f"\n## {title}\n\nThe stack `{stack}`.\n\n"
        text += table(["type", "resources", "created", "on delete"], rows)
    text += "\n## Created later\n\n" + table(["type", "names", "created by"], _LATER)
    return text + _DELETE


def synthesize() -> dict[str, dict[str, Any]]:
    """Return the templates of the stacks of the smallest configuration, by stack name."""
    from infra.app import add_stacks, make_app  # starts Node
    from infra.app_settings import AppSettings

    with TemporaryDirectory() as name:
        folder = Path(name)
        config = load_config(MINIMAL_CONFIG)
        for model in config.models.values():
            (folder / model.training_data).touch()
        app = make_app(outdir=str(folder / "cdk.out"))
        add_stacks(app, AppSettings(config, folder, "host"))
        app.synth()
        return {
            path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
            for path in (folder / "cdk.out").glob("*.template.json")
        }


def resource_rows(resources: dict[str, dict[str, Any]]) -> list[list[str]]:
    """Return a row per type, creation and behavior on delete, with the names."""
    groups = defaultdict(list)
    for logical_id, resource in resources.items():
        kind = resource["Type"]
        if kind not in _UNLISTED:
            created = "with the endpoint" if "Condition" in resource else "at once"
            retained = resource.get("DeletionPolicy", "Delete").startswith("Retain")
            group = kind, created, "retained" if retained else "deleted"
            groups[group].append(_name(logical_id, resource))
    return [
        [kind.removeprefix("AWS::"), ", ".join(sorted(names)), created, on_delete]
        for (kind, created, on_delete), names in sorted(groups.items())
    ]


def _name(logical_id: str, resource: dict[str, Any]) -> str:
    """Return the physical name, or the logical ID without CDK's hash for a generated one."""
    kind = resource["Type"].rpartition("::")[2]
    for key in (f"{kind}Name", "Name", "AliasName", "ResourceId"):
        name = _literal(resource.get("Properties", {}).get(key))
        if name:
            return f"`{name}`"
    return f"*{plain_name(logical_id)}*"


def _literal(value: Any) -> str | None:
    """Return a string, or a join of strings, of the region and of a version, as a string."""
    if isinstance(value, str):
        return value
    if value == {"Ref": "AWS::Region"}:
        return "REGION"
    if isinstance(value, dict) and value.get("Fn::GetAtt", [""])[-1] == "Version":
        return "VERSION"
    if isinstance(value, dict) and set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        literals = [_literal(part) for part in parts]
        if all(literals):
            return str(separator).join(str(part) for part in literals)
    return None
