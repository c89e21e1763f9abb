from rehearsal.authorization import AuthorizationRecord

ROLE = "arn:aws:iam::000000000000:role/gate"


def add(record, action, *, is_allowed, resource="*", **context):
    record.add(ROLE, action, resource, context, is_allowed=is_allowed)


def test_a_request_is_recorded_once_and_counted():
    record = AuthorizationRecord()
    for _ in range(3):
        add(record, "s3:GetObject", is_allowed=True)
    add(record, "s3:GetObject", is_allowed=True, prefix="other")
    assert [request.count for request in record.requests()] == [3, 1]
    assert record.summary()["authorized"] == 4


def test_a_denial_is_unexpected_unless_it_is_played_on_purpose():
    record = AuthorizationRecord()
    add(record, "events:PutEvents", is_allowed=False)
    assert record.summary()["denied_unexpected"] == 1
    record.expect_denial("*:role/gate", "events:PutEvents")
    add(record, "s3:GetObject", is_allowed=False)
    summary = record.summary()
    assert (summary["denied_expected"], summary["denied_unexpected"]) == (1, 1)
    assert summary["unexpected"][0]["action"] == "s3:GetObject"


def test_a_request_has_principal_action_resource_context_and_decision():
    record = AuthorizationRecord()
    add(record, "s3:ListBucket", is_allowed=True, resource="arn:aws:s3:::b", prefix="a/")
    [request] = record.requests()
    assert request.to_dict() == {
        "principal": ROLE,
        "action": "s3:ListBucket",
        "resource": "arn:aws:s3:::b",
        "context": {"prefix": "a/"},
        "decision": "allowed",
        "count": 1,
    }
