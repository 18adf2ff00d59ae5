"""Executions that can be redriven, and whose states' data is as limited as on AWS."""

import json
import threading
import time

import rights
from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions

# "Quotas related to state machine executions", Step Functions developer guide.
MOST_DATA = 256 * 1024
REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")
# The emulator's own way of running a state, by its type; the others are run here.
STATES = {
    "Pass": lambda state, data, _, context: stepfunctions._execute_pass(state, data, context),
    "Choice": lambda state, data, _, context: stepfunctions._execute_choice(state, data, context),
    "Wait": lambda state, data, _, context: stepfunctions._execute_wait(state, data, context),
    "Task": lambda *given: stepfunctions._execute_task(*given),
    "Parallel": lambda *given: stepfunctions._execute_parallel(*given),
    "Map": lambda *given: stepfunctions._execute_map(*given),
}


def run(arn):
    """Runs an execution from its first state, or a redriven one from the state that failed."""
    execution = stepfunctions._executions.get(arn)
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    # Whoever has started the execution is to be answered first.
    time.sleep(0.05)
    try:
        rights.act_as(machine["roleArn"])
        output = _walk(execution, json.loads(machine["definition"]), machine)
    except stepfunctions._ExecutionError as error:
        stepfunctions._fail_execution(execution, error.error, error.cause)
    except Exception as error:
        stepfunctions.logger.exception("unexpected error in execution %s", arn)
        stepfunctions._fail_execution(execution, "States.Runtime", str(error))
    else:
        _succeed(execution, output)


def _succeed(execution, output):
    if execution["status"] != "RUNNING":
        return
    text = json.dumps(output)
    execution.update(status="SUCCEEDED", output=text, stopDate=now_iso())
    stepfunctions._add_event(
        execution, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": text}}
    )
    stepfunctions._emit_execution_status_event(execution)


def _walk(execution, definition, machine):
    """Every state, up to the end. What a redrive needs to go on is kept with the execution."""
    given = json.loads(execution["input"])
    context = {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": execution["executionArn"],
            "Input": given,
            "Name": execution["name"],
            "StartTime": execution["startDate"],
        },
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine["name"]},
        "variables": {},
    }
    at = execution.get("at") or {"state": definition["StartAt"], "input": given, "variables": {}}
    name, data, context["variables"] = at["state"], at["input"], dict(at["variables"])
    while name and execution["status"] == "RUNNING":
        # As plain text: nothing that runs later may change it.
        execution["at"] = json.loads(json.dumps({"state": name, "input": data, "variables": context["variables"]}))
        state = definition["States"][name]
        context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        _event(execution, state, "StateEntered", {"name": name, "input": json.dumps(data)})
        data, following = _state(state, data, execution, context)
        limit(name, data)
        _event(execution, state, "StateExited", {"name": name, "output": json.dumps(data)})
        name = following
    return data


def _event(execution, state, what, details):
    kind = what[0].lower() + what[1:]
    stepfunctions._add_event(execution, f"{state['Type']}{what}", {f"{kind}EventDetails": details})


def _state(state, data, execution, context):
    """Runs a state: its output, and the state that follows."""
    kind = state["Type"]
    if kind == "Fail":
        raise stepfunctions._ExecutionError(*stepfunctions._fail_state_error(state, data, context))
    if kind == "Succeed":
        if stepfunctions._state_query_language(state, context) == "JSONata":
            return stepfunctions._apply_jsonata_output(state, data, context, default=data), None
        return stepfunctions._apply_output_path(state, stepfunctions._apply_input_path(state, data, context)), None
    return STATES[kind](state, data, execution, context)


def limit(name, data):
    """No state takes or gives more than the quota."""
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MOST_DATA:
        message = f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes: {size}"
        raise stepfunctions._ExecutionError("States.DataLimitExceeded", message)


def matches(names, error):
    """Whether an error is one of those that are retried or caught."""
    if error in names:
        return True
    # "Handling errors in Step Functions workflows", Step Functions developer guide.
    if error in ("States.DataLimitExceeded", "States.Runtime"):
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def assign(state, data, context, result=None, error_output=None):
    """Sets a state's variables: every expression sees them as they were before, as AWS documents."""
    fields = state.get("Assign")
    if context is None or not isinstance(fields, dict):
        return
    if stepfunctions._state_query_language(state, context) != "JSONata":
        return
    values = {
        name: stepfunctions._apply_jsonata_template(template, data, context, result=result, error_output=error_output)
        for name, template in fields.items()
    }
    for name, value in values.items():
        limit(f"variable {name}", value)
    context.setdefault("variables", {}).update(values)


def with_redrive(handle):
    """The service with RedriveExecution."""

    async def handle_more(method, path, headers, body, query):
        action = headers.get("x-amz-target", "").split(".")[-1]
        if action != "RedriveExecution":
            return await handle(method, path, headers, body, query)
        return stepfunctions._finalize_response(_redrive(json.loads(body or "{}")))

    return handle_more


def _redrive(given):
    arn = given.get("executionArn")
    execution = stepfunctions._executions.get(arn)
    if not execution:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'", 400)
    if execution["status"] not in REDRIVABLE or execution.get("mapRunArn"):
        message = f"Execution is {execution['status']} and cannot be redriven"
        return error_response_json("ExecutionNotRedrivable", message, 400)
    redriven = now_iso()
    for field in ("error", "cause"):
        execution.pop(field, None)
    execution.update(
        status="RUNNING",
        stopDate=None,
        output=None,
        redriveCount=execution.get("redriveCount", 0) + 1,
        redriveDate=redriven,
    )
    details = {"executionRedrivenEventDetails": {"redriveCount": execution["redriveCount"]}}
    stepfunctions._add_event(execution, "ExecutionRedriven", details)
    context = stepfunctions.contextvars.copy_context()
    threading.Thread(target=context.run, args=(run, arn), daemon=True).start()
    return json_response({"redriveDate": redriven})
