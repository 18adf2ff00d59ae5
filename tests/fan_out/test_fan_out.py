"""The state machine of stacks/fan-out.asl.json, run by the emulator with the real functions.

    target/venv-demo/bin/python -B tests/fan_out/test_fan_out.py [FanOut.test_name ...]
"""

import json
import signal
import sys
import time
import unittest

# The first of these adds the demo's folder to the path.
import organizations
from organizations import BUCKET, FAILING, HOME, PREFIX, REGION, ROOT, TENANTS

import emulators
from demo import SIGNALS, ended_afterwards, interrupted, only_one
from emulated import Failed
from template import NotResolved

INVENTORY = "account-metadata"
AUDIT = "credential-report"
REJECTED = [
    ("", "tenant_id has the DynamoDB type N where a string of 12 digits is expected"),
    ("", "tenant_id has the DynamoDB type NULL where a string of 12 digits is expected"),
    ("", "tenant_id has the DynamoDB type SS where a string of 12 digits is expected"),
    ("", "the item has no tenant_id"),
    (" 111111111111", "tenant_id is not an account id of 12 digits"),
    ("12345", "tenant_id is not an account id of 12 digits"),
]
FULL = {"listed": 80, "reported": 80, "skipped": 0, "failed": 0}


WORLD = organizations.World(ROOT / "target" / "fan-out")


def setUpModule():
    began = time.monotonic()
    WORLD.start()
    print(f"40 Organizations built in {time.monotonic() - began:.1f} s", file=sys.stderr)


def summary_of(job, time_stamp):
    return WORLD.json(f"{PREFIX}fan-out/{job}-{time_stamp}-summary.json")


def reports_of(time_stamp):
    """The inventories, and the ledgers, of a run."""
    keys = WORLD.keys(f"account-metadata-report-{time_stamp}")
    ledgers = [key for key in keys if key.endswith("-coverage.csv")]
    return [key for key in keys if key.endswith(".csv") and key not in ledgers], ledgers


