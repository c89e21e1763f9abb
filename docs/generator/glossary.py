"""docs/glossary.md: one term per concept, and the names that a user meets in settings and reports.

Terms are written here. Settings, verdicts, statuses and drift metrics come from the code that
defines them. A test fails where a name of a setting or of a report field has no entry.
"""

from collections.abc import Iterator

from docs.generator.configuration import sections
from docs.generator.markdown import head, table
from docs.generator.reasons import STATUSES, VERDICTS
from driftloop.metrics import METRICS

_INTRO = """\
Each concept has one term, the one that statistics, pandas, SageMaker or CloudWatch use. Code,
reports, messages and pages use these terms and no others.
"""

TERMS: dict[str, str] = {
    "accepted change": "An alarm of broken data in a column that a person has said is normal on"
    " some days (`driftloop accept`).",
    "accepted day": "A day that later days are compared with: one without an alarm of the column,"
    " or whose alarm has become normal.",
    "adjustment": "What a column gets for dependent records: a design effect and a multiplier of"
    " its minimum effect sizes.",
    "allowed lateness": "How long after a window captured files are still accepted for it.",
    "analysis": "One run of plan, profile and detect for a window. `revision` counts repeated"
    " runs.",
    "approval": "A person sets `ModelApprovalStatus` to `Approved` in the model registry.",
    "as of": "The time for which a decision is made. It comes with the event, not from the clock.",
    "association": "How two columns of any kinds depend on each other, whatever the shares of"
    " each.",
    "atom": "A value that holds at least 20% of a column's reference values by itself, such as 0 in"
    " amounts.",
    "backtest": "Applies the detection rule to stored weeks to count the alarms that it would have"
    " raised.",
    "baseline": "The file with the binnings frozen on the training data and the reference counts on"
    " them.",
    "bin edges": "The split points that bound the bins of a histogram.",
    "binning": "How a column is summarized: split points and bin edges for numbers, categories for"
    " text.",
    "calibration error": "How far predicted probabilities are from the shares that came true,"
    " on average over groups of scores.",
    "canary": "The first step of a release: a small share of the instances serves the new version.",
    "capture loss": "The share of an endpoint's requests that data capture did not record.",
    "category": "A value of a categorical column. Its integer in an array is a code.",
    "challenger": "The model version that a retraining produced and that evaluation compares with"
    " the champion.",
    "champion": "The model version that serves the endpoint.",
    "chi-square test": "Tests whether the shares of bins or categories differ between reference and"
    " current.",
    "clock feature": "A feature that holds the local hour, weekday or month of the request. It is"
    " checked against the clock, and left out of drift.",
    "Cohen's h": "An effect size of two shares: the difference of their arcsine-transformed values"
    " (Cohen 1988).",
    "Cohen's w": "An effect size of many shares: the root of chi-square divided by the number of"
    " records (Cohen 1988).",
    "column": "A feature or the prediction.",
    "confidence interval": "A range that contains the true value with the stated probability.",
    "constraint": "What the baseline requires of the data, such as a data type or a value range.",
    "current": "The data of the analyzed window. Its counterpart is the reference.",
    "daily rule": "Decides on a day by the accepted days before it: each statistic of each column"
    " against its own history.",
    "data capture": "SageMaker's recording of an endpoint's requests and responses in S3.",
    "datapoints to alarm": "M of the M-of-N rule: in how many of the last N windows a column must"
    " have drifted.",
    "date part": "A column derived from a date feature, such as the hour, the weekday or the age in"
    " days.",
    "dead-letter queue": "The SQS queue that receives events whose delivery failed after all"
    " retries.",
    "decision": "What the gate decided, with its reason and its evidence. It is stored in the"
    " ledger.",
    "deduplication ID": "What an event or a notification has in common with its repetition, and"
    " with no other one: a hash of what it is about.",
    "design effect": "The variance of a statistic of dependent records divided by that of"
    " independent ones (Kish 1965). Tests divide the number of records by it.",
    "drift": "A change that is statistically significant and at least the minimum effect size.",
    "drift from training": "How far the last days as a whole are from the training data of the same"
    " months, where it has these. It is no part of a verdict.",
    "duplicate": "A record that was captured more than once.",
    "effect size": "The magnitude of a change, independent of the number of records.",
    "entity": "Whom records are about, such as a user or a device. One record per entity and window"
    " counts.",
    "evaluation periods": "N of the M-of-N rule: how many of the latest analyzed windows count.",
    "evidence": "The facts that a gate decision is based on.",
    "excluded feature": "A feature that takes no part in drift verdicts.",
    "execution": "One run of a SageMaker pipeline or of a Step Functions state machine.",
    "false alarm rate": "Alarms per month on data without drift.",
    "false discovery rate": "The expected share of false detections among all detections"
    " (Benjamini and Hochberg 1995).",
    "Fisher's exact test": "An exact test of two shares. It tests the share of missing values.",
    "fleet": "The models of one environment.",
    "gate": "The one function that may start a retraining. It starts or refuses.",
    "golden set": "Fixed evaluation rows that are never trained on.",
    "hour of week": "One of the 168 hours of a week. Each hour is compared with the same hour of"
    " other weeks.",
    "idempotency key": "Identifies an event, so that two deliveries cause one action.",
    "invalid value": "A value that cannot be read as the data type of its column.",
    "Kolmogorov-Smirnov test": "Tests whether two distributions of numbers differ, by the largest"
    " distance of their distribution functions.",
    "late data": "Records that arrive after their window was analyzed.",
    "lease": "The ledger item that permits one pipeline execution at a time.",
    "ledger": "The DynamoDB table of decisions, releases, versions and windows.",
    "line": "One JSON line of a captured file. It holds one request.",
    "minimum detectable change": "The smallest change that is found with the stated power.",
    "minimum effect size": "The smallest effect size that counts as drift.",
    "minor change": "A change that is statistically significant but below the minimum effect size.",
    "missed window": "A window that is due and that no analysis has planned. It is started within"
    " an hour, or given up when it is too old or its executions keep failing.",
    "observation": "The first windows after a promotion, whose verdicts are sent to people.",
    "outcomes": "Mergeable counts of labeled predictions, from which scores are computed.",
    "p-value": "The probability of a difference at least this large if nothing has changed.",
    "path expression": "Keys, positions and lists that lead to a value in a JSON document, such as"
    " `rows[*].customer.age`. A part of JMESPath, which SageMaker Clarify and the AWS CLI use.",
    "payload mapping": "Where the values of a model are in its requests and responses: ignored"
    " columns, paths of rows, features and predictions, and the names of response cells.",
    "pending record": "What is kept of a captured record until its label arrives: hashes of ids,"
    " the prediction, the time, and the codes of segments and groups.",
    "persistence": "The same column drifted in M of the last N analyzed windows.",
    "power": "The probability that a change of a given size is detected.",
    "prediction": "What the model returned for one record.",
    "profile": "Mergeable counts of a window's records on a baseline's binnings.",
    "promotion": "A released version becomes the champion.",
    "q-value": "The smallest false discovery rate at which a test is rejected.",
    "quantile": "The value below which a given share of the values lies.",
    "quarantine": "The prefix in the analysis bucket that receives rejected lines.",
    "quintile": "A fifth of a distribution.",
    "record": "One row of features. A request contains one or more records.",
    "reference": "The data that a window is compared with: the training data, or the same hours of"
    " the week in it.",
    "rejected challenger": "A challenger that evaluation did not accept, so that it is not"
    " registered.",
    "rejected line": "A captured line that cannot be read. It is copied to the quarantine.",
    "release": "Brings a version to the endpoint by canary, and rolls it back if one of its"
    " alarms is in ALARM.",
    "request": "One invocation of the endpoint.",
    "resolution": "The step to which the values of a column are rounded.",
    "retraining": "An execution of the model's pipeline that produces a challenger.",
    "rollback": "The endpoint returns to the previous version.",
    "rounding grid": "Multiples of a step, or numbers of so many significant digits.",
    "score": "How good predictions were, by their labels: ROC AUC, log-loss, RMSE and others. Also"
    " what a binary model predicts, the probability of the positive class.",
    "seasonality": "What repeats weekly in the data.",
    "segment": "The records with one level of a column: a bin of numbers, a category, or a declared"
    " group.",
    "skipped line": "A valid captured line that does not count in this window.",
    "spike": "A single value of a numeric column whose share of the values changed.",
    "split points": "The sorted reference values at which and between which current values are"
    " counted.",
    "statistically significant": "The q-value of the column is at most the configured false"
    " discovery rate.",
    "threshold": "The value that an alarm compares its metric with.",
    "training sources": "The versions, with the times in which they served, whose captured requests"
    " a retraining may use. The gate records them for each execution.",
    "trimmed range": "The range from the 0.1% to the 99.9% quantile of the reference.",
    "unseen category": "A category that the reference does not contain.",
    "variant": "A production variant of an endpoint. driftloop's endpoints have one, `AllTraffic`.",
    "verdict": "What the analysis of a window concludes.",
    "version": "The version number of a model package in the SageMaker model registry.",
    "violation": "One breach of a constraint.",
    "warm start": "Training continues from the champion's model.",
    "window": "The period that one analysis covers, such as an hour.",
}
"""Every term in alphabetical order, defined in a sentence."""

