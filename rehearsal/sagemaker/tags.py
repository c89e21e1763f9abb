"""AddTags, ListTags, DeleteTags, for any ARN."""

from typing import Any

from rehearsal.sagemaker.context import Context

Body = dict[str, Any]


class Tags:
    """Tags by ARN; they live in the shared context, since every resource can be made with some."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def operations(self) -> dict[str, Any]:
        """The APIs of this part."""
        return {"AddTags": self.add, "ListTags": self.list_tags, "DeleteTags": self.delete}

    def add(self, body: Body) -> Body:
        """Add or replace tags; answers all of them."""
        self._context.set_tags(body["ResourceArn"], body["Tags"])
        return self.list_tags(body)

    def list_tags(self, body: Body) -> Body:
        """The resource's tags."""
        tags = self._context.tags.get(body["ResourceArn"], {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def delete(self, body: Body) -> Body:
        """Take tags away."""
        tags = self._context.tags.get(body["ResourceArn"], {})
        for key in body["TagKeys"]:
            tags.pop(key, None)
        return {}
