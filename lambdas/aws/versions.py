"""The versions of a model as the release policy sees them."""

from driftloop.contract.ledger_items import VersionItem
from driftloop.release.next_action import Version, VersionStatus


def to_version(item: VersionItem) -> Version:
    """The policy's view of a version in the ledger."""
    return Version(
        number=item.version,
        status=VersionStatus(item.status),
        approved_at=item.decided_at,
        serving_from=item.serving_from,
        serving_until=item.serving_until,
    )
