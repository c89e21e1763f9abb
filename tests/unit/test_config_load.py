import copy
import unicodedata
from typing import Any

import pytest
import yaml

from driftloop.capture import CategoricalColumn, RecordBatch
from driftloop.config import Config, advisories, load_config, validate_config
from driftloop.detection import DriftPolicy
from driftloop.errors import ConfigError
from driftloop.schema import Kind, Schema

MINIMAL_CONFIG = """
models:
  churn:
    problem_type: binary_classification
    features: {age: numeric, city: categorical}
    target: label
    family: sklearn
    training_data: training.csv
"""
FAMILIES = ("sklearn", "xgboost")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(text, families=FAMILIES)
    return [str(problem) for problem in caught.value.problems]


def changed(**settings: Any) -> str:
    data = copy.deepcopy(yaml.safe_load(MINIMAL_CONFIG))
    data["models"]["churn"].update(settings)
    return yaml.safe_dump(data, sort_keys=False)


def test_the_smallest_configuration_is_valid_and_keeps_the_order_of_features() -> None:
    model = load_config(MINIMAL_CONFIG, families=FAMILIES).models["churn"]
    assert list(model.features.items()) == [("age", Kind.NUMERIC), ("city", Kind.CATEGORICAL)]
    assert model.schema_.names == ("age", "city")


def test_a_configuration_survives_being_written_and_read() -> None:
    config = load_config(MINIMAL_CONFIG)
    assert validate_config(config.model_dump(mode="json")) == config


def test_all_errors_of_all_models_are_reported_at_once_with_path_and_value() -> None:
    text = """
    environment: Main
    models:
      a:
        problem_type: binary
        features: {age: number, label: numeric}
        target: label
        famly: sklearn
        training_data: t.csv
        serving: {initial_instance_count: 5, max_instance_count: 2, bake_minutes: 0}
      b:
        problem_type: regression
        features: {age: numeric}
        target: y
        family: sklern
        training_data: t.csv
        initial_model: m.tar.gz
        monitoring: {feature_weights: {agee: 1}}
      c d: {}
    """
    messages = "\n".join(problems(text))
    for expected in (
        "environment: ",
        "models.a.problem_type: Input should be 'binary_classification'",
        "(found 'binary')",
        "models.a.features.age: ",
        "models.a.family: is required",
        "models.a.famly: is not a setting; did you mean 'family'?",
        "models.a.serving.bake_minutes: ",
        "models.a.serving: max_instance_count must not be less than initial_instance_count",
        "models.a: target 'label' must not be one of the features",
        "initial_model and initial_baseline must be given together",
        "feature_weights names unknown features: agee",
        "models.b.family: is not a model family; there are sklearn, xgboost; did you mean",
        "models.c d: a model's name consists of letters",
        "models.c d.target: is required",
    ):
        assert expected in messages


