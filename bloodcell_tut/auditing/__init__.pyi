from . import data_sets as data_sets
from . import file_facts as file_facts
from . import findings as findings
from . import report as report
from .findings import Audit as Audit
from .findings import Finding as Finding
from .findings import KINDS as KINDS
from .findings import Row as Row
from .findings import audit as audit
from .report import audit_json as audit_json
from .report import audit_page as audit_page
from .report import audit_text as audit_text
from .findings import effective_sample_size as effective_sample_size

__all__ = [
    "Audit",
    "Finding",
    "KINDS",
    "Row",
    "audit",
    "audit_json",
    "audit_page",
    "audit_text",
    "effective_sample_size",
]
