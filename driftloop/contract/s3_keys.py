"""S3 keys of everything that driftloop reads and writes.

capture bucket       <model>/v<version>/<endpoint>/<variant>/yyyy/mm/dd/hh/….jsonl (SageMaker)
ground truth bucket  <model>/yyyy/mm/dd/hh/….jsonl               (labels, by time of collection)
analysis bucket      work/<model>/<label>-r<revision>/…           (plan, manifest, lists, batches)
                     work/<model>/<label>-r<revision>/unusable-baselines/v<version>.json
                     profiles/<model>/v<version>/<label>-r<revision>.profile  (kept)
                     profiles/<model>/v<version>/late/<label>/<id>.profile
                     live-days/<model>/v<version>.days            (counts and decisions of days)
                     accepted-changes/<model>/v<version>.json     (what a person accepted)
                     reports/<model>/v<version>/<label>/r<revision>/report.json, report.html
                     (a day's label has no hour: 20260131 beside 20260131T23)
                     quarantine/<model>/v<version>/…              (rejected lines, with reasons)
artifacts bucket     code/…                                       (pipeline and step packages)
                     runs/<model>/<execution id>/…                (output of a pipeline execution)
                     runs/<model>/initial/<id>/…                  (initial_model, initial_baseline)
                     golden/<model>/golden.csv                    (fixed once it is created)
                     training-sources/<model>/<decision id>.json  (which captured files are used)
"""

from datetime import UTC, datetime


def capture_prefix(model: str, version: int) -> str:
    """Destination of a released version's data capture (SageMaker appends endpoint and variant)."""
    return f"{model}/v{version}"


def capture_hour(model: str, version: int, endpoint: str, variant: str, hour: datetime) -> str:
    """Prefix of the capture files that SageMaker started within an hour."""
    return f"{capture_prefix(model, version)}/{endpoint}/{variant}/{_hour(hour)}/"


def ground_truth_hour(model: str, hour: datetime) -> str:
    """Prefix of the labels that were collected within an hour."""
    return f"{model}/{_hour(hour)}/"


def work(model: str, label: str, revision: int) -> str:
    """Prefix of the files of one analysis execution."""
    return f"work/{model}/{label}-r{revision}/"


def plan(model: str, label: str, revision: int, digest: str) -> str:
    """The plan of an analysis; ``digest`` is of its content."""
    return f"{work(model, label, revision)}plan-{digest}.json"


def manifest(model: str, label: str, revision: int) -> str:
    """The list of batches that the Distributed Map reads."""
    return manifest_of(model, f"{label}-r{revision}")


def manifest_of(model: str, analysis: str) -> str:
    """The manifest of the analysis ``<label>-r<revision>``, see :func:`late_source`."""
    return f"work/{model}/{analysis}/manifest.json"


def object_list(work_prefix: str, digest: str) -> str:
    """The captured objects of one batch below :func:`work`; ``digest`` is of its content."""
    return f"{work_prefix}objects-{digest}.json"


def batch(model: str, label: str, revision: int, number: int) -> str:
    """The profile of one batch."""
    return f"{work(model, label, revision)}batch-{number:05d}.profile"


def unusable_baseline(batch_key: str, version: int) -> str:
    """Why no batch of a version was read in an analysis execution; ``batch_key`` is any of its."""
    return f"{unusable_baselines(batch_key.rpartition('/')[0])}v{version:05d}.json"


def unusable_baselines(work_prefix: str) -> str:
    """Prefix of :func:`unusable_baseline` below that of an analysis execution's files."""
    return f"{work_prefix.rstrip('/')}/unusable-baselines/"


def unusable_baseline_version(key: str) -> int:
    """The version that a key of :func:`unusable_baseline` belongs to."""
    return int(key.rpartition("/v")[2].removesuffix(".json"))


def profiles(model: str, version: int) -> str:
    """Prefix of the stored profiles of a version."""
    return f"profiles/{model}/v{version}/"


def profile(model: str, version: int, label: str, revision: int) -> str:
    """The merged profile of one revision of a window."""
    return f"{profiles(model, version)}{label}-r{revision}.profile"


def late_profile(model: str, version: int, label: str, identity: str) -> str:
    """Records of a window that arrived after its analysis; its day's analysis counts them."""
    return f"{profiles(model, version)}late/{label}/{identity}.profile"


def profile_version(key: str) -> int:
    """The version that a key of :func:`profile` or :func:`late_profile` belongs to."""
    return int(key.split("/")[2].removeprefix("v"))


def late_source(key: str) -> tuple[str, int]:
    """The analysis and the batch that a late profile is of, from its key."""
    name = key.rpartition("/")[2].removesuffix(".profile")
    analysis, _, batch = name.rpartition("-")
    return analysis, int(batch)


def live_days(model: str, version: int) -> str:
    """The live days of a version, ``driftloop.daily.live_days``: rewritten with each day."""
    return f"live-days/{model}/v{version}.days"


def accepted_changes(model: str, version: int) -> str:
    """What a person accepted of a version's days, ``driftloop.daily.accepted_change``."""
    return f"accepted-changes/{model}/v{version}.json"


def report(model: str, version: int, label: str, revision: int, suffix: str) -> str:
    """The report of one window or day; ``suffix`` is ``json`` or ``html``."""
    return f"reports/{model}/v{version}/{label}/r{revision}/report.{suffix}"


def quarantine(model: str, version: int, label: str, identity: str) -> str:
    """Rejected lines of one captured object, each with its reason."""
    return f"quarantine/{model}/v{version}/{label}/{identity}.jsonl"


def initial_model(model: str, identity: str) -> str:
    """The archive of ``initial_model``: SageMaker takes only a key that ends in ``.tar.gz``."""
    return f"runs/{model}/initial/{identity}/model.tar.gz"


def initial_baseline(model: str, identity: str) -> str:
    """The baseline of ``initial_model``, with the name that pipeline executions give theirs."""
    return f"runs/{model}/initial/{identity}/model.baseline"


def golden_set(model: str) -> str:
    """The fixed rows on which every challenger is evaluated, too."""
    return f"golden/{model}/golden.csv"


def training_sources(model: str, decision_id: str) -> str:
    """Which captured files the execution of a decision may use."""
    return f"training-sources/{model}/{decision_id}.json"


def _hour(hour: datetime) -> str:
    return hour.astimezone(UTC).strftime("%Y/%m/%d/%H")