def test_no_problem_is_reported_that_only_the_correction_of_another_one_causes() -> None:
    assert problems(changed(features={}, monitoring={"feature_weights": {"age": 1}})) == [
        "models.churn.features: Dictionary should have at least 1 item after validation, not 0"
        " (found {})"
    ]
    assert problems("models: {'a b': 1}") == [
        "models.a b: a model's name consists of letters, digits, - and _, starts and ends with a"
        " letter or digit, and has at most 30 characters",
        "models.a b: Input should be a valid dictionary or instance of ModelSettings (found 1)",
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"servng": {}},
            "models.churn.servng: is not a setting; did you mean 'serving'?",
        ),
        ({"cooldown_hours": 1}, "it belongs under 'retraining'"),
        ({"serving": {"cooldown": 1}}, "check its spelling and its section"),
        (
            {"serving": {"instance_type": "m5.large"}},
            "models.churn.serving.instance_type: an instance type has the form ml.FAMILY.SIZE",
        ),
        (
            {"training": {"instance_type": "ml.m7i.biggest"}},
            "models.churn.training.instance_type: an instance type has the form ml.FAMILY.SIZE",
        ),
        (
            {"serving": {"instance_type": "ml.c7g.large"}},
            "models.churn.serving.instance_type: is a type with an arm64 processor",
        ),
        ({"monitoring": {"min_effect_size": float("inf")}}, "should be a finite number"),
        ({"features": {" age": "numeric"}}, "models.churn.features. age: "),
        ({"time_column": "label"}, "must not be the time_column"),
        ({"prediction_key": ""}, "models.churn.prediction_key: "),
        ({"prediction_key": "my-key"}, "models.churn.prediction_key: "),
        ({"records_key": "rows[?a]"}, "models.churn.records_key: "),
        ({"feature_keys": {"age": "[0].age"}}, "models.churn.feature_keys.age: "),
        ({"feature_keys": {"zip": "zip"}}, "feature_keys names unknown features: zip"),
        ({"inference_response_keys": ["score"]}, "models.churn.inference_response_keys.0: "),
        (
            {"inference_response_keys": ["labels", "labels"]},
            "inference_response_keys names a cell twice",
        ),
        ({"features": {"id": "ignore"}}, "features: at least one must have another kind"),
        (
            {"features": {"id": "ignore", "age": "numeric"}, "entity": "id"},
            "entity 'id' is not a feature",
        ),
        (
            {
                "features": {"id": "ignore", "age": "numeric"},
                "monitoring": {"exclude_features": ["id"]},
            },
            "monitoring.exclude_features names unknown features: id",
        ),
        ({"family": "prophet"}, "there are sklearn, xgboost (found 'prophet')"),
        ({"training_data": "s3://data"}, "write it as s3://bucket/key (found 's3://data')"),
        ({"training_data": "s3://data/folder/"}, "is not an S3 URI of an object"),
        ({"training_data": "s3:/data/t.csv"}, "is not an S3 URI of an object"),
        ({"training_data": "s3://data/a#b?c.csv"}, "has # ? in its key"),
        ({"training_data": "s3://data/*.csv"}, "has * in its key"),
        ({"training_data": "s3://data/${aws:username}/t.csv"}, "has $ in its key"),
        (
            {"data_kms_key_arns": ["arn:aws:kms:eu-west-1:111122223333:alias/data"]},
            "is not the ARN of a KMS key",
        ),
    ],
)
def test_an_invalid_setting_is_reported_with_what_is_allowed(
    settings: dict[str, Any], expected: str
) -> None:
    (problem,) = problems(changed(**settings))
    assert expected in problem


@pytest.mark.parametrize(
    "text",
    [
        *("", "- 1", "3", "a: b: c", "a: 2026-13-45", "[" * 3000, "x: " + "9" * 5000, "a: \x01"),
        *("a: &a {b: *a}\nmodels: {x: *a}", "? [a]\n: 1", "models: {}", "models: 1"),
        "defaults: &d {monitoring: *d}\nmodels: {x: {monitoring: *d}}",
        *("models: {x: 1}", "a: !!python/object:x 1"),
    ],
)
def test_any_content_of_a_file_is_a_reported_error_and_not_a_crash(text: str) -> None:
    assert problems(text)


def test_a_file_that_grows_by_aliases_has_a_short_error_message() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    messages = problems("\n".join([*rows, "models: *a11"]))
    assert sum(map(len, messages)) < 2000


def test_a_duplicate_key_is_an_error_and_not_a_silent_loss() -> None:
    (problem,) = problems("models:\n  x: {}\n  x: {}\n")
    assert "the key 'x' is given twice" in problem
    assert "line 3" in problem


def test_texts_of_missing_values_are_kept_as_categories_where_asked() -> None:
    model = load_config(changed(keep_na_texts=["city", "label"])).models["churn"]
    schema = model.schema_
    assert schema.keep_na_texts == ("city", "label")
    assert Schema.from_dict(schema.to_dict()) == schema
    batch = RecordBatch.from_columns(schema, {"age": [1, 2], "city": ["NA", None]})
    city = batch.columns["city"]
    assert isinstance(city, CategoricalColumn)
    assert (city.categories, city.codes.tolist()) == (("NA",), [0, -1])


