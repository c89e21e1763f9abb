"""Models, endpoint configs and endpoints.

operations           the APIs of endpoints
models_and_configs   the APIs of models and endpoint configs
state                one endpoint: its state, how the API describes it, the events of its changes
quotas               the account's quotas of instances
fleet                the running variants of one endpoint config
update               one blue/green or rolling update in simulated time
traffic_shifting     the plan of an update: how much traffic goes to the new fleet, and for how long
invocation           InvokeEndpoint, with its metrics and its captured record
data_capture         the files that data capture writes to S3
model_server         the process that holds a model, seen from outside
worker               the program of that process
"""

from rehearsal.sagemaker.endpoints.invocation import HttpResponse
from rehearsal.sagemaker.endpoints.models_and_configs import ModelsAndConfigs
from rehearsal.sagemaker.endpoints.operations import Endpoints

__all__ = ["Endpoints", "HttpResponse", "ModelsAndConfigs"]
