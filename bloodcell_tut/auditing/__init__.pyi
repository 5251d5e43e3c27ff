from . import data_sets as data_sets
from . import doubtful_labels as doubtful_labels
from . import file_facts as file_facts
from . import findings as findings
from . import report as report
from .findings import Audit as Audit
from .doubtful_labels import DoubtfulLabel as DoubtfulLabel
from .findings import Finding as Finding
from .findings import KINDS as KINDS
from .findings import Row as Row
from .findings import audit as audit
from .report import audit_csv as audit_csv
from .report import audit_json as audit_json
from .report import audit_page as audit_page
from .report import audit_text as audit_text
from .findings import effective_sample_size as effective_sample_size
from .doubtful_labels import find_doubtful_labels as find_doubtful_labels
from .doubtful_labels import rank_doubtful_labels as rank_doubtful_labels

__all__ = [
    "Audit",
    "DoubtfulLabel",
    "Finding",
    "KINDS",
    "Row",
    "audit",
    "audit_csv",
    "audit_json",
    "audit_page",
    "audit_text",
    "effective_sample_size",
    "find_doubtful_labels",
    "rank_doubtful_labels",
]
