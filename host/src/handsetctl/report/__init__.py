"""Results of a call: report.json for programs, report.html and summary.png for people."""

from handsetctl.report.events import Event, Track
from handsetctl.report.schema import SCHEMA, ReportError, validate_report
from handsetctl.report.summary import SummaryRow, headline, summary_rows, summary_table
from handsetctl.report.verdict import default_limits, judge, judged
from handsetctl.report.write import ReportFiles, write_report

__all__ = [
    "SCHEMA",
    "Event",
    "ReportError",
    "ReportFiles",
    "SummaryRow",
    "Track",
    "default_limits",
    "headline",
    "judge",
    "judged",
    "summary_rows",
    "summary_table",
    "validate_report",
    "write_report",
]
