"""Application Auto Scaling: stores scalable targets and policies. Nothing scales by itself."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.ministack.names import ACCOUNT, REGION, Response

TARGET_PREFIX = "AnyScaleFrontendService"
HEADERS = {"Content-Type": "application/x-amz-json-1.1"}
SEPARATOR = "|"
"""Between resource id, scalable dimension and namespace in CloudFormation's id of a target."""

Body = dict[str, Any]


class ApplicationAutoScaling:
    """Targets by resource id, policies by resource id and name."""

    def __init__(self) -> None:
        self._targets: dict[str, Body] = {}
        self._policies: dict[tuple[str, str], Body] = {}
        self._lock = threading.Lock()
        self._operations: dict[str, Callable[[Body], Body]] = {
            "RegisterScalableTarget": self.register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self.put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
        }

    def is_registered(self, resource: str) -> bool:
        """Return whether a scalable target (``endpoint/NAME/variant/VARIANT``) is registered."""
        with self._lock:
            return resource in self._targets

    def handle(
        self,
        _method: str,
        _path: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Mapping[str, Any],
    ) -> Response:
        """Handle one request of boto3's ``application-autoscaling`` client."""
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            response = self._operations[name](json.loads(body or b"{}"))
        except KeyError as error:
            message = {"__type": "ObjectNotFoundException", "Message": f"{name}: no {error}"}
            return 400, dict(HEADERS), json.dumps(message).encode()
        return 200, dict(HEADERS), json.dumps(response).encode()

    def register(self, body: Body) -> Body:
        """RegisterScalableTarget: create a target, or change the given members of one."""
        with self._lock:
            target = self._targets.setdefault(body["ResourceId"], {})
            target.update({key: value for key, value in body.items() if key != "Tags"})
        return {"ScalableTargetARN": _arn("scalable-target", body["ResourceId"])}

    def put_policy(self, body: Body) -> Body:
        """PutScalingPolicy for a registered target; raises KeyError for another."""
        with self._lock:
            if body["ResourceId"] not in self._targets:
                raise KeyError(f"scalable target {body['ResourceId']}")
            self._policies[body["ResourceId"], body["PolicyName"]] = body
        return {"PolicyARN": _arn("scaling-policy", f"{body['ResourceId']}:{body['PolicyName']}")}

    def provisioners(self) -> dict[str, dict[str, Any]]:
        """Return the CloudFormation types ScalableTarget and ScalingPolicy."""
        target = {
            "create": lambda _id, new, _stack: self._provision_target(new),
            "update": lambda _physical, _old, new, _stack: self._provision_target(new),
            "delete": lambda physical, _old: self._delete_target_by_id(physical),
        }
        policy = {
            "create": lambda _id, new, _stack: self._provision_policy(new),
            "update": lambda _physical, _old, new, _stack: self._provision_policy(new),
            "delete": lambda physical, _old: self._delete_policy_by_id(physical),
        }
        return {
            "AWS::ApplicationAutoScaling::ScalableTarget": target,
            "AWS::ApplicationAutoScaling::ScalingPolicy": policy,
        }

    def _provision_target(self, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        body = dict(properties)
        self.register({**body, **{k: int(body[k]) for k in ("MinCapacity", "MaxCapacity")}})
        parts = (body["ResourceId"], body["ScalableDimension"], body["ServiceNamespace"])
        return SEPARATOR.join(parts), {"Id": SEPARATOR.join(parts)}

    def _provision_policy(self, properties: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        body = dict(properties)
        if target_id := body.get("ScalingTargetId"):
            body["ResourceId"] = target_id.split(SEPARATOR)[0]
        arn = self.put_policy(body)["PolicyARN"]
        return arn, {"Arn": arn}

    def _delete_target_by_id(self, physical_id: str) -> None:
        with self._lock:
            self._delete_target(physical_id.split(SEPARATOR)[0])

    def _delete_policy_by_id(self, physical_id: str) -> None:
        with self._lock:
            for key in list(self._policies):
                if _arn("scaling-policy", ":".join(key)) == physical_id:
                    del self._policies[key]

    def _deregister(self, body: Body) -> Body:
        with self._lock:
            if body["ResourceId"] not in self._targets:
                raise KeyError(f"scalable target {body['ResourceId']}")
            self._delete_target(body["ResourceId"])
        return {}

    def _delete_target(self, resource: str) -> None:
        """Delete a target and its policies, as AWS does."""
        self._targets.pop(resource, None)
        for key in [key for key in self._policies if key[0] == resource]:
            del self._policies[key]

    def _describe_targets(self, body: Body) -> Body:
        with self._lock:
            ids = body.get("ResourceIds")
            targets = [target for id_, target in self._targets.items() if not ids or id_ in ids]
            return {
                "ScalableTargets": [
                    {"CreationTime": 0, "RoleARN": "", **target} for target in targets
                ]
            }

    def _delete_policy(self, body: Body) -> Body:
        with self._lock:
            del self._policies[body["ResourceId"], body["PolicyName"]]
        return {}

    def _describe_policies(self, body: Body) -> Body:
        with self._lock:
            policies = [
                {"PolicyARN": _arn("scaling-policy", ":".join(key)), "CreationTime": 0, **policy}
                for key, policy in self._policies.items()
                if body.get("ResourceId") in (None, key[0])
            ]
            return {"ScalingPolicies": policies}


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:{kind}/{name}"
