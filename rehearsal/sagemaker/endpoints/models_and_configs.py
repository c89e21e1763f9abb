"""Models and endpoint configs: the APIs that create, describe, list and delete them."""

from dataclasses import dataclass
from datetime import datetime

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.errors import already_exists_error, could_not_find_error, validation_error
from rehearsal.sagemaker.pagination import paginate
from rehearsal.sagemaker.protocols import Body, Operations
from rehearsal.sagemaker.registry import ModelPackages


@dataclass(frozen=True, slots=True)
class Container:
    """The container of a model: image, model artifact and environment."""

    image: str
    model_data_url: str
    environment: dict[str, str]
    role_arn: str


@dataclass(frozen=True, slots=True)
class ImmutableResource:
    """A model or an endpoint config, which no API changes after its creation."""

    name: str
    arn: str
    created: datetime
    body: Body


class ModelsAndConfigs:
    """CreateModel, CreateEndpointConfig and related APIs."""

    def __init__(self, context: SageMakerContext, packages: ModelPackages) -> None:
        self._context = context
        self._packages = packages
        self._models: dict[str, ImmutableResource] = {}
        self._configs: dict[str, ImmutableResource] = {}

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
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

    def get_config(self, name: str) -> ImmutableResource:
        """Return the endpoint config; raises ServiceError without one."""
        if name not in self._configs:
            arn = self._context.arn("endpoint-config", name)
            raise could_not_find_error("endpoint configuration", arn)
        return self._configs[name]

    def get_container(self, model: str) -> Container:
        """Return the model's container; that of a model package is in the registry."""
        body = self._get_model(model).body
        definition, role = get_primary_container(body), body["ExecutionRoleArn"]
        package = definition.get("ModelPackageName")
        if package:
            packaged = self._packages.get_container(package)
            environment = {**packaged.get("Environment", {}), **definition.get("Environment", {})}
            return Container(packaged.get("Image", ""), packaged["ModelDataUrl"], environment, role)
        return Container(
            definition.get("Image", ""),
            definition.get("ModelDataUrl", ""),
            definition.get("Environment", {}),
            role,
        )

    def create_model(self, body: Body) -> Body:
        """CreateModel; a version of a model package group must be approved."""
        name = body["ModelName"]
        arn = self._context.arn("model", name)
        if name in self._models:
            raise already_exists_error("model", arn)
        definition = get_primary_container(body)
        if definition.get("ModelPackageName"):
            self._packages.require_deployable(definition["ModelPackageName"])
        elif not definition.get("Image"):
            raise validation_error(
                "You must provide either an Image or a ModelPackageName for a container."
            )
        self._models[name] = self._create(name, arn, body)
        return {"ModelArn": arn}

    def describe_model(self, body: Body) -> Body:
        """DescribeModel."""
        resource = self._get_model(body["ModelName"])
        described = {key: value for key, value in resource.body.items() if key != "Tags"}
        described.setdefault("EnableNetworkIsolation", False)
        return {**described, "ModelArn": resource.arn, "CreationTime": resource.created}

    def delete_model(self, body: Body) -> Body:
        """DeleteModel; endpoints that use it keep serving, as on AWS."""
        resource = self._get_model(body["ModelName"])
        del self._models[resource.name]
        self._context.tags.pop(resource.arn, None)
        return {}

    def list_models(self, body: Body) -> Body:
        """ListModels."""
        return paginate(
            self._models.values(),
            body,
            key="Models",
            name="ModelName",
            summary=lambda model: {
                "ModelName": model.name,
                "ModelArn": model.arn,
                "CreationTime": model.created,
            },
        )

    def create_config(self, body: Body) -> Body:
        """CreateEndpointConfig; its models must exist."""
        name = body["EndpointConfigName"]
        arn = self._context.arn("endpoint-config", name)
        if name in self._configs:
            raise already_exists_error("endpoint configuration", arn)
        variants = [variant["VariantName"] for variant in body["ProductionVariants"]]
        if len(set(variants)) < len(variants):
            raise validation_error(
                f"Variant names must be unique within an endpoint configuration: {variants}"
            )
        for variant in body["ProductionVariants"]:
            if "ModelName" in variant:
                self._get_model(variant["ModelName"])
        self._configs[name] = self._create(name, arn, body)
        return {"EndpointConfigArn": arn}

    def describe_config(self, body: Body) -> Body:
        """DescribeEndpointConfig."""
        resource = self.get_config(body["EndpointConfigName"])
        described = {key: value for key, value in resource.body.items() if key != "Tags"}
        return {**described, "EndpointConfigArn": resource.arn, "CreationTime": resource.created}

    def delete_config(self, body: Body) -> Body:
        """DeleteEndpointConfig; endpoints that use it keep serving, as on AWS."""
        resource = self.get_config(body["EndpointConfigName"])
        del self._configs[resource.name]
        self._context.tags.pop(resource.arn, None)
        return {}

    def list_configs(self, body: Body) -> Body:
        """ListEndpointConfigs."""
        return paginate(
            self._configs.values(),
            body,
            key="EndpointConfigs",
            name="EndpointConfigName",
            summary=lambda config: {
                "EndpointConfigName": config.name,
                "EndpointConfigArn": config.arn,
                "CreationTime": config.created,
            },
        )

    def _get_model(self, name: str) -> ImmutableResource:
        if name not in self._models:
            raise could_not_find_error("model", self._context.arn("model", name))
        return self._models[name]

    def _create(self, name: str, arn: str, body: Body) -> ImmutableResource:
        self._context.set_tags(arn, body.get("Tags", []))
        return ImmutableResource(name, arn, self._context.now(), body)


def get_primary_container(body: Body) -> Body:
    """Return the container that handles requests; raises ServiceError without one."""
    containers = body.get("Containers") or []
    definition = body.get("PrimaryContainer") or (containers[0] if containers else None)
    if definition is None:
        raise validation_error(
            "You must provide either a PrimaryContainer or a list of Containers."
        )
    if len(containers) > 1:
        raise validation_error("The emulated SageMaker runs models with one container.")
    return dict(definition)
