"""Ledger items with everything that a test does not care about filled in."""

from datetime import datetime

from driftloop.contract.ledger_items import ChampionItem, DayItem, VersionItem, WindowItem
from driftloop.window import HOUR, Window
from tests.lambdas.captures import baseline_key


def time(text):
    return datetime.fromisoformat(text)


def champion_item(version=1, **changes):
    values = {
        "version": version,
        "model_package_arn": f"arn:package/{version}",
        "baseline_uri": f"s3://artifacts/{baseline_key(version)}",
        "model_data_url": f"s3://artifacts/v{version}/model.tar.gz",
        "endpoint_config_name": f"c{version}",
        "serving_settings_digest": "digest",
        "promoted_at": time("2026-03-01T00:00:00Z"),
    }
    return ChampionItem(**{**values, **changes})


def version_item(version=1, status="promoted", **changes):
    values = {
        "version": version,
        "status": status,
        "model_package_arn": f"arn:package/{version}",
        "baseline_uri": f"s3://artifacts/{baseline_key(version)}",
        "model_data_url": f"s3://artifacts/v{version}/model.tar.gz",
    }
    return VersionItem(**{**values, **changes})


def window_item(hour, verdict, version=1, **changes):
    """A window of the tenth of March 2026."""
    start = time(f"2026-03-10T{hour:02d}:00:00Z")
    return _verdict_item(WindowItem, Window(start, start + HOUR), verdict, version, **changes)


def day_item(start, verdict, version=1, **changes):
    return _verdict_item(
        DayItem, Window(time(start), time(start) + HOUR).day, verdict, version, **changes
    )


def _verdict_item(item_type, window, verdict, version, **changes):
    label = window.label if item_type is WindowItem else window.label.partition("T")[0]
    values = {
        "version": version,
        "label": label,
        "window": window,
        "revision": 0,
        "verdict": verdict,
        "report_key": f"reports/late/v{version}/{label}/r0/report.json",
        "analyzed_at": window.end,
    }
    return item_type(**{**values, **changes})
