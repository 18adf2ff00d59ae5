"""What AWS Step Functions does and the emulator does not, for standard workflows in JSONata:

- RedriveExecution, the limits on a state's data, and `Output` of Succeed states: executions.py
- Distributed Maps with all their JSONata fields, tolerated failures, ResultWriter, redriven Map Runs:
  distributed_map.py, result_writer.py
- s3:getObject and s3:putObject as SDK integrations: integrations.py
- the rights of the state machine's role: rights.py
"""

import distributed_map
import executions
import integrations
from ministack.services import stepfunctions


def fill():
    """Patches the emulator in this process, before it starts."""
    stepfunctions._run_execution = executions.run
    stepfunctions._error_matches = executions.matches
    stepfunctions._apply_state_assign = executions.assign
    stepfunctions.handle_request = executions.with_redrive(stepfunctions.handle_request)
    stepfunctions._run_map_items = distributed_map.first(stepfunctions._run_map_items)
    stepfunctions._invoke_resource = integrations.with_rights(stepfunctions._invoke_resource)
    stepfunctions._call_lambda = integrations.with_throttles(stepfunctions._call_lambda)
