"""The CDK app as a whole: stacks, environment variables, events, checks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def test_an_environment_has_a_data_stack_a_shared_stack_and_one_stack_per_model(
    templates: Any,
) -> None:
    assert set(templates.stacks) == {
        "driftloop-test-data",
        "driftloop-test-shared",
        "driftloop-test-model-credit",
        "driftloop-test-model-price-v2",
    }


def test_functions_have_the_environment_variables_that_they_read(templates: Any) -> None:
    variables = {
        item["Properties"]["FunctionName"].removeprefix("driftloop-test-").replace("-", "_"): set(
            item["Properties"]["Environment"]["Variables"]
        )
        for item in templates.resources("shared", "AWS::Lambda::Function").values()
    }
    always = {"DRIFTLOOP_ENVIRONMENT", "POWERTOOLS_SERVICE_NAME"}
    fleet = always | {"FLEET_BUCKET", "FLEET_KEY"}
    deciding = fleet | {"LEDGER_TABLE", "TOPIC_ARN"}
    assert variables == {
        "start_analysis": deciding | {"ANALYSIS_STATE_MACHINE_ARN"},
        "plan": fleet | {"CAPTURE_BUCKET", "ANALYSIS_BUCKET", "LEDGER_TABLE"},
        "profile": always | {"CAPTURE_BUCKET", "ANALYSIS_BUCKET"},
        "detect": deciding | {"ANALYSIS_BUCKET"},
        "notify_failure": always | {"TOPIC_ARN"},
        "gate": deciding | {"ARTIFACTS_BUCKET", "GROUND_TRUTH_BUCKET"},
        "describe_challenger": always,
        "release": deciding | {"ARTIFACTS_BUCKET"},
        "reconcile": fleet | {"GATE_FUNCTION", "RELEASE_FUNCTION", "START_ANALYSIS_FUNCTION"},
        "registry": always | {"ARTIFACTS_BUCKET", "LEDGER_TABLE"},
    }


def test_functions_run_on_arm64_from_the_handler_of_their_folder(templates: Any) -> None:
    for item in templates.resources("shared", "AWS::Lambda::Function").values():
        properties = item["Properties"]
        folder = properties["FunctionName"].removeprefix("driftloop-test-").replace("-", "_")
        assert properties["Architectures"] == ["arm64"]
        assert properties["Handler"] == f"lambdas.{folder}.handler.handle"


def test_schedules_send_the_scheduled_time_and_not_the_time_of_the_invocation(
    templates: Any,
) -> None:
    schedules = dict(templates.all_resources("AWS::Scheduler::Schedule"))
    by_name = {item["Properties"]["Name"]: item for item in schedules.values()}
    expressions = {name: item["Properties"]["ScheduleExpression"] for name, item in by_name.items()}
    assert expressions == {
        "driftloop-test-reconcile": "cron(40 * * * ? *)",
        "driftloop-test-credit-analysis": "cron(20 * * * ? *)",
        "driftloop-test-price-v2-analysis": "cron(20 0,4,8,12,16,20 * * ? *)",
        "driftloop-test-price-v2-retraining": "rate(7 days)",
    }
    windows = {name: item["Properties"]["FlexibleTimeWindow"] for name, item in by_name.items()}
    exact, spread = {"Mode": "OFF"}, {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert windows == {
        "driftloop-test-reconcile": exact,
        "driftloop-test-credit-analysis": spread,
        "driftloop-test-price-v2-analysis": spread,
        "driftloop-test-price-v2-retraining": exact,
    }
    inputs = {name: json.loads(i["Properties"]["Target"]["Input"]) for name, i in by_name.items()}
    scheduled = {"scheduled_time": "<aws.scheduler.scheduled-time>"}
    assert inputs["driftloop-test-reconcile"] == scheduled
    assert inputs["driftloop-test-price-v2-analysis"] == {"model": "price_v2"} | scheduled
    retraining = {"source": "driftloop.schedule", "model": "price_v2"}
    assert inputs["driftloop-test-price-v2-retraining"] == retraining | scheduled
    assert by_name["driftloop-test-credit-analysis"]["Condition"] == "HasEndpoint"


def test_rules_invoke_gate_and_release_for_resources_of_this_environment(templates: Any) -> None:
    rules = {
        name.rstrip("0123456789ABCDEF"): item["Properties"]["EventPattern"]
        for name, item in templates.resources("shared", "AWS::Events::Rule").items()
    }
    kinds = {kind for pattern in rules.values() for kind in pattern["detail-type"]}
    assert kinds == {
        "CloudWatch Alarm State Change",
        "Analysis Completed",
        "Retraining Requested",
        "SageMaker Model Building Pipeline Execution Status Change",
        "SageMaker Model Package State Change",
        "SageMaker Endpoint State Change",
        "SageMaker Endpoint Deployment State Change",
        "Parameter Store Change",
    }
    assert rules["ModelPackageChanged"]["detail"] == {
        "ModelPackageGroupName": [{"prefix": "driftloop-test-"}]
    }
    assert rules["ServingSettingsChanged"]["detail"] == {
        "name": [{"prefix": "/driftloop/test/"}],
        "operation": ["Create", "Update"],
    }


def test_the_map_reads_its_manifest_from_s3_and_every_failure_is_notified(
    templates: Any,
) -> None:
    machine = templates.only_resource("shared", "AWS::StepFunctions::StateMachine")
    definition = json.loads(machine["DefinitionString"])
    states = definition["States"]
    reader = states["Profile"]["ItemReader"]
    assert reader["ReaderConfig"] == {"InputType": "JSON"}
    assert reader["Parameters"]["Key.$"] == "$.plan.output.manifest.key"
    assert states["Profile"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    for name in ("Plan", "Profile", "Detect"):
        (catch,) = states[name]["Catch"]
        assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "NotifyFailure")
    assert states["NotifyFailure"]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"
    assert set(machine["DefinitionSubstitutions"]) == {
        *(f"{name}Function" for name in ("plan", "profile", "detect", "notify_failure")),
        *("lambdaInvoke", "s3GetObject"),
    }
    assert "arn:aws:" not in machine["DefinitionString"]


def test_one_shared_stack_is_large_enough_for_fifty_models(
    config: Any, folder: Path, tmp_path: Path
) -> None:
    from driftloop.config import validate_config
    from driftloop.contract.resource_names import ResourceNames
    from infra.app import make_app
    from infra.stacks.data import DataStack
    from infra.stacks.shared import SharedStack

    models = {f"model-{number:02d}": config["models"]["price_v2"] for number in range(50)}
    large = validate_config(config | {"models": models})
    app = make_app(outdir=str(tmp_path))
    data = DataStack(app, "data", names=ResourceNames("test"), retention=large.retention)
    SharedStack(app, "shared", config=large, folder=folder, data=data, target="host")
    app.synth()
    shared = json.loads((tmp_path / "shared.template.json").read_text())["Resources"]
    assert len(shared) < 200
    for item in shared.values():
        if item["Type"] == "AWS::IAM::Policy":
            text = json.dumps(item["Properties"]["PolicyDocument"], separators=(",", ":"))
            assert len(text) < 10_240, "exceeds the limit of a role's inline policies"
        if item["Type"] == "AWS::CloudWatch::Dashboard":
            assert len(json.dumps(item["Properties"]["DashboardBody"])) < 1_000_000


def test_templates_pass_the_validation_of_cdk_and_cdk_nag(
    config: Any, synthesize: Any, templates: Any
) -> None:
    validated = synthesize(config, validate=True)
    assert validated.without_hashes() == templates.without_hashes()


def test_a_finding_of_cdk_nag_without_a_reason_stops_the_synthesis(tmp_path: Path) -> None:
    from aws_cdk import Stack, Validations
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    from infra.app import make_app

    app = make_app(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "S"), "Bucket")
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    with pytest.raises(RuntimeError, match="AwsSolutions-S1"):
        app.synth()


def test_templates_pass_cfn_lint(templates: Any, tmp_path: Path) -> None:
    for name, template in templates.stacks.items():
        (tmp_path / f"{name}.template.json").write_text(json.dumps(template))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "warning"]
    # W3005: CDK adds a dependency on the role and one on its policy, which implies the role
    command += ["--ignore-checks", "W3005"]
    result = subprocess.run(
        [*command, "--", *map(str, sorted(tmp_path.glob("*.json")))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_app_without_the_cdk_cli_and_credentials_creates_the_same_templates(
    config: Any, folder: Path, templates: Any, tmp_path: Path
) -> None:
    path = tmp_path / "driftloop.yaml"
    for name in ("train.csv", "model.tar.gz", "baseline.bin"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    context = {"driftloop:config": str(path), "driftloop:target": "host"}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_CONTEXT_JSON": json.dumps(context),
    }
    command = [sys.executable, "-m", "infra.app"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    made = type(templates)(
        {
            name: json.loads((tmp_path / "out" / f"{name}.template.json").read_text())
            for name in templates.stacks
        }
    )
    assert made.without_hashes() == templates.without_hashes()


def test_an_invalid_configuration_prints_one_message_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "driftloop.yaml"
    path.write_text("models: {credit: {problem_type: guesswork}}")
    environment = {**os.environ, "CDK_CONTEXT_JSON": json.dumps({"driftloop:config": str(path)})}
    result = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert "models.credit.problem" in result.stderr
    assert "Traceback" not in result.stderr
