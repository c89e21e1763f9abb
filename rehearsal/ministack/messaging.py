"""MiniStack's SNS topics and SQS queues."""

from collections.abc import Callable

from rehearsal.ministack.names import import_module, request_scope


def publish_to_topic(topic: str, subject: str, message: str) -> None:
    """Publish to an SNS topic."""
    with request_scope():
        import_module("services.sns").publish_internal(topic, message, subject)


def on_mail(send: Callable[[str, str], None]) -> None:
    """Call ``send(subject, body)`` for each message to a topic with subscribed addresses.

    A recipient confirms a subscription by mail; here every address is taken as confirmed.
    """
    topics = import_module("services.sns")
    original = topics._fanout

    def deliver(
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        *rest: object,
        **options: object,
    ) -> None:
        original(topic_arn, message_id, message, subject, *rest, **options)
        subscriptions = topics._topic_by_arn_any_scope(topic_arn)["subscriptions"]
        if any(each["protocol"] == "email" for each in subscriptions):
            send(subject, message)

    topics._fanout = deliver


def send_to_queue(arn: str, body: str) -> None:
    """Send a message to an SQS queue."""
    parse_arn = import_module("core.arn").parse_arn
    with request_scope():
        import_module("services.eventbridge")._dispatch_to_sqs(parse_arn(arn), body)


def count_messages() -> dict[str, int]:
    """Return the number of messages by queue name."""
    with request_scope():
        queues = import_module("services.sqs")._queues
        return {
            url.rpartition("/")[2]: len(queue["messages"]) for url, queue in list(queues.items())
        }
