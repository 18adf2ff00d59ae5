"""Distributed Maps in JSONata: child executions, tolerated failures, results in a bucket, redriven Map Runs."""

import concurrent.futures
import contextvars
import json
import threading

import executions
import result_writer
import rights
from ministack.core.responses import get_account_id, get_region, new_uuid, now_iso
from ministack.services import stepfunctions

# How many run at once where the state does not say; on AWS 10,000.
MOST_AT_ONCE = 64


def is_distributed(state):
    return state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"


def first(run_items):
    """Distributed Maps in JSONata are run here; the others as the emulator has them."""

    def run(state, data, execution, context):
        if is_distributed(state) and stepfunctions._state_query_language(state, context) == "JSONata":
            return MapRun(state, data, execution, context).result()
        return run_items(state, data, execution, context)

    return run


class MapRun:
    """One Map Run: the state's child executions. A redriven execution finds it again."""

    def __init__(self, state, data, execution, context):
        self.state = state
        self.data = data
        self.execution = execution
        self.context = context
        self.machine = context["StateMachine"]["Name"]
        self.label = state.get("Label") or new_uuid()
        self.most_at_once = int(self._field("MaxConcurrency", 0)) or MOST_AT_ONCE
        self.percentage = self._field("ToleratedFailurePercentage", 0)
        self.count = self._field("ToleratedFailureCount", None)
        self.writer = {**state["ResultWriter"]} if "ResultWriter" in state else None
        if self.writer and "Arguments" in self.writer:
            self.writer["Arguments"] = self._evaluated(self.writer["Arguments"])
        self.lock = threading.Lock()

    def _evaluated(self, template, context=None):
        return stepfunctions._apply_jsonata_template(template, self.data, context or self.context)

    def _field(self, name, default):
        return self._evaluated(self.state[name]) if name in self.state else default

    def _arn(self, kind, rest):
        return f"arn:aws:states:{get_region()}:{get_account_id()}:{kind}:{self.machine}{rest}"

    def result(self):
        """Runs what has not succeeded yet: the state's output and the state that follows."""
        # "IAM policies for using Distributed Map states", Step Functions developer guide: the least rights.
        rights.need("states:StartExecution", self._arn("stateMachine", ""), "States.Permissions")
        rights.need("states:DescribeExecution", self._arn("execution", f":{new_uuid()}"), "States.Permissions")
        if self.writer:
            result_writer.check(self.writer)
        record = self._redriven() or self._begun()
        waiting = [child for child in record["_children"] if child["status"] != "SUCCEEDED"]
        for child in waiting:
            child.update(status="PENDING")
        with concurrent.futures.ThreadPoolExecutor(self.most_at_once) as pool:
            threads = [pool.submit(contextvars.copy_context().run, self._child, record, one) for one in waiting]
        for thread in threads:
            thread.result()
        return self._ended(record)

    def _begun(self):
        items = self._field("Items", self.data)
        arn = self._arn("mapRun", f"/{self.label}:{new_uuid()}")
        record = {
            "mapRunArn": arn,
            "executionArn": self.execution["executionArn"],
            "startDate": now_iso(),
            "maxConcurrency": self.most_at_once,
            "toleratedFailurePercentage": float(self.percentage),
            "toleratedFailureCount": int(self.count or 0),
            "redriveCount": 0,
            "_stateMachineArn": self._arn("stateMachine", f"/{self.label}"),
            "_children": [self._made(arn, index, item) for index, item in enumerate(items)],
        }
        stepfunctions._map_runs[arn] = record
        self.execution["mapRun"] = {"state": self.context["State"]["Name"], "arn": arn}
        self._count(record, "RUNNING")
        return record

    def _redriven(self):
        """The Map Run in which this state failed, where the execution is redriven."""
        known = self.execution.pop("mapRun", None)
        if not known or known["state"] != self.context["State"]["Name"]:
            return None
        self.execution["mapRun"] = known
        name = f"/{self.label}:{new_uuid()}"
        rights.need("states:RedriveExecution", self._arn("execution", name), "States.Permissions")
        record = stepfunctions._map_runs[known["arn"]]
        record.update(redriveCount=record["redriveCount"] + 1, redriveDate=now_iso())
        return record

    def _made(self, map_run, index, item):
        """A child execution before it starts. Its input is all that it has from here: no variables."""
        context = {**self.context, "Map": {"Item": {"Index": index, "Value": item}}}
        given = self._evaluated(self.state["ItemSelector"], context) if "ItemSelector" in self.state else item
        executions.limit(f"{self.label} {index}", given)
        name = new_uuid()
        arn = self._arn("execution", f"/{self.label}:{name}")
        child = {
            "executionArn": arn,
            "stateMachineArn": self._arn("stateMachine", f"/{self.label}"),
            "name": name,
            "status": "PENDING",
            "startDate": None,
            "stopDate": None,
            "input": json.dumps(given),
            "output": None,
            "mapRunArn": map_run,
            "events": [],
            "redriveCount": 0,
        }
        return child

    def _child(self, record, child):
        if self._is_exceeded(record):
            return
        if child["startDate"]:
            child["redriveCount"] += 1
        child.update(status="RUNNING", startDate=child["startDate"] or now_iso(), stopDate=None)
        stepfunctions._executions[child["executionArn"]] = child
        context = {
            "QueryLanguage": self.context["QueryLanguage"],
            "Execution": {"Id": child["executionArn"], "Input": json.loads(child["input"]), "Name": child["name"]},
            "StateMachine": {"Id": child["stateMachineArn"], "Name": self.machine},
            "variables": {},
        }
        processor = self.state["ItemProcessor"]
        try:
            output = stepfunctions._run_sub_machine(
                processor["States"], processor["StartAt"], json.loads(child["input"]), child, context
            )
            executions.limit(child["name"], output)
        except stepfunctions._ExecutionError as error:
            child.update(status="FAILED", error=error.error, cause=error.cause)
        else:
            child.update(status="SUCCEEDED", output=json.dumps(output), error=None, cause=None)
        child["stopDate"] = now_iso()

    def _is_exceeded(self, record):
        """Whether more has failed than is tolerated."""
        with self.lock:
            children = record["_children"]
            failed = sum(child["status"] == "FAILED" for child in children)
            by_count = self.count is not None and failed > self.count
            return by_count or failed * 100 > self.percentage * len(children)

    def _ended(self, record):
        exceeded = self._is_exceeded(record)
        self._count(record, "FAILED" if exceeded else "SUCCEEDED")
        children = record["_children"]
        if self.writer and "Arguments" in self.writer:
            result = result_writer.write(self.writer, record["mapRunArn"], children)
        else:
            result = [json.loads(child["output"]) for child in children if child["status"] == "SUCCEEDED"]
        if exceeded:
            raise stepfunctions._ExecutionError(
                "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
            )
        # A later visit of this state is a Map Run of its own.
        self.execution.pop("mapRun", None)
        output = stepfunctions._apply_jsonata_output(self.state, self.data, self.context, result=result, default=result)
        stepfunctions._apply_state_assign(self.state, self.data, self.context, result=result)
        return output, stepfunctions._next_or_end(self.state)

    @staticmethod
    def _count(record, status):
        names = ("pending", "running", "succeeded", "failed", "timedOut", "aborted", "resultsWritten")
        counts = dict.fromkeys((*names, "failuresNotRedrivable", "pendingRedrive"), 0)
        for child in record["_children"]:
            counts[child["status"].lower()] += 1
        counts["total"] = len(record["_children"])
        record.update(status=status, itemCounts=counts, executionCounts=dict(counts))
        if status != "RUNNING":
            record["stopDate"] = now_iso()