class FanOut(unittest.TestCase):
    """Tests that change nothing but the objects of their own time."""

    maxDiff = None

    def run_machine(self, event, job=INVENTORY, machine=None, expected="SUCCEEDED"):
        """Runs an execution; how it ended, how many invocations it took, and how long."""
        before, began = WORLD.invocations(job), time.monotonic()
        execution = WORLD.run(machine or WORLD.machines[job], event)
        self.assertEqual(execution["status"], expected, f"{execution.get('error')}: {execution.get('cause')}")
        return execution, WORLD.invocations(job) - before, time.monotonic() - began

    def assert_failed(self, execution, error, cause):
        self.assertEqual(execution["error"], error)
        self.assertIn(cause, execution["cause"])

    def test_39_of_40_tenants_are_reported_the_failing_one_is_named_and_a_redrive_runs_that_one_only(self):
        event = {"scheduled_time": "2026-11-21T07:00:00+01:00", "run_id": "forty"}
        execution, invocations, seconds = self.run_machine(event, expected="FAILED")
        self.assert_failed(execution, "States.ExceedToleratedFailureThreshold", "threshold was exceeded")
        print(f"40 tenants: {invocations} invocations, {seconds:.1f} s", file=sys.stderr)
        self.assertEqual(invocations, 41, "every tenant once, and the failing one once more")
        passes = sorted(WORLD.map_runs(execution), key=lambda one: one["startDate"])
        counts = [(one["status"], one["itemCounts"]["succeeded"], one["itemCounts"]["failed"]) for one in passes]
        self.assertEqual(counts, [("SUCCEEDED", 39, 1), ("FAILED", 0, 1)])
        inventories, ledgers = reports_of("2026-11-21T06-00-00Z")
        self.assertEqual((len(inventories), len(ledgers)), (39, 39))
        self.assertEqual([key for key in inventories if FAILING in key], [])

        summary = summary_of(INVENTORY, "2026-11-21T06-00-00Z")
        (failed,) = summary["tenants"].pop("failed")
        self.assertEqual(failed["tenant_id"], FAILING)
        self.assertRegex(failed["reason"], "^NoOrganization: .*OrgReportManagement cannot be assumed: sts:AssumeRole")
        rejected = [{"tenant_id": tenant, "reason": reason} for tenant, reason in REJECTED]
        self.assertRegex(summary.pop("results"), f"^s3://{BUCKET}/.*2026-11-21T06-00-00Z-results/.*/manifest.json$")
        expected = {
            "run_id": "forty",
            "scheduled_time": "2026-11-21T06:00:00Z",
            "job": INVENTORY,
            "status": "partial",
            "tenants": {
                "scanned": len(organizations.items()),
                "selected": 40,
                "completed": 39,
                "partial": [],
                "rejected": rejected,
            },
            "accounts": {"listed": 78, "reported": 78, "skipped": 0, "failed": 0},
            "coverage_percent": 100,
            "execution": execution["executionArn"],
            "dry_run": False,
        }
        self.assertEqual(summary, expected)

        WORLD.management_role(FAILING)
        self.addCleanup(WORLD.remove_management_role, FAILING)
        before, began = WORLD.invocations(INVENTORY), time.monotonic()
        redriven = WORLD.redrive(execution)
        self.assertEqual(redriven["status"], "SUCCEEDED", redriven.get("cause"))
        print(f"redrive: {time.monotonic() - began:.1f} s", file=sys.stderr)
        self.assertEqual(WORLD.invocations(INVENTORY) - before, 1)
        self.assertEqual([len(keys) for keys in reports_of("2026-11-21T06-00-00Z")], [40, 40])
        summary = summary_of(INVENTORY, "2026-11-21T06-00-00Z")
        self.assertEqual(summary, json.loads(redriven["output"]))
        expected["tenants"] |= {"completed": 40, "failed": []}
        expected["accounts"] = FULL
        summary.pop("results")
        self.assertEqual(summary, expected)
        self.assertEqual([one["redriveCount"] for one in WORLD.map_runs(redriven)].count(1), 1)

        # The same event again, as Scheduler may deliver it: what is there is read back, and nothing is swept twice.
        changed = {key: WORLD.changed(key) for key in WORLD.keys("account-metadata-report-2026-11-21T06-00-00Z")}
        again, invocations, seconds = self.run_machine(event)
        print(f"the same event again: {seconds:.1f} s", file=sys.stderr)
        self.assertEqual(invocations, 40)
        self.assertEqual({key: WORLD.changed(key) for key in changed}, changed)
        summary = json.loads(again["output"])
        self.assertEqual((summary["status"], summary["accounts"]), ("partial", FULL), "rejected items are not covered")

    def test_a_run_over_named_tenants_reads_no_table_and_is_complete(self):
        named = [TENANTS[2], TENANTS[1], TENANTS[2]]
        event = {"scheduled_time": "2026-11-22T06:00:00.25Z", "tenant_ids": named, "notify": None}
        execution, invocations, _ = self.run_machine(event)
        summary = json.loads(execution["output"])
        self.assertEqual(invocations, 2)
        self.assertEqual((summary["status"], summary["tenants"]["scanned"]), ("complete", 0))
        self.assertEqual((summary["tenants"]["completed"], summary["accounts"]["reported"]), (2, 4))
        self.assertEqual(summary["run_id"], execution["name"])
        self.assertEqual(summary_of(INVENTORY, "2026-11-22T06-00-00Z"), summary)

    def test_one_tenant_alone_is_no_special_case(self):
        execution, invocations, _ = self.run_machine(
            {"scheduled_time": "2026-11-22T07:00:00Z", "tenant_ids": TENANTS[:1], "account_ids": TENANTS[:1]}
        )
        summary = json.loads(execution["output"])
        self.assertEqual((invocations, summary["status"], summary["tenants"]["completed"]), (1, "complete", 1))
        self.assertEqual(summary["accounts"]["listed"], 2)

    def test_without_a_time_the_start_of_the_execution_counts(self):
        execution, _, _ = self.run_machine({"tenant_ids": TENANTS[:1]})
        summary = json.loads(execution["output"])
        started = execution["startDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(summary["scheduled_time"], started)
        self.assertEqual(summary_of(INVENTORY, started.replace(":", "-")), summary)

    def test_a_tenant_that_the_table_does_not_have_is_rejected_by_name(self):
        unknown = "999999999999"
        event = {"scheduled_time": "2026-11-22T08:00:00Z", "tenant_ids": [unknown, TENANTS[0]]}
        execution, _, _ = self.run_machine(event)
        summary = json.loads(execution["output"])
        reason = "the event names it, and no active tenant has this tenant_id"
        self.assertEqual(summary["tenants"]["rejected"], [{"tenant_id": unknown, "reason": reason}])
        self.assertEqual((summary["status"], summary["tenants"]["completed"]), ("partial", 1))

    def test_a_trial_selects_what_the_function_selects_over_several_pages_and_writes_no_report(self):
        WORLD.management_role(FAILING)
        self.addCleanup(WORLD.remove_management_role, FAILING)
        event = {"scheduled_time": "2026-11-23T06:00:00Z", "dry_run": True}
        mine = WORLD.invoke(INVENTORY, event)
        execution, invocations, _ = self.run_machine(event)
        summary = json.loads(execution["output"])
        self.assertEqual(invocations, 40)
        for field in ("scanned", "selected", "rejected"):
            self.assertEqual(summary["tenants"][field], mine["tenants"][field], field)
        listed = sum(organization["accounts"]["listed"] for organization in mine["organizations"])
        self.assertEqual((summary["dry_run"], summary["accounts"]["listed"]), (True, listed))
        self.assertGreater(summary["tenants"]["scanned"], 2000, "three pages")
        self.assertEqual([key for key in WORLD.keys("2026-11-23T06-00-00Z") if "-results/" not in key], [])

    def test_throttled_invocations_wait_for_their_turn(self):
        client = WORLD.client("lambda")
        function = WORLD.function_name(INVENTORY)
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
        self.addCleanup(client.delete_function_concurrency, FunctionName=function)
        execution, invocations, seconds = self.run_machine(
            {"scheduled_time": "2026-11-24T06:00:00Z", "tenant_ids": TENANTS[:8]}
        )
        self.assertEqual((invocations, json.loads(execution["output"])["status"]), (8, "complete"))
        self.assertEqual(len(WORLD.map_runs(execution)), 1, "no tenant has failed for want of a turn")
        throttled = WORLD.errors_of_children(execution)
        print(f"8 tenants one at a time: {len(throttled)} throttles, {seconds:.1f} s", file=sys.stderr)
        self.assertEqual(set(throttled), {"Lambda.TooManyRequestsException"})

    def test_where_every_tenant_fails_the_first_pass_is_the_last_and_can_be_redriven(self):
        lost = [TENANTS[4], FAILING]
        WORLD.remove_management_role(TENANTS[4])
        self.addCleanup(WORLD.management_role, TENANTS[4])
        event = {"scheduled_time": "2026-11-25T06:00:00Z", "tenant_ids": lost}
        execution, invocations, _ = self.run_machine(event, expected="FAILED")
        self.assert_failed(execution, "States.ExceedToleratedFailureThreshold", "threshold was exceeded")
        self.assertEqual(invocations, 2)
        summary = summary_of(INVENTORY, "2026-11-25T06-00-00Z")
        self.assertEqual((summary["status"], summary["coverage_percent"]), ("failed", None))
        named = [{"tenant_id": tenant, "reason": "no result yet"} for tenant in sorted(lost)]
        self.assertEqual(summary["tenants"]["failed"], named)
        WORLD.management_role(TENANTS[4])
        redriven = WORLD.redrive(execution)
        # One has healed: the pass counts, and the other one fails alone in another pass.
        self.assertEqual((redriven["status"], redriven["error"]), ("FAILED", execution["error"]))
        summary = summary_of(INVENTORY, "2026-11-25T06-00-00Z")
        (failed,) = summary["tenants"]["failed"]
        self.assertEqual((failed["tenant_id"], summary["tenants"]["completed"]), (FAILING, 1))
        self.assertIn("sts:AssumeRole", failed["reason"])

    def test_a_first_pass_with_too_many_failures_stops_before_the_rest_and_a_redrive_runs_the_rest_only(self):
        machine = WORLD.machine(INVENTORY, organizations.TABLE, tolerated=0)
        named = TENANTS[:20]
        self.assertIn(FAILING, named)
        WORLD.remove_management_role(TENANTS[0])
        self.addCleanup(WORLD.management_role, TENANTS[0])
        event = {"scheduled_time": "2026-11-26T06:00:00Z", "tenant_ids": named}
        execution, invocations, _ = self.run_machine(event, machine=machine, expected="FAILED")
        self.assertLess(invocations, len(named))
        (run,) = WORLD.map_runs(execution)
        self.assertGreater(run["itemCounts"]["pending"], 0)
        WORLD.management_role(TENANTS[0])
        WORLD.management_role(FAILING)
        self.addCleanup(WORLD.remove_management_role, FAILING)
        before = WORLD.invocations(INVENTORY)
        redriven = WORLD.redrive(execution)
        self.assertEqual(redriven["status"], "SUCCEEDED", redriven.get("cause"))
        succeeded = run["itemCounts"]["succeeded"]
        self.assertEqual(WORLD.invocations(INVENTORY) - before, len(named) - succeeded)
        summary = json.loads(redriven["output"])
        self.assertEqual((summary["status"], summary["tenants"]["completed"]), ("complete", len(named)))

    def test_the_audit_runs_through_the_same_definition(self):
        event = {"scheduled_time": "2026-11-27T06:00:00Z", "tenant_ids": list(organizations.WITH_MEMBER_ROLES)}
        execution, invocations, _ = self.run_machine(event, AUDIT)
        summary = json.loads(execution["output"])
        self.assertEqual((invocations, summary["job"], summary["status"]), (3, AUDIT, "complete"))
        self.assertEqual(summary["accounts"], {"listed": 6, "reported": 6, "skipped": 0, "failed": 0})
        self.assertEqual(summary_of(AUDIT, "2026-11-27T06-00-00Z"), summary)

    def test_a_tenant_with_accounts_that_failed_is_partial(self):
        # Its member account has no role that the audit could assume.
        tenant = TENANTS[8]
        execution, _, _ = self.run_machine(
            {"scheduled_time": "2026-11-27T07:00:00Z", "tenant_ids": [tenant, TENANTS[0]]}, AUDIT
        )
        summary = json.loads(execution["output"])
        self.assertEqual((summary["status"], summary["tenants"]["partial"]), ("partial", [tenant]))
        self.assertEqual((summary["tenants"]["completed"], summary["coverage_percent"]), (1, 75))

    def test_an_empty_table_fails_plainly(self):
        machine = WORLD.machine(INVENTORY, organizations.EMPTY_TABLE)
        execution, invocations, _ = self.run_machine({}, machine=machine, expected="FAILED")
        self.assert_failed(execution, "NoTenants", "the tenants table no-tenants is empty")
        self.assertEqual(invocations, 0)

    def test_a_filter_that_a_state_machine_may_misread_fails_plainly(self):
        machine = WORLD.machine(INVENTORY, organizations.TABLE, tenant_filter='{"status":"Größer"}')
        execution, _, _ = self.run_machine({"tenant_ids": TENANTS[:1]}, machine=machine, expected="FAILED")
        self.assert_failed(execution, "InputInvalid", "a character beyond ASCII, which must be written as an escape")

    def test_without_a_filter_every_item_counts(self):
        machine = WORLD.machine(INVENTORY, organizations.TABLE, tenant_filter="{}")
        execution, _, _ = self.run_machine({}, machine=machine, expected="FAILED")
        self.assert_failed(execution, "TooManyTenants", "2141 tenants and 6 rejected items are more than the 1,000")

    def test_more_tenants_than_fit_fail_plainly(self):
        named = [f"{index:012d}" for index in range(1001)]
        execution, invocations, _ = self.run_machine({"tenant_ids": named}, expected="FAILED")
        self.assert_failed(execution, "TooManyTenants", "1001 tenants and 0 rejected items are more than the 1,000")
        self.assertEqual(invocations, 0)

    def test_an_input_that_the_function_would_refuse_invokes_nothing(self):
        cases = [
            ([1], "the input is not an object"),
            ({"scheduled_time": 5}, "scheduled_time is not an RFC 3339 time"),
            ({"scheduled_time": "<aws.scheduler.scheduled-time>"}, "scheduled_time is not an RFC 3339 time"),
            ({"run_id": ""}, "run_id is not"),
            ({"tenant_ids": []}, "tenant_ids is not a list of at least one account id"),
            ({"tenant_ids": ["1"]}, "tenant_ids is not a list of at least one account id"),
            ({"account_ids": [TENANTS[0], 7]}, "account_ids is not a list of at least one account id"),
            ({"notify": "no"}, "notify is not true or false"),
            ({"notify": 1, "dry_run": 1}, "notify is not true or false; dry_run is not true or false"),
        ]
        for event, cause in cases:
            with self.subTest(event):
                execution, invocations, _ = self.run_machine(event, expected="FAILED")
                self.assert_failed(execution, "InputInvalid", cause)
                self.assertEqual(invocations, 0)

    def test_the_definition_has_no_right_and_no_place_written_out(self):
        text = (ROOT / "stacks" / "fan-out.asl.json").read_text(encoding="utf-8")
        self.assertNotIn("arn:aws", text)
        self.assertIsInstance(json.loads(text), dict)
        self.assertNotIn(HOME, text)
        self.assertNotIn(REGION, text)


def main():
    # They would otherwise end this script and leave the emulator.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        with only_one("fan-out"), ended_afterwards(WORLD):
            unittest.main(verbosity=2)
    except (Failed, NotResolved, emulators.DidNotStart) as failure:
        sys.exit(f"fan-out: {failure}")
    except KeyboardInterrupt:
        sys.exit("fan-out: interrupted; everything it started has ended")


if __name__ == "__main__":
    main()
