"""``driftloop performance`` on files, held to scikit-learn."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from driftloop.cli.baseline import make_baseline
from driftloop.cli.performance import PerformanceOptions, performance
from driftloop.errors import ConfigError, InputError
from driftloop.performance.performance_report import PerformanceReport
from tests.labels import capture_line, label_line, write_lines

START = datetime(2026, 4, 1, tzinfo=UTC)
DAYS, HOURLY = 12, 20

CONFIG = """\
models:
  loans:
    problem_type: {problem_type}
    features: {{amount: numeric, city: categorical}}
    target: paid
    family: sklearn
    training_data: training.csv
    fairness: {{groups: {{town: city}}}}
{more}
"""


@dataclass
class World:
    """A folder with a configuration, a baseline, captures and labels."""

    folder: Path
    scores: list[float] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    cities: list[str] = field(default_factory=list)
    files: dict[str, list[bytes]] = field(default_factory=dict)

    def configure(self, problem_type: str = "binary_classification", more: str = "") -> None:
        text = CONFIG.format(problem_type=problem_type, more=more)
        (self.folder / "driftloop.yaml").write_text(text)

    def train(self, *, flip: bool = False, problem_type: str = "binary_classification") -> None:
        """A baseline whose predictions are as good as those of the captures."""
        draw = np.random.default_rng(5)
        score, label = _draw(draw, 3000, problem_type)
        if flip:
            label = 1 - label
        rows = [
            f"{draw.normal():.3f},{draw.choice(['Bern', 'Basel'])},{one:.6f},{value:g}"
            for one, value in zip(score, label, strict=True)
        ]
        (self.folder / "training.csv").write_text("\n".join(["amount,city,score,paid", *rows]))
        make_baseline(
            str(self.folder / "driftloop.yaml"),
            "loans",
            str(self.folder / "training.csv"),
            str(self.folder / "loans.baseline"),
            "score",
        )

    def serve(
        self, *, days: int = DAYS, problem_type: str = "binary_classification", delay: int = 6
    ) -> None:
        """Requests of two rows each, and their labels some hours later."""
        draw = np.random.default_rng(6)
        for hour in range(24 * days):
            time = START + timedelta(hours=hour)
            lines = []
            for request in range(HOURLY // 2):
                score, label = _draw(draw, 2, problem_type)
                score = score.round(6)
                cities = [str(draw.choice(["Bern", "Basel"])) for _ in range(2)]
                event = f"event-{hour}-{request}"
                rows = [f"{draw.normal():.3f},{city}" for city in cities]
                lines.append(capture_line(event, rows, [*score], f"{time:%Y-%m-%dT%H:%M:%SZ}"))
                self.scores += score.tolist()
                self.labels += label.tolist()
                self.cities += cities
                known = f"{time + timedelta(hours=delay):%Y/%m/%d/%H}/labels.jsonl"
                text = "\n".join(f"{one:g}" for one in label)
                self.files.setdefault(known, []).append(label_line(event, text))
            write_lines(self.folder / f"captured/{time:%Y%m%d%H}.jsonl", lines)
        self.write_labels()

    def write_labels(self, folder: str = "labels") -> None:
        for name, lines in self.files.items():
            write_lines(self.folder / folder / name, lines)

    def run(self, labels: str = "labels", **options: Any) -> dict[str, Any]:
        out = self.folder / "performance.json"
        performance(
            PerformanceOptions(
                str(self.folder / "driftloop.yaml"),
                "loans",
                str(self.folder / "loans.baseline"),
                str(self.folder / "captured"),
                str(self.folder / labels),
                str(out),
                **options,
            )
        )
        found: dict[str, Any] = json.loads(out.read_bytes())
        return found


def _draw(
    draw: np.random.Generator, count: int, problem_type: str
) -> tuple[np.ndarray, np.ndarray]:
    if problem_type == "regression":
        value = draw.normal(10, 3, count)
        return value, (value + draw.normal(0, 1, count)).round(4)
    score = draw.beta(1.2, 2, count)
    return score, (draw.random(count) < score).astype(float)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("loans"))
    made.configure()
    made.train()
    made.serve()
    return made


def test_the_scores_are_those_of_scikit_learn(world: World) -> None:
    report = world.run()
    p, y = np.array(world.scores), np.array(world.labels).astype(int)
    scores = {name: one["value"] for name, one in report["scores"].items()}
    assert report["known"] == report["expected"] == len(y)
    assert abs(scores["roc_auc"] - roc_auc_score(y, p)) <= report["scores"]["roc_auc"]["bound"]
    assert report["scores"]["roc_auc"]["bound"] < 0.002
    assert scores["log_loss"] == pytest.approx(log_loss(y, p), abs=1e-6)
    assert scores["brier"] == pytest.approx(brier_score_loss(y, p), abs=1e-6)
    predicted = p >= 0.5
    assert scores["accuracy"] == pytest.approx(accuracy_score(y, predicted), abs=1e-12)
    assert scores["precision"] == pytest.approx(precision_score(y, predicted), abs=1e-12)
    assert scores["recall"] == pytest.approx(recall_score(y, predicted), abs=1e-12)
    assert scores["f1"] == pytest.approx(f1_score(y, predicted), abs=1e-12)
    assert report["confusion"]["counts"] == confusion_matrix(y, predicted).tolist()


def test_each_day_has_scores_and_intervals_contain_them(world: World) -> None:
    report = world.run()
    assert [day["day"] for day in report["days"]][:2] == ["2026-04-01", "2026-04-02"]
    assert {day["status"] for day in report["days"]} == {"mature"}
    for one in [*report["scores"].values(), *(d["scores"]["brier"] for d in report["days"])]:
        assert one["low"] <= one["value"] <= one["high"]
    first = report["days"][0]
    assert (first["known"], first["expected"]) == (24 * HOURLY, 24 * HOURLY)
    p, y = np.array(world.scores)[: 24 * HOURLY], np.array(world.labels)[: 24 * HOURLY]
    assert first["scores"]["brier"]["value"] == pytest.approx(brier_score_loss(y, p), abs=1e-6)


def test_an_unchanged_model_is_stable_and_groups_are_counted(world: World) -> None:
    report = world.run()
    assert report["verdict"] == "stable"
    bern = next(one for one in report["groups"] if one["level"] == "Bern")
    own = np.array(world.cities) == "Bern"
    p, y = np.array(world.scores)[own], np.array(world.labels)[own]
    assert (bern["group"], bern["known"], bern["positives"]) == ("town", own.sum(), y.sum())
    assert bern["true_positive_rate"] == pytest.approx(recall_score(y, p >= 0.5))
    segments = [one for one in report["segments"] if one["column"] == "city" and one["known"]]
    assert {one["level"] for one in segments} == {"Bern", "Basel"}


def test_inverted_labels_are_a_degradation(world: World, tmp_path: Path) -> None:
    flipped = World(
        world.folder,
        files={
            name: [
                line.replace(b'"data": "1', b'"data": "x')
                .replace(b'"data": "0', b'"data": "1')
                .replace(b'"data": "x', b'"data": "0')
                for line in lines
            ]
            for name, lines in world.files.items()
        },
    )
    flipped.write_labels("flipped")
    report = world.run("flipped")
    assert report["verdict"] == "degraded"
    assert any("ROC AUC" in reason for reason in report["reasons"])
    worse = report["checks"][-1]["changes"][0]
    assert worse["score"] == "roc_auc"
    assert worse["worsening"] == pytest.approx(worse["reference"] - worse["current"])


def test_shuffled_repeated_and_overruled_label_files_give_the_same_bytes(world: World) -> None:
    world.run()
    expected = (world.folder / "performance.json").read_bytes()
    draw = random.Random(3)  # noqa: S311
    for attempt in range(3):
        files: dict[str, list[bytes]] = {}
        for name, lines in world.files.items():
            shuffled = draw.sample(lines, len(lines))
            cut = draw.randrange(len(lines) + 1)
            files[name.replace("labels", "part-1")] = shuffled[:cut]
            files[name.replace("labels", "part-2")] = shuffled[cut:] + shuffled[:3]
            files[name.replace("labels", "part-3")] = lines
            # a wrong label of the same hour, in a file that sorts before the others
            wrong = [line.replace(b'"data": "1', b'"data": "0') for line in lines]
            files[name.replace("labels", "a-wrong")] = draw.sample(wrong, 5)
        World(world.folder, files=files).write_labels(f"mixed-{attempt}")
        world.run(f"mixed-{attempt}")
        assert (world.folder / "performance.json").read_bytes() == expected


def test_days_whose_labels_are_still_to_come_are_weighted_or_take_no_part(
    tmp_path: Path,
) -> None:
    young = World(tmp_path)
    young.configure(more="    labels: {max_label_age_hours: 96}")
    young.train()
    young.serve(delay=30)
    # until six hours into the last day: labels of the last 30 hours are to come
    report = young.run(as_of="2026-04-12T06:00:00Z")
    statuses = {day["day"]: day["status"] for day in report["days"]}
    assert statuses["2026-04-12"] == "unlabeled"
    assert statuses["2026-04-11"] == "unlabeled"
    assert statuses["2026-04-10"] == "mature"
    assert report["known"] < report["expected"]
    assert report["scores"]["log_loss"]["lowest"] < report["scores"]["log_loss"]["value"]
    assert report["maturity"]["as_of"] == "2026-04-12T06:00:00Z"
    assert report["maturity"]["delay_hours"]["positive"] == [31.0, 31.0, 31.0]


def test_a_regression_has_its_scores(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure("regression")
    world.train(problem_type="regression")
    world.serve(problem_type="regression", days=8)
    report = world.run(html=str(tmp_path / "page.html"))
    f, y = np.array(world.scores), np.array(world.labels)
    scores = {name: one["value"] for name, one in report["scores"].items()}
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(y, f))
    assert scores["mae"] == pytest.approx(mean_absolute_error(y, f))
    assert scores["r2"] == pytest.approx(r2_score(y, f))
    assert scores["bias"] == pytest.approx((y - f).mean())
    assert report["verdict"] == "stable"
    assert "RMSE" in (tmp_path / "page.html").read_text()


def test_a_multiclass_model_has_a_log_loss_of_the_probabilities_that_it_returned(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.configure("multiclass_classification")
    draw = np.random.default_rng(4)
    p = draw.dirichlet([1, 2, 3], 600).round(6)
    labels = [int(draw.choice(3, p=row / row.sum())) for row in p]
    rows = [f"1,Bern,{row.argmax()},{label}" for row, label in zip(p, labels, strict=True)]
    (tmp_path / "training.csv").write_text("\n".join(["amount,city,score,paid", *rows]))
    config, data = str(tmp_path / "driftloop.yaml"), str(tmp_path / "training.csv")
    make_baseline(config, "loans", data, str(tmp_path / "loans.baseline"), "score")
    lines = [
        capture_line(
            f"e{n}",
            ["1,Bern", "2,Bern"],
            [",".join(map(str, row)) for row in p[n : n + 2]],
            f"2026-04-{1 + n // 60:02d}T00:00:00Z",
        )
        for n in range(0, 600, 2)
    ]
    write_lines(tmp_path / "captured/a.jsonl", lines)
    found = [label_line(f"e{n}", f"{labels[n]}\n{labels[n + 1]}") for n in range(0, 600, 2)]
    World(tmp_path, files={"a.jsonl": found}).write_labels()
    report = world.run(html=str(tmp_path / "page.html"))
    scores = {name: one["value"] for name, one in report["scores"].items()}
    normalized = p / p.sum(axis=1, keepdims=True)
    assert scores["log_loss"] == pytest.approx(log_loss(labels, normalized), abs=1e-5)
    assert scores["accuracy"] == pytest.approx(accuracy_score(labels, p.argmax(axis=1)))
    assert report["confusion"]["counts"] == confusion_matrix(labels, p.argmax(axis=1)).tolist()
    assert report["verdict"] == "stable"


def test_positives_alone_are_labeled_where_a_missing_label_is_negative(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure(more="    labels: {missing_label_means: negative, max_label_age_hours: 24}")
    world.train()
    world.serve(days=9)
    known = {}
    for name, lines in world.files.items():
        rows = [json.loads(line) for line in lines]
        known[name] = [
            label_line(row["eventMetadata"]["eventId"], f"[{text}]", "JSON")
            for row in rows
            if "1"
            in (text := row["groundTruthData"]["data"].replace("\n", ",").replace("0", "null"))
        ]
    World(tmp_path, files=known).write_labels("positives")
    report = world.run("positives")
    count = 7 * 24 * HOURLY  # older than a day by the last label
    p, y = np.array(world.scores)[:count], np.array(world.labels)[:count]
    days = report["days"][:7]
    assert sum(day["known"] for day in days) == count
    brier = np.mean([day["scores"]["brier"]["value"] for day in days])
    assert brier == pytest.approx(brier_score_loss(y, p), abs=1e-6)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is no label file"),
        ({"a.jsonl": [b"no label"]}, "none of the lines of 1 files is a label"),
        (
            {"a.jsonl": [label_line("order-1", "1")]},
            "names a captured request: labels name 'order-1', and requests have inference_id"
            " 'event-0-0', 'event-0-1'",
        ),
        ({"a.jsonl": [label_line("event-0-0", "1")]}, "can be used: label_row_count 2"),
        (
            {"a.jsonl": [label_line("event-0-0", "good\nbad"), label_line("event-0-1", "a\nb")]},
            "the labels have 6 classes|the labels have 4 classes",
        ),
        (
            {"a.jsonl": [label_line("event-0-0", "yes\nyes")]},
            "set labels.positive_class|the labels have 3 classes",
        ),
    ],
)
def test_unusable_labels_are_an_error_that_says_what_to_do(
    world: World, tmp_path: Path, files: dict[str, list[bytes]], message: str
) -> None:
    (world.folder / tmp_path.name).mkdir()
    World(world.folder, files=files).write_labels(tmp_path.name)
    with pytest.raises(InputError, match=message):
        world.run(tmp_path.name)


def test_labels_of_one_class_leave_scores_undefined_that_need_two(world: World) -> None:
    ones = {"a.jsonl": [label_line(f"event-{h}-{r}", "1\n1") for h in range(24) for r in range(10)]}
    World(world.folder, files=ones).write_labels("ones")
    report = world.run("ones")
    assert report["scores"]["roc_auc"]["value"] is None
    assert report["scores"]["roc_auc"]["undefined"] == "all labels are of one class"
    assert "have no times" in " ".join(report["notes"])


def test_labels_may_name_a_custom_attribute(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.configure(more="    labels: {join_key: 'attribute:order', min_labels: 5}")
    world.train()
    lines = [
        capture_line(
            f"e{n}", ["1,Bern"], [n / 100], "2026-04-01T00:00:00Z", attributes=f"order={n}"
        )
        for n in range(60)
    ]
    write_lines(tmp_path / "captured/a.jsonl", lines)
    World(
        tmp_path, files={"a.jsonl": [label_line(str(n), str(n % 2)) for n in range(60)]}
    ).write_labels()
    report = world.run()
    assert (report["known"], report["expected"]) == (60, 60)


def test_without_held_out_records_nothing_is_compared(world: World, tmp_path: Path) -> None:
    other = World(tmp_path)
    other.configure()
    text = (world.folder / "training.csv").read_text().splitlines()
    (tmp_path / "training.csv").write_text("\n".join(text))
    config, data = str(tmp_path / "driftloop.yaml"), str(tmp_path / "training.csv")
    make_baseline(config, "loans", data, str(tmp_path / "loans.baseline"), None)
    (tmp_path / "captured").symlink_to(world.folder / "captured")
    (tmp_path / "labels").symlink_to(world.folder / "labels")
    report = other.run()
    assert report["verdict"] == "insufficient_data"
    assert "nothing to compare with" in report["reasons"][0]
    assert report["scores"]["roc_auc"]["value"] > 0.5


def test_a_report_is_read_again_and_its_page_shows_it(world: World) -> None:
    page = world.folder / "page.html"
    world.run(html=str(page))
    data = (world.folder / "performance.json").read_bytes()
    assert PerformanceReport.from_json(data).to_json(indent=2) == data
    assert "Performance is stable" in page.read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("    labels: {join_key: order}", "write inference_id, or attribute:KEY"),
        ("    performance: {min_effect_sizes: {auc: 0.1}}", "roc_auc"),
        ("    performance: {datapoints_to_alarm: 4}", "exceeds evaluation_periods"),
    ],
)
def test_wrong_settings_are_an_error_that_says_what_to_write(
    tmp_path: Path, more: str, message: str
) -> None:
    world = World(tmp_path)
    world.configure(more=more)
    with pytest.raises(ConfigError, match=message):
        world.run()
