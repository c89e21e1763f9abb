"""Endpoints: the APIs that create, update, invoke and delete them."""

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.endpoints import invocation
from rehearsal.sagemaker.endpoints.fleet import (
    InstanceFleet,
    RetainedProperties,
    build_fleet,
    retained_properties,
)
from rehearsal.sagemaker.endpoints.invocation import HttpResponse, InvocationRoute
from rehearsal.sagemaker.endpoints.models_and_configs import ImmutableResource, ModelsAndConfigs
from rehearsal.sagemaker.endpoints.quotas import EndpointQuotas
from rehearsal.sagemaker.endpoints.state import (
    EmulatedEndpoint,
    EndpointUpdate,
    announce_state,
    describe_endpoint,
)
from rehearsal.sagemaker.endpoints.traffic_shifting import ALL_AT_ONCE, plan_rollout
from rehearsal.sagemaker.endpoints.update import EndpointUpdateDriver, find_alarm_state
from rehearsal.sagemaker.errors import already_exists_error, could_not_find_error, validation_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.protocols import Body, Operations

CAPACITY_CHANGE = timedelta(minutes=1)


class Endpoints:
    """CreateEndpoint, UpdateEndpoint, InvokeEndpoint and related APIs."""

    def __init__(self, context: SageMakerContext, models_and_configs: ModelsAndConfigs) -> None:
        self._context = context
        self._models_and_configs = models_and_configs
        self._endpoints: dict[str, EmulatedEndpoint] = {}
        self.quotas = EndpointQuotas()

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {
            "CreateEndpoint": self.create,
            "DescribeEndpoint": self.describe,
            "UpdateEndpoint": self.update,
            "UpdateEndpointWeightsAndCapacities": self.update_capacities,
            "DeleteEndpoint": self.delete,
            "ListEndpoints": self.list_endpoints,
        }

    def create(self, body: Body) -> Body:
        """CreateEndpoint; in service once its models are loaded, without simulated time."""
        name = body["EndpointName"]
        arn = self._context.arn("endpoint", name)
        if name in self._endpoints:
            raise already_exists_error("endpoint", arn)
        config = self._models_and_configs.get_config(body["EndpointConfigName"])
        self._context.set_tags(arn, body.get("Tags", []))
        now = self._context.now()
        endpoint = EmulatedEndpoint(name, arn, config, created=now, modified=now)
        fleet = self._build(endpoint, config, RetainedProperties())
        self.quotas.require(fleet.instances_by_type, self._fleets())
        self._endpoints[name] = endpoint
        announce_state(self._context, endpoint)
        threading.Thread(
            target=self._load, args=(endpoint, fleet), name=f"load {name}", daemon=True
        ).start()
        return {"EndpointArn": arn}

    def describe(self, body: Body) -> Body:
        """DescribeEndpoint."""
        return describe_endpoint(self._get_endpoint(body["EndpointName"]))

    def list_endpoints(self, body: Body) -> Body:
        """ListEndpoints."""
        status = body.get("StatusEquals")
        return paginate(
            [each for each in self._endpoints.values() if status in (None, each.status)],
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
        """UpdateEndpoint: a new fleet takes over by the deployment config, in simulated time."""
        endpoint, fleet = self._require_in_service(body["EndpointName"])
        config = self._models_and_configs.get_config(body["EndpointConfigName"])
        if config.name == endpoint.config.name:
            raise validation_error(
                f'Cannot update endpoint "{endpoint.arn}": it already uses the endpoint '
                f'configuration "{config.arn}". Create a new one.'
            )
        self._require_replaceable(endpoint, fleet, config)
        settings = body.get("DeploymentConfig")
        if settings is None and body.get("RetainDeploymentConfig"):
            settings = endpoint.last_settings
        retained = RetainedProperties()
        if body.get("RetainAllVariantProperties"):
            excluded = body.get("ExcludeRetainedVariantProperties", [])
            retained = retained_properties(fleet).without(
                {each["VariantPropertyType"] for each in excluded}
            )
        settings = settings or ALL_AT_ONCE
        green_fleet = self._build(endpoint, config, retained)
        self.quotas.require(green_fleet.instances_by_type, self._fleets())
        rollout = plan_rollout(settings, green_fleet.instances)
        unknown = [name for name in rollout.alarms if find_alarm_state(self._context, name) is None]
        if unknown:
            raise validation_error(
                f"The alarms {unknown} of the AutoRollbackConfiguration do not exist."
            )
        for variant in green_fleet.variants.values():
            variant.role.describe_alarms(self._context.alarm_arns(rollout.alarms))
        update = EndpointUpdate(green_fleet, rollout, settings, self._context.now())
        EndpointUpdateDriver(self._context, endpoint, update).start()
        return {"EndpointArn": endpoint.arn}

    def update_capacities(self, body: Body) -> Body:
        """UpdateEndpointWeightsAndCapacities; ``Updating`` for a simulated minute."""
        endpoint, fleet = self._require_in_service(body["EndpointName"])
        for desired in body["DesiredWeightsAndCapacities"]:
            variant = fleet.variants.get(desired["VariantName"])
            if variant is None:
                raise validation_error(
                    f'Variant "{desired["VariantName"]}" is not part of {endpoint.arn}.'
                )
        added: Counter[str] = Counter()
        for desired in body["DesiredWeightsAndCapacities"]:
            variant = fleet.variants[desired["VariantName"]]
            if variant.instance_type is not None:
                count = desired.get("DesiredInstanceCount", variant.instances)
                added[variant.instance_type] += count - variant.instances
        self.quotas.require(added, self._fleets())
        for desired in body["DesiredWeightsAndCapacities"]:
            variant = fleet.variants[desired["VariantName"]]
            variant.weight = desired.get("DesiredWeight", variant.weight)
            variant.instances = desired.get("DesiredInstanceCount", variant.instances)
        self._set_status(endpoint, "Updating")
        changed_at = self._context.now() + CAPACITY_CHANGE
        self._context.clock.call_at(
            changed_at, lambda: self._capacities_changed(endpoint), f"capacity of {endpoint.name}"
        )
        return {"EndpointArn": endpoint.arn}

    def delete(self, body: Body) -> Body:
        """DeleteEndpoint, at once; an error while the endpoint is being created or updated."""
        endpoint = self._get_endpoint(body["EndpointName"])
        if endpoint.status not in {"InService", "Failed", "OutOfService"}:
            raise validation_error(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        self._set_status(endpoint, "Deleting")
        del self._endpoints[endpoint.name]
        self._context.tags.pop(endpoint.arn, None)
        if endpoint.fleet is not None:
            endpoint.fleet.close()
        return {}

    def invoke(self, name: str, body: bytes, headers: Mapping[str, str]) -> HttpResponse:
        """InvokeEndpoint."""
        lower_case_headers = {key.lower(): value for key, value in headers.items()}
        with self._context.change():
            endpoint = self._endpoints.get(name)
            chosen = endpoint.choose_variant() if endpoint is not None else None
            if endpoint is None or chosen is None:
                message = f"Endpoint {name} of account {self._context.account} not found."
                return invocation.error_response("ValidationError", message)
            fleet, variant = chosen
            target = lower_case_headers.get(invocation.TARGET_VARIANT)
            if target is not None:
                if target not in fleet.variants:
                    message = f"Variant {target} is not part of endpoint {name}."
                    return invocation.error_response("ValidationError", message)
                variant = fleet.variants[target]
            config = fleet.config.name if endpoint.update is not None else None
            route = InvocationRoute(name, variant, config)
        return invocation.invoke_model(self._context, route, body, lower_case_headers)

    def list_loading(self) -> list[str]:
        """Return the ARNs of new endpoints whose models are loading."""
        return [
            each.arn
            for each in list(self._endpoints.values())
            if not each.created_or_failed.is_set()
        ]

    def wait_until_created(self, name: str, timeout: float) -> None:
        """Wait (in real time) until a new endpoint is in service or has failed."""
        with self._context.change():
            endpoint = self._get_endpoint(name)
        if not endpoint.created_or_failed.wait(timeout):
            raise TimeoutError(f"endpoint {name} is still loading after {timeout:.0f} seconds")

    def close(self) -> None:
        """End all processes, and write the captured data."""
        with self._context.change():
            fleets = self._fleets()
        for fleet in fleets:
            fleet.flush()
            fleet.close()

    def _fleets(self) -> list[InstanceFleet]:
        """Return the fleets of all endpoints, those of updates in progress included."""
        return [fleet for each in self._endpoints.values() for fleet in each.fleets()]

    def _load(self, endpoint: EmulatedEndpoint, fleet: InstanceFleet) -> None:
        try:
            fleet.load()
            with self._context.change():
                if fleet.failure is None:
                    endpoint.fleet = fleet
                else:
                    endpoint.failure = fleet.failure
                    fleet.close()
                self._set_status(endpoint, "Failed" if fleet.failure else "InService")
        finally:
            endpoint.created_or_failed.set()

    def _capacities_changed(self, endpoint: EmulatedEndpoint) -> None:
        with self._context.change():
            self._set_status(endpoint, "InService")

    def _set_status(self, endpoint: EmulatedEndpoint, status: str) -> None:
        endpoint.status = status
        endpoint.modified = self._context.now()
        announce_state(self._context, endpoint)

    def _build(
        self, endpoint: EmulatedEndpoint, config: ImmutableResource, retained: RetainedProperties
    ) -> InstanceFleet:
        endpoint.fleet_count += 1
        return build_fleet(
            self._context,
            self._models_and_configs,
            config,
            endpoint=endpoint.name,
            serial=endpoint.fleet_count,
            retained=retained,
        )

    def _get_endpoint(self, name: str) -> EmulatedEndpoint:
        if name not in self._endpoints:
            raise could_not_find_error("endpoint", self._context.arn("endpoint", name))
        return self._endpoints[name]

    def _require_in_service(self, name: str) -> tuple[EmulatedEndpoint, InstanceFleet]:
        endpoint = self._get_endpoint(name)
        if endpoint.status != "InService" or endpoint.fleet is None:
            raise validation_error(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        return endpoint, endpoint.fleet

    def _require_replaceable(
        self, endpoint: EmulatedEndpoint, fleet: InstanceFleet, config: ImmutableResource
    ) -> None:
        """Require the same variant names, and the same instance types of scalable variants."""
        specs = {spec["VariantName"]: spec for spec in config.body["ProductionVariants"]}
        if set(specs) != set(fleet.variants):
            raise validation_error(
                f"Variant names must not change: {sorted(fleet.variants)} became {sorted(specs)}."
            )
        scalable = [
            name
            for name, variant in fleet.variants.items()
            if specs[name].get("InstanceType") != variant.instance_type
            and self._context.is_scalable(f"endpoint/{endpoint.name}/variant/{name}")
        ]
        if scalable:
            raise validation_error(
                f'The variant(s) "{scalable}" must be deregistered as scalable targets with AWS '
                "Auto Scaling before they can be removed or have their instance type updated."
            )
