"""MiniStack's SNS topics and SQS queues."""

from rehearsal.ministack.names import import_module, request_scope


def publish_to_topic(topic: str, subject: str, message: str) -> None:
    """Publish to an SNS topic."""
    with request_scope():
        import_module("services.sns").publish_internal(topic, message, subject)


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
