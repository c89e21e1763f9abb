"""Tags of any resource: AddTags, ListTags, DeleteTags."""

from rehearsal.sagemaker.context import SageMakerContext
from rehearsal.sagemaker.protocols import Body, Operations


class Tags:
    """Tags by ARN. The shared context stores them: every resource can be created with tags."""

    def __init__(self, context: SageMakerContext) -> None:
        self._context = context

    def operations(self) -> Operations:
        """Return the APIs of this class by name."""
        return {"AddTags": self.add, "ListTags": self.list_tags, "DeleteTags": self.delete}

    def add(self, body: Body) -> Body:
        """AddTags: add or replace tags; returns all tags of the resource."""
        self._context.set_tags(body["ResourceArn"], body["Tags"])
        return self.list_tags(body)

    def list_tags(self, body: Body) -> Body:
        """ListTags."""
        tags = self._context.tags.get(body["ResourceArn"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def delete(self, body: Body) -> Body:
        """DeleteTags."""
        tags = self._context.tags.get(body["ResourceArn"], {})
        for key in body["TagKeys"]:
            tags.pop(key, None)
        return {}
