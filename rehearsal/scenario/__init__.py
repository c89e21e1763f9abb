"""The scenario: the life of one model, from an empty account on, in fourteen chapters.

run                plays the chapters, and writes the timeline and the page
chapters/          one chapter per file: what happens, and what is expected
scenario_context   what the chapters share: emulator, account, traffic, timeline, expectations
expectations       what is expected, and what was seen
timeline           lines of the timeline from events of the bus
terminal           the terminal output
account            the deployed account, through boto3
cdk                the CDK CLI
project            the project's driftloop.yaml
captured_files     captured files that the scenario writes itself
manual_registration  a version that a person registers
client_traffic     requests to the endpoint, and their labels
flight_requests    the flights that are sent
evaluation         the result of a pipeline execution's evaluation
page_data          the data of the page's plots
"""
