"""Endpoints: the APIs that make, change and end them, and the way of a request to a model."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.endpoints import invocation
from rehearsal.sagemaker.endpoints.fleet import InstanceFleet, RetainedProperties, build, properties
from rehearsal.sagemaker.endpoints.invocation import Answer, Route
from rehearsal.sagemaker.endpoints.models_and_configs import Catalog, Record
from rehearsal.sagemaker.endpoints.state import (
    Deployment,
    EmulatedEndpoint,
    announce_state,
    describe,
)
from rehearsal.sagemaker.endpoints.traffic_shifting import ALL_AT_ONCE, plan
from rehearsal.sagemaker.endpoints.update import EndpointUpdateDriver, alarm_state
from rehearsal.sagemaker.errors import already_exists, could_not_find, invalid
from rehearsal.sagemaker.pagination import page

Body = dict[str, Any]

CAPACITY_CHANGE = timedelta(minutes=1)


class Endpoints:
    """CreateEndpoint, UpdateEndpoint and what belongs to them."""

    def __init__(self, context: Context, catalog: Catalog) -> None:
        self._context = context
        self._catalog = catalog
        self._endpoints: dict[str, EmulatedEndpoint] = {}

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {
            "CreateEndpoint": self.create,
            "DescribeEndpoint": self.describe,
            "UpdateEndpoint": self.update,
            "UpdateEndpointWeightsAndCapacities": self.update_capacities,
            "DeleteEndpoint": self.delete,
            "ListEndpoints": self.list_endpoints,
        }

    def create(self, body: Body) -> Body:
        """CreateEndpoint; in service as soon as its models are loaded, whatever the clock says."""
        name = body["EndpointName"]
        arn = self._context.arn("endpoint", name)
        if name in self._endpoints:
            raise already_exists("endpoint", arn)
        config = self._catalog.config(body["EndpointConfigName"])
        self._context.set_tags(arn, body.get("Tags", []))
        now = self._context.now()
        endpoint = EmulatedEndpoint(name, arn, config, created=now, modified=now)
        fleet = self._build(endpoint, config, RetainedProperties())
        self._endpoints[name] = endpoint
        announce_state(self._context, endpoint)
        threading.Thread(
            target=self._bring_up, args=(endpoint, fleet), name=f"load {name}", daemon=True
        ).start()
        return {"EndpointArn": arn}

    def describe(self, body: Body) -> Body:
        """DescribeEndpoint."""
        return describe(self._find(body["EndpointName"]))

    def list_endpoints(self, body: Body) -> Body:
        """ListEndpoints."""
        wanted = body.get("StatusEquals")
        return page(
            [each for each in self._endpoints.values() if wanted in (None, each.status)],
            body,
            key="Endpoints",
            name="EndpointName",
            summary=lambda endpoint: {
                "EndpointName": endpoint.name,
                "EndpointArn": endpoint.arn,
                "CreationTime": endpoint.created,
                "LastModifiedTime": endpoint.modified,
                "EndpointStatus": endpoint.status,
            },
        )

    def update(self, body: Body) -> Body:
        """UpdateEndpoint: a new fleet by the deployment config, in simulated time."""
        endpoint, fleet = self._steady(body["EndpointName"])
        config = self._catalog.config(body["EndpointConfigName"])
        if config.name == endpoint.config.name:
            raise invalid(
                f'Cannot update endpoint "{endpoint.arn}": it already uses the endpoint '
                f'configuration "{config.arn}". Create a new one.'
            )
        self._require_replaceable(endpoint, fleet, config)
        settings = body.get("DeploymentConfig")
        if settings is None and body.get("RetainDeploymentConfig"):
            settings = endpoint.last_settings
        kept = RetainedProperties()
        if body.get("RetainAllVariantProperties"):
            excluded = body.get("ExcludeRetainedVariantProperties", [])
            kept = properties(fleet).without({each["VariantPropertyType"] for each in excluded})
        settings = settings or ALL_AT_ONCE
        green = self._build(endpoint, config, kept)
        rollout = plan(settings, green.instances)
        unknown = [name for name in rollout.alarms if alarm_state(self._context, name) is None]
        if unknown:
            raise invalid(f"The alarms {unknown} of the AutoRollbackConfiguration do not exist.")
        deployment = Deployment(green, rollout, settings, self._context.now())
        EndpointUpdateDriver(self._context, endpoint, deployment).start()
        return {"EndpointArn": endpoint.arn}

    def update_capacities(self, body: Body) -> Body:
        """UpdateEndpointWeightsAndCapacities; ``Updating`` for a simulated minute."""
        endpoint, fleet = self._steady(body["EndpointName"])
        for wanted in body["DesiredWeightsAndCapacities"]:
            variant = fleet.variants.get(wanted["VariantName"])
            if variant is None:
                raise invalid(f'Variant "{wanted["VariantName"]}" is not part of {endpoint.arn}.')
        for wanted in body["DesiredWeightsAndCapacities"]:
            variant = fleet.variants[wanted["VariantName"]]
            variant.weight = wanted.get("DesiredWeight", variant.weight)
            variant.instances = wanted.get("DesiredInstanceCount", variant.instances)
        self._mark(endpoint, "Updating")
        when = self._context.now() + CAPACITY_CHANGE
        self._context.clock.call_at(
            when, lambda: self._capacities_changed(endpoint), f"capacity of {endpoint.name}"
        )
        return {"EndpointArn": endpoint.arn}

    def delete(self, body: Body) -> Body:
        """DeleteEndpoint, at once; refused while something else is under way."""
        endpoint = self._find(body["EndpointName"])
        if endpoint.status not in {"InService", "Failed", "OutOfService"}:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        self._mark(endpoint, "Deleting")
        del self._endpoints[endpoint.name]
        self._context.tags.pop(endpoint.arn, None)
        if endpoint.fleet is not None:
            endpoint.fleet.close()
        return {}

    def invoke(self, name: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """InvokeEndpoint."""
        lowered = {key.lower(): value for key, value in headers.items()}
        with self._context.change():
            endpoint = self._endpoints.get(name)
            routed = endpoint.route() if endpoint is not None else None
            if endpoint is None or routed is None:
                message = f"Endpoint {name} of account {self._context.account} not found."
                return invocation.refused("ValidationError", message)
            fleet, variant = routed
            target = lowered.get(invocation.TARGET_VARIANT)
            if target is not None:
                if target not in fleet.variants:
                    message = f"Variant {target} is not part of endpoint {name}."
                    return invocation.refused("ValidationError", message)
                variant = fleet.variants[target]
            config = fleet.config.name if endpoint.deployment is not None else None
            route = Route(name, variant, config)
        return invocation.invoke(self._context, route, body, lowered)

    def loading(self) -> list[str]:
        """ARNs of new endpoints whose models are still being loaded."""
        return [each.arn for each in list(self._endpoints.values()) if not each.settled.is_set()]

    def wait_created(self, name: str, timeout: float) -> None:
        """Wait, in real time, until a new endpoint is in service or has failed."""
        with self._context.change():
            endpoint = self._find(name)
        if not endpoint.settled.wait(timeout):
            raise TimeoutError(f"endpoint {name} is still loading after {timeout:.0f} seconds")

    def close(self) -> None:
        """End all processes, and write what was captured."""
        with self._context.change():
            endpoints = list(self._endpoints.values())
        for endpoint in endpoints:
            for fleet in endpoint.fleets():
                fleet.flush()
                fleet.close()

    def _bring_up(self, endpoint: EmulatedEndpoint, fleet: InstanceFleet) -> None:
        try:
            fleet.load()
            with self._context.change():
                if fleet.failure is None:
                    endpoint.fleet = fleet
                else:
                    endpoint.failure = fleet.failure
                    fleet.close()
                self._mark(endpoint, "Failed" if fleet.failure else "InService")
        finally:
            endpoint.settled.set()

    def _capacities_changed(self, endpoint: EmulatedEndpoint) -> None:
        with self._context.change():
            self._mark(endpoint, "InService")

    def _mark(self, endpoint: EmulatedEndpoint, status: str) -> None:
        endpoint.status = status
        endpoint.modified = self._context.now()
        announce_state(self._context, endpoint)

    def _build(
        self, endpoint: EmulatedEndpoint, config: Record, kept: RetainedProperties
    ) -> InstanceFleet:
        endpoint.fleets_made += 1
        return build(
            self._context,
            self._catalog,
            config,
            endpoint=endpoint.name,
            serial=endpoint.fleets_made,
            kept=kept,
        )

    def _find(self, name: str) -> EmulatedEndpoint:
        if name not in self._endpoints:
            raise could_not_find("endpoint", self._context.arn("endpoint", name))
        return self._endpoints[name]

    def _steady(self, name: str) -> tuple[EmulatedEndpoint, InstanceFleet]:
        endpoint = self._find(name)
        if endpoint.status != "InService" or endpoint.fleet is None:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        return endpoint, endpoint.fleet

    def _require_replaceable(
        self, endpoint: EmulatedEndpoint, fleet: InstanceFleet, config: Record
    ) -> None:
        """Names of variants stay; a scalable variant stays on its instance type."""
        specs = {spec["VariantName"]: spec for spec in config.body["ProductionVariants"]}
        if set(specs) != set(fleet.variants):
            raise invalid(
                f"Variant names must stay: {sorted(fleet.variants)} became {sorted(specs)}."
            )
        held = [
            name
            for name, variant in fleet.variants.items()
            if specs[name].get("InstanceType") != variant.instance_type
            and self._context.scalable(f"endpoint/{endpoint.name}/variant/{name}")
        ]
        if held:
            raise invalid(
                f'The variant(s) "{held}" must be deregistered as scalable targets with AWS Auto '
                "Scaling before they can be removed or have their instance type updated."
            )
