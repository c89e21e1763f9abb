"""Models and endpoint configs: immutable records that endpoints are made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rehearsal.sagemaker.context import Context
from rehearsal.sagemaker.errors import already_exists, could_not_find, invalid
from rehearsal.sagemaker.pagination import page
from rehearsal.sagemaker.registry.packages import Registry

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """What a model runs: the artifact, and the environment of its container."""

    image: str
    model_data: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """A model or an endpoint config as it was created."""

    name: str
    arn: str
    created: datetime
    body: Body


class Catalog:
    """CreateModel, CreateEndpointConfig and what belongs to them."""

    def __init__(self, context: Context, registry: Registry) -> None:
        self._context = context
        self._registry = registry
        self._models: dict[str, Record] = {}
        self._configs: dict[str, Record] = {}

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {
            "CreateModel": self.create_model,
            "DescribeModel": self.describe_model,
            "DeleteModel": self.delete_model,
            "ListModels": self.list_models,
            "CreateEndpointConfig": self.create_config,
            "DescribeEndpointConfig": self.describe_config,
            "DeleteEndpointConfig": self.delete_config,
            "ListEndpointConfigs": self.list_configs,
        }

    def config(self, name: str) -> Record:
        """The endpoint config; raises ServiceError where there is none."""
        if name not in self._configs:
            arn = self._context.arn("endpoint-config", name)
            raise could_not_find("endpoint configuration", arn)
        return self._configs[name]

    def container(self, model: str) -> Container:
        """What the model runs; a model package is looked up in the registry."""
        definition = primary_container(self._model(model).body)
        package = definition.get("ModelPackageName")
        if package:
            packaged = self._registry.container(package)
            environment = {**packaged.get("Environment", {}), **definition.get("Environment", {})}
            return Container(packaged.get("Image", ""), packaged["ModelDataUrl"], environment)
        return Container(
            definition.get("Image", ""),
            definition.get("ModelDataUrl", ""),
            definition.get("Environment", {}),
        )

    def create_model(self, body: Body) -> Body:
        """CreateModel; a version of a package group has to be approved."""
        name = body["ModelName"]
        arn = self._context.arn("model", name)
        if name in self._models:
            raise already_exists("model", arn)
        definition = primary_container(body)
        if definition.get("ModelPackageName"):
            self._registry.require_deployable(definition["ModelPackageName"])
        elif not definition.get("Image"):
            raise invalid("You must provide either an Image or a ModelPackageName for a container.")
        self._models[name] = self._record(name, arn, body)
        return {"ModelArn": arn}

    def describe_model(self, body: Body) -> Body:
        """DescribeModel."""
        record = self._model(body["ModelName"])
        described = {key: value for key, value in record.body.items() if key != "Tags"}
        described.setdefault("EnableNetworkIsolation", False)
        return {**described, "ModelArn": record.arn, "CreationTime": record.created}

    def delete_model(self, body: Body) -> Body:
        """DeleteModel; endpoints that run it go on, as on AWS."""
        record = self._model(body["ModelName"])
        del self._models[record.name]
        self._context.tags.pop(record.arn, None)
        return {}

    def list_models(self, body: Body) -> Body:
        """ListModels."""
        return page(
            self._models.values(),
            body,
            key="Models",
            name="ModelName",
            summary=lambda record: {
                "ModelName": record.name,
                "ModelArn": record.arn,
                "CreationTime": record.created,
            },
        )

    def create_config(self, body: Body) -> Body:
        """CreateEndpointConfig; its models have to be there."""
        name = body["EndpointConfigName"]
        arn = self._context.arn("endpoint-config", name)
        if name in self._configs:
            raise already_exists("endpoint configuration", arn)
        variants = [variant["VariantName"] for variant in body["ProductionVariants"]]
        if len(set(variants)) < len(variants):
            raise invalid(
                f"Variant names must be unique within an endpoint configuration: {variants}"
            )
        for variant in body["ProductionVariants"]:
            if "ModelName" in variant:
                self._model(variant["ModelName"])
        self._configs[name] = self._record(name, arn, body)
        return {"EndpointConfigArn": arn}

    def describe_config(self, body: Body) -> Body:
        """DescribeEndpointConfig."""
        record = self.config(body["EndpointConfigName"])
        described = {key: value for key, value in record.body.items() if key != "Tags"}
        return {**described, "EndpointConfigArn": record.arn, "CreationTime": record.created}

    def delete_config(self, body: Body) -> Body:
        """DeleteEndpointConfig; an endpoint that was made with it goes on, as on AWS."""
        record = self.config(body["EndpointConfigName"])
        del self._configs[record.name]
        self._context.tags.pop(record.arn, None)
        return {}

    def list_configs(self, body: Body) -> Body:
        """ListEndpointConfigs."""
        return page(
            self._configs.values(),
            body,
            key="EndpointConfigs",
            name="EndpointConfigName",
            summary=lambda record: {
                "EndpointConfigName": record.name,
                "EndpointConfigArn": record.arn,
                "CreationTime": record.created,
            },
        )

    def _model(self, name: str) -> Record:
        if name not in self._models:
            raise could_not_find("model", self._context.arn("model", name))
        return self._models[name]

    def _record(self, name: str, arn: str, body: Body) -> Record:
        self._context.set_tags(arn, body.get("Tags", []))
        return Record(name, arn, self._context.now(), body)


def primary_container(body: Body) -> Body:
    """The container that answers; raises ServiceError where a model has none."""
    containers = body.get("Containers") or []
    definition = body.get("PrimaryContainer") or (containers[0] if containers else None)
    if definition is None:
        raise invalid("You must provide either a PrimaryContainer or a list of Containers.")
    if len(containers) > 1:
        raise invalid("The embedded SageMaker runs models of one container.")
    return dict(definition)
