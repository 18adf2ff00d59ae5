"""Whether the metrics that alarms and dashboards look at are metrics that the functions write."""

import json

NAMESPACE = "orgscan"


def never_written(place, stack_resources, groups):
    """The metrics that are looked at and that no run wrote."""
    written = set()
    for group in groups:
        pages = place.of_home("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [one["message"] for page in pages for one in page["events"]]
        written |= {metric for line in lines if line.startswith('{"_aws"') for metric in _embedded(json.loads(line))}
    watched = {metric for one in stack_resources.values() for metric in _watched(one) if metric[0] == NAMESPACE}
    return [f"{_spelt(one)} is watched and never written" for one in sorted(watched - written)], len(watched)


def _embedded(line):
    """The metrics of a line in CloudWatch's embedded metric format."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = tuple(sorted((name, line[name]) for name in names))
            for metric in directive["Metrics"]:
                if metric["Name"] in line:
                    yield directive["Namespace"], metric["Name"], dimensions


def _watched(resource):
    """The metrics of an alarm, those in its expression, or those of a dashboard."""
    properties = resource.properties
    if resource.kind == "AWS::CloudWatch::Alarm":
        within = [one["MetricStat"]["Metric"] for one in properties.get("Metrics", []) if "MetricStat" in one]
        for metric in within or [properties]:
            dimensions = tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))
            yield metric["Namespace"], metric["MetricName"], dimensions
    if resource.kind == "AWS::CloudWatch::Dashboard":
        for widget in json.loads(properties["DashboardBody"])["widgets"]:
            for line in widget["properties"]["metrics"]:
                texts = [one for one in line if isinstance(one, str)]
                if texts:
                    yield texts[0], texts[1], tuple(sorted(zip(texts[2::2], texts[3::2])))


def _spelt(metric):
    namespace, name, dimensions = metric
    return f"{namespace} {name} " + ", ".join(f"{key}={value}" for key, value in dimensions)