@pytest.mark.parametrize("name", ["age", "unknown"])
def test_only_categories_can_keep_texts_of_missing_values(name: str) -> None:
    (problem,) = problems(changed(keep_na_texts=[name]))
    assert "neither categorical features nor the target" in problem


YAML_1_1_WORDS = ("no", "NO", "yes", "on", "Off", "y", "12:30:45", "2026-01-31", "1_000")


@pytest.mark.parametrize("word", YAML_1_1_WORDS)
def test_a_word_of_yaml_1_1_is_the_text_that_it_is_in_yaml_1_2(word: str) -> None:
    # YAML 1.2.2, section 10.3.2; PyYAML reads these as booleans, numbers and a date
    model = load_config(
        MINIMAL_CONFIG.replace("age: numeric", f"{word}: numeric").replace("label", f"l{word}")
    ).models["churn"]
    assert model.schema_.names == (word, "city")
    quoted = MINIMAL_CONFIG.replace("target: label", f"target: {word}")
    assert load_config(quoted).models["churn"].target == word


@pytest.mark.parametrize("key", ["1", "007", "null", "true", "1e3", "~"])
def test_a_key_is_text_as_it_is_written(key: str) -> None:
    model = load_config(MINIMAL_CONFIG.replace("age:", f"{key}:")).models["churn"]
    assert model.schema_.names == (key, "city")


@pytest.mark.parametrize(("value", "shown"), [("1", "1"), ("true", "true"), ("1.5", "1.5")])
def test_a_number_where_a_name_is_needed_gets_the_advice_to_quote_it(
    value: str, shown: str
) -> None:
    (problem,) = problems(MINIMAL_CONFIG.replace("target: label", f"target: {value}"))
    assert f"{shown} is not: put it in quotes" in problem


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("[age, city]", "features: {age: numeric, city: numeric}"),
        ("[{name: age, type: int}, {name: city, dtype: string}]", "{age: numeric, city: categ"),
        ("[{age: float}, {since: timestamp}]", "features: {age: numeric, since: date}"),
        ("age", "features: {age: numeric, city: categorical}"),
    ],
)
def test_features_that_are_no_mapping_get_an_example_of_what_is_meant(
    features: str, expected: str
) -> None:
    (problem,) = problems(MINIMAL_CONFIG.replace("{age: numeric, city: categorical}", features))
    assert expected in problem


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("float64", "did you mean 'numeric'?"),
        ("string", "did you mean 'categorical'?"),
        ("datetime", "did you mean 'date'?"),
        ("{kind: numeric}", "is the feature's kind itself, as in `age: numeric`"),
    ],
)
def test_a_kind_of_another_tool_gets_the_kind_that_is_meant(kind: str, expected: str) -> None:
    (problem,) = problems(MINIMAL_CONFIG.replace("age: numeric", f"age: {kind}"))
    assert problem.startswith("models.churn.features.age: ")
    assert expected in problem


def test_features_of_one_name_in_two_unicode_forms_are_an_error() -> None:
    name = "café"
    text = changed(
        features={unicodedata.normalize(form, name): "numeric" for form in ("NFC", "NFD")}
    )
    (problem,) = problems(text)
    assert "differ in the Unicode form of their characters" in problem


@pytest.mark.parametrize("name", [" age ", "a\nb", "", "x" * 201])
def test_a_name_that_no_feature_can_have_is_distinguished_from_its_kind(name: str) -> None:
    (problem,) = problems(changed(features={name: "numeric"}))
    assert "a feature's name is one line of 1 to 200 characters" in problem


def test_the_name_of_the_prediction_is_no_feature() -> None:
    (problem,) = problems(changed(features={"(prediction)": "numeric"}))
    assert "'(prediction)' stands for the model's predictions in reports: rename" in problem


def test_defaults_apply_to_every_model_and_its_own_settings_take_precedence() -> None:
    data = yaml.safe_load(changed(serving={"bake_minutes": 5}))
    data["defaults"] = {"serving": {"bake_minutes": 7, "initial_instance_count": 3}}
    serving = validate_config(data).models["churn"].serving
    assert (serving.bake_minutes, serving.initial_instance_count) == (5, 3)


