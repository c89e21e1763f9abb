"""IAM in the rehearsal: who may do what, evaluated by MiniStack and recorded.

authorizer         authorizes requests over HTTP, and those of AWS's services
request_checks     what a request over HTTP needs: actions, resources, condition keys
sagemaker_checks   the same for SageMaker's APIs
autoscaling_checks what Application Auto Scaling requires of its caller elsewhere
encryption_checks  the KMS requests that encrypted resources cause
record             every authorization request, once, with its decision
"""

from rehearsal.authorization.authorizer import AccessDeniedError, Authorizer, authorized_source
from rehearsal.authorization.record import AuthorizationRecord
from rehearsal.ministack.authorization import Check

__all__ = ["AccessDeniedError", "AuthorizationRecord", "Authorizer", "Check", "authorized_source"]
