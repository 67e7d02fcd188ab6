"""The papers' tables as data: ``TABLES["method:number"]``. A paper is one file here and one line below.

OMP_NUM_THREADS=1 python benchmarks/tables.py --dataset ucf15-dev --table ttc_loc:3 ttc_loc:4b --seeds 0,1,2
"""

from __future__ import annotations

from . import acn, gaufuse, lpat, mixed, segment_level, ttc_loc
from .table import PaperTable

PAPERS = {
    "ttc_loc": ttc_loc.TABLES,
    "lpat": lpat.TABLES,
    "segment_level": segment_level.TABLES,
    "acn": acn.TABLES,
    "gaufuse": gaufuse.TABLES,
    "mixed": mixed.TABLES,
}
TABLES: dict[str, PaperTable] = {
    f"{paper}:{number}": table for paper, tables in PAPERS.items() for number, table in tables.items()
}
