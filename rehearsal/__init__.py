"""The rehearsal: an emulator of AWS on one machine, and a scenario that plays the whole loop on it.

The emulator is MiniStack plus the services that it lacks, in simulated time:

emulator            all emulated services of one account and region, with one clock
server              the emulator's process
emulator_client     starts the process, and calls the control API
control_api         HTTP paths for simulated time and for what happened
simulated_clock     time that moves only when it is advanced
event_bus           the default EventBridge bus, with a record of all events
async_invocations   asynchronous Lambda invocations with retries and dead-letter queues
schedules           EventBridge Scheduler
autoscaling         Application Auto Scaling
authorization/      who may do what, and a record of every decision
service_roles       what services do by roles that they assume, or as service principals
tls                 the emulator's certificates
cloudwatch/         metrics and alarms
sagemaker/          model registry, endpoints, pipelines
ministack/          the adapter to MiniStack

The scenario and its output:

scenario/           the chapters, what they expect, and the terminal output
page/               the page with the timeline and plots
timeline_events     the names of the timeline's events
"""