FIELDS: dict[str, str] = {
    "in_window": "What is broken in a window shorter than a day: by column and check, the share of"
    " its records, or how many of them had one value.",
    "alarms": "Of a day: the statistics and checks whose change is larger than usual, by column.",
    "baseline": "The baseline that the window was compared with: `fingerprint` and"
    " `reference_records`.",
    "association": "Cramér's V between two features, for both sides.",
    "associations": "The pairs of features of any kinds whose association changed, the largest"
    " effect first.",
    "beside_atoms": "The effect size of the values other than the atoms.",
    "bin_edges": "The bounds of the bins of a histogram.",
    "categories": "The categories with their shares in the reference and in the window.",
    "category": "A category; of p-values: the smallest p-value of the tests of single categories.",
    "change": "How the share of a category changed: `new`, `disappeared`, `increased` or"
    " `decreased`.",
    "changed_categories": "Categories and single values whose own share changed significantly, with"
    " both shares.",
    "chi_square": "Of p-values: the chi-square test on bins or categories.",
    "column": "The column that an explanation or a sensitivity is about; null where an explanation"
    " is about all records.",
    "columns": "Of drift from training: the figure of each column.",
    "correlation": "The rank correlation of a pair of features in the reference and in the window.",
    "counts": "How many lines, requests and records the window had, and what became of them.",
    "current": "The window's side of a comparison.",
    "data_quality": "The constraints that the window violates.",
    "day": "The statistics of the 24 hours that end with the window, by the daily rule; later"
    " windows are compared with them.",
    "days": "Of drift from training: days with records; of a column, those without broken data.",
    "design_effect": "The design effect by which the tests of the column were corrected.",
    "distribution": "Of effect sizes: the change of the distribution, in standard deviations.",
    "drift_from_training": "How far the last days as a whole are from the training data.",
    "drifted": "Whether the column or the pair drifted.",
    "drifted_features": "The names of the features that drifted.",
    "duplicate_share": "The estimated share of records that were captured more than once.",
    "effect_size": "The largest effect size of the column.",
    "effect_sizes": "The effect sizes of the column: `distribution`, `beside_atoms` and `missing`.",
    "end": "Of a day: the hour since 1970 (UTC) at which it ends.",
    "explanations": "The causes behind the reasons as values, one explanation for each cause: its"
    " `kind`, `column`, `text`, both figures and `since`.",
    "features": "The report of each feature, by name.",
    "fingerprint": "Identifies a baseline. Profiles name the baseline that they belong to.",
    "first_unread": "The first line of each reason that could not be read, or not in full.",
    "format_version": "The version of the report's format.",
    "grouped_share": "The share of values whose categories are counted in groups.",
    "histogram": "The shares of a numeric column per bin, for both sides.",
    "included": "The windows that a day contains.",
    "infinite_share": "The share of infinite values.",
    "invalid": "Of a day before the daily rule decides: why it is no evidence as a whole, or null.",
    "invalid_type_share": "The share of values that cannot be read as the column's type.",
    "insufficient": "Of a sensitivity: whether no horizon finds a change of level or shares as"
    " small as `required`.",
    "kind": "The kind of the column: `numeric` or `categorical`. Of a changed category: `category`,"
    " `value`, or the values `below` or `above` all of the reference. Of an explanation: what"
    " changed, such as `clock_shift`, `constant` or `unit_change`.",
    "ks": "Of p-values: the Kolmogorov-Smirnov test.",
    "ks_beside_atoms": "Of p-values: the Kolmogorov-Smirnov test of the values beside the atoms.",
    "ks_max_error": "By how much the exact Kolmogorov-Smirnov distance may exceed the reported"
    " one.",
    "late_records": "Of a day: the records per feature version that arrived after their window was"
    " analyzed.",
    "level": "The smallest shift of the level that is found, in standard deviations of the same"
    " hours, by days.",
    "line": "The number of a line in its object, from 1.",
    "lines_read": "Lines that were read.",
    "lines_rejected": "Lines that could not be read, by reason.",
    "lines_skipped": "Lines that do not count in this window, by reason.",
    "lines_used": "Lines whose records count.",
    "max": "The largest finite value.",
    "max_days": "Of drift from training: the days that are looked at.",
    "mean": "The mean of the finite values.",
    "median": "The 50% quantile.",
    "metrics": "The drift metrics of the column, by name.",
    "min": "The smallest finite value.",
    "min_effect_sizes": "The minimum effect sizes that applied: `distribution` and `share`.",
    "missing": "What concerns missing values or windows: an effect size, a p-value, the windows"
    " that a day lacks, or the smallest share that is found.",
    "missing_predictions": "Used lines without a captured prediction.",
    "missing_records": "Records in which the column is missing.",
    "missing_share": "The share of missing values.",
    "model": "The name of the model in driftloop.yaml.",
    "months": "Of drift from training: the calendar months of the training data that are the"
    " reference; empty for all of it.",
    "multivariate": "The pair of features whose correlation changed most significantly.",
    "new_values": "Of a day: values that no accepted day had before, by column.",
    "undecided": (
        "Of a day: statistics that exceed their limit, by column, where the day has too few records"
        " to decide."
    ),
    "notes": "What a reader needs to know in addition to the verdict, one sentence each.",
    "object": "The captured object or file that a line is in.",
    "other_share": "The share of values whose categories are counted together as one.",
    "p01": "The 1% quantile.",
    "p05": "The 5% quantile.",
    "p25": "The 25% quantile.",
    "p50": "The 50% quantile.",
    "p75": "The 75% quantile.",
    "p95": "The 95% quantile.",
    "p99": "The 99% quantile.",
    "p_value": "The smallest p-value of the column's tests, corrected for their number.",
    "p_values": "The p-value of each test: `ks`, `chi_square`, `ks_beside_atoms`, `category`,"
    " `spike`, `tail` and `missing`.",
    "pair": "The two features of a correlation or an association.",
    "partners": "Other columns that an explanation is about, or that have the same cause.",
    "persistent_effect_size": "Of drift from training: the smallest effect size without any one"
    " quarter of the days.",
    "policy": "The settings by which the verdict was made.",
    "prediction": "The report of the prediction; null without captured predictions.",
    "problem": "Of a line: `rejected_line`, `unreadable_response` or `missing_columns`.",
    "q_value": "The q-value of the column over all columns.",
    "quantiles": "Quantiles from 1% to 99%.",
    "quintiles": "Joint shares of two features by their quintiles.",
    "reason": "Why a line was rejected, or its response not read.",
    "reasons": "Why the verdict or status is what it is, largest effect first.",
    "records": "The number of records.",
    "reference": "The reference side of a comparison.",
    "reference_records": "The number of records of the baseline.",
    "reference_weeks": "How many weeks' same hours the reference consists of; 0 for all training"
    " data.",
    "requests": "Captured requests of the window.",
    "required": "Of a sensitivity: `monitoring.required_sensitivity` of the column.",
    "responses_unreadable": "Used lines whose response has no readable prediction, by reason.",
    "revision": "How many times the analysis of the window was repeated.",
    "sensitivity": "The smallest changes that the daily rule finds in 90% of the cases, by column.",
    "shape": "The keys of a payload and the kinds of its values, without the values.",
    "share": "Of minimum effect sizes: the smallest Cohen's h for missing, new and disappeared"
    " values.",
    "shares": "The share of the records in each pair of quintiles. Of a sensitivity: the smallest"
    " change of the shares of categories that is found, by days.",
    "since": "The start of the first of the consecutive windows or days in which the column drifted"
    " or was invalid. Of an explanation: the same in the time zone of the model.",
    "spike": "Of p-values: the test of a numeric column's single values.",
    "spread": "The smallest factor of the standard deviation that is found, by days.",
    "statistics": "Of a day: the value of each statistic, by column.",
    "status": "The status of the column; see above.",
    "std": "The standard deviation of the finite values.",
    "suggested_settings": "Settings of driftloop.yaml that would read a line, one per line.",
    "tag": "What is special about a category: `new`, `disappeared`, `missing`, or `other` for"
    " several together.",
    "tail": "Of p-values: the test of the values beyond all of the reference.",
    "text": "What an explanation says of its column.",
    "top": "The most frequent categories with their shares.",
    "unreadable": "Windows of a day whose profiles cannot be read.",
    "unseen_share": "The share of values whose category the reference does not contain.",
    "value": "The value or the values that an explanation is about, as text.",
    "values": "Of a day: the values that are not missing, by column.",
    "verdict": "The verdict of the window; see above.",
    "version": "The model version whose records were analyzed.",
    "violations": "The constraints that the window violates, each with what was observed and"
    " expected.",
    "watched_by": "Of a sensitivity: the statistics and checks that find broken values of the"
    " column, whatever its level.",
    "window": "Start and end of the window.",
    "windows": "Of a day: which windows it includes, lacks or could not read.",
}
"""Fields of the report JSON, defined in a sentence."""


def page() -> str:
    """The page's text."""
    text = head("Glossary", "docs/generator/glossary.py", _INTRO)
    for title, rows in _parts():
        text += f"\n## {title}\n\n{table(['term', 'meaning'], [list(row) for row in rows])}"
    return text


def _parts() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield "Terms", sorted(TERMS.items(), key=lambda item: item[0].lower())
    yield "Verdicts of a window", [(f"`{name}`", text) for name, text in VERDICTS.items()]
    yield "Statuses of a column", [(f"`{name}`", text) for name, text in STATUSES.items()]
    yield "Drift metrics", [(f"`{metric.name}`", metric.meaning) for metric in METRICS]
    yield "Fields of a report", [(f"`{name}`", text) for name, text in sorted(FIELDS.items())]
    yield "Settings", list(_settings())


def _settings() -> Iterator[tuple[str, str]]:
    for _, place, section in sections():
        for name, field in section.model_fields.items():
            path = f"{place}.{name}" if place else name
            if field.description:
                yield f"`{path}`", field.description
