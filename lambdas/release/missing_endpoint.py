"""Records that the champion's endpoint was deleted: its period of service ends then.

Windows after it are not due until a version serves again. An endpoint that is found again, or a new
one, is adopted.
"""

from driftloop.contract.ledger_items import ChampionItem, VersionItem
from lambdas.aws.context import ModelContext
from lambdas.aws.ledger import Put, Update
from lambdas.release.conditions import same_champion, same_decision
from lambdas.release.state import missing_endpoint_since


def record_missing_endpoint(context: ModelContext) -> None:
    """End the champion's period of service if there is no endpoint; recorded once.

    Raises:
        ConflictError: Another delivery has changed the champion or its version meanwhile.
    """
    champion = context.ledger.get(ChampionItem)
    if champion is None or champion.endpoint_missing_since is not None:
        return
    since = missing_endpoint_since(context)
    if since is None:
        return
    missing = {"endpoint_missing_since": since}
    writes: list[Put | Update] = [
        Update(ChampionItem, (), missing, condition=same_champion(champion))
    ]
    version = context.ledger.get(VersionItem, champion.version)
    if version is not None and version.serving_from is not None:
        ended = {"serving_until": max(since, version.serving_from)}
        writes.append(Update(VersionItem, version.key, ended, condition=same_decision(version)))
    context.ledger.write(*writes)
