"""Adds up the results of all test suites and ends with one plain line.

usage: tally.py [--bazel EVENTS.json] [--junit FILE.xml]... [--skipped REASON]...

EVENTS.json is what `bazel test --build_event_json_file` wrote; of each test its own cases count, not
the program. A suite that could not run at all is given by --skipped and counts as one skipped test.
The exit status is 0 when something passed and nothing failed.
"""

import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_junit(self, path, source):
        """Counts the cases of one JUnit file; true when one of them failed."""
        failed_before = len(self.failed)
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{source}: {case.get('classname', '')}.{case.get('name', '')}"
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif skipped is not None:
                self.skipped.append(f"{name}: {skipped.get('message', '').strip()}")
            elif case.get("result") == "suppressed" or case.get("status") == "notrun":
                self.skipped.append(f"{name}: disabled")
            else:
                self.passed += 1
        return len(self.failed) > failed_before

    def add_bazel(self, path):
        reports, status, skipped_targets = {}, {}, {}
        with open(path, encoding="utf-8") as events:
            for line in events:
                event = json.loads(line)
                identity = event["id"]
                if "testResult" in identity:
                    for output in event.get("testResult", {}).get("testActionOutput", []):
                        if output["name"] == "test.xml":
                            location = urllib.parse.urlparse(output["uri"]).path
                            reports[identity["testResult"]["label"]] = urllib.parse.unquote(
                                location
                            )
                elif "testSummary" in identity:
                    outcome = event.get("testSummary", {}).get("overallStatus", "NO_STATUS")
                    status[identity["testSummary"]["label"]] = outcome
                elif "targetCompleted" in identity and "aborted" in event:
                    label = identity["targetCompleted"]["label"]
                    skipped_targets[label] = event["aborted"].get("reason", "NO_STATUS")
        for label, outcome in sorted(status.items()):
            if label in reports and Path(reports[label]).exists():
                one_failed = self.add_junit(reports[label], label)
                if outcome == "PASSED" or one_failed:
                    continue
            # A crash, a time-out or a failed build leaves no failed case behind.
            self.failed.append(f"{label}: {outcome.lower().replace('_', ' ')}")
        for label, reason in sorted(skipped_targets.items()):
            if label in status:
                continue
            if reason == "SKIPPED":
                if label.endswith("_test"):
                    self.skipped.append(f"{label}: not for this configuration")
            else:
                self.failed.append(f"{label}: {reason.lower().replace('_', ' ')}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bazel")
    parser.add_argument("--junit", action="append", default=[])
    parser.add_argument("--skipped", action="append", default=[])
    options = parser.parse_args()

    tally = Tally()
    if options.bazel:
        tally.add_bazel(options.bazel)
    for path in options.junit:
        if Path(path).exists():
            tally.add_junit(path, Path(path).stem)
        else:
            tally.failed.append(f"{Path(path).stem}: the suite ended before it wrote its results")
    tally.skipped += options.skipped

    for name in tally.skipped:
        print(f"skipped  {name}")
    for name in tally.failed:
        print(f"FAILED   {name}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 0 if tally.passed and not tally.failed else 1


if __name__ == "__main__":
    sys.exit(main())