def test_families_are_unchecked_where_none_are_known() -> None:
    assert load_config(changed(family="prophet")).models["churn"].family == "prophet"


def test_one_instance_is_allowed_with_a_warning_that_there_is_no_canary() -> None:
    config = load_config(changed(serving={"initial_instance_count": 1, "bake_minutes": 9}))
    (note,) = [note for note in advisories(config) if "canary" in note]
    assert "models.churn.serving.initial_instance_count is 1" in note
    assert "9 minutes" in note
    assert not [note for note in advisories(load_config(MINIMAL_CONFIG)) if "canary" in note]


@pytest.mark.parametrize(
    ("section", "instance_type", "expected"),
    [
        ("serving", "ml.m5.large", None),
        ("training", "ml.m7i.large", None),
        (
            "serving",
            "ml.g4dn.xlarge",
            "has a GPU, which the families sklearn and",
        ),
        (
            "training",
            "ml.g5.xlarge",
            "has a GPU, which the families sklearn and",
        ),
        ("serving", "ml.inf2.xlarge", "has an accelerator"),
        # SageMaker's API model: p4d trains and serves, and is no type of processing jobs
        ("training", "ml.p4d.24xlarge", "listed for processing and training jobs"),
        ("serving", "ml.p4d.24xlarge", "has a GPU"),
        ("serving", "ml.q1.large", "listed for endpoints"),
    ],
)
def test_an_instance_type_that_wastes_money_or_may_be_refused_is_a_warning(
    section: str, instance_type: str, expected: str | None
) -> None:
    config = load_config(changed(**{section: {"instance_type": instance_type}}))
    notes = [note for note in advisories(config) if "instance_type" in note]
    if expected is None:
        assert notes == []
    else:
        (note,) = notes
        assert note.startswith(f"models.churn.{section}.instance_type: {instance_type} ")
        assert expected in note


def test_every_setting_has_a_description() -> None:
    schema = Config.model_json_schema()
    for section in [schema, *schema["$defs"].values()]:
        for name, setting in section.get("properties", {}).items():
            assert setting.get("description") or "$ref" in str(setting), name


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    ],
)
def test_keys_of_every_partition_and_multi_region_keys_may_encrypt_the_files_of_a_model(
    arn: str,
) -> None:
    assert load_config(changed(data_kms_key_arns=[arn])).models["churn"].data_kms_key_arns == [arn]


def test_an_ignored_column_is_part_of_requests_and_of_no_schema() -> None:
    features = {"id": "ignore", "age": "numeric", "city": "categorical"}
    text = changed(features=features, feature_keys={"age": "customer.age"}, records_key="rows")
    config = load_config(text, families=FAMILIES)
    model = config.models["churn"]
    assert model.schema_.names == ("age", "city")
    assert model.schema_.columns == ("id", "age", "city")
    assert model.payload_mapping.feature_keys == {"age": "customer.age"}
    assert model.payload_mapping.records_key == "rows"
    assert validate_config(config.model_dump(mode="json")) == config


def test_the_required_sensitivity_is_positive_and_of_known_features() -> None:
    (problem,) = problems(changed(monitoring={"required_sensitivity": {"agee": 0.5}}))
    assert "required_sensitivity names unknown features: agee" in problem
    (problem,) = problems(changed(monitoring={"required_sensitivity": {"age": 0}}))
    assert problem.startswith("models.churn.monitoring.required_sensitivity.age: ")


def test_the_required_sensitivity_of_a_date_is_that_of_its_columns() -> None:
    config = changed(
        features={"since": "date"}, monitoring={"required_sensitivity": {"since": 0.5}}
    )
    model = load_config(config).models["churn"]
    (since,) = model.schema_.features
    assert DriftPolicy.from_settings(model).required_sensitivity == dict.fromkeys(
        since.columns, 0.5
    )
