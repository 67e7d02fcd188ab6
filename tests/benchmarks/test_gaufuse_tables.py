"""GauFuse's tables change one part at a time, and mean what ``wtal reproduce`` means by them."""

from dataclasses import replace
from importlib import import_module

from benchmarks.cell import Cell, trained_alike
from benchmarks.paper_tables import TABLES
from wtal_core.models.gaufuse_config import BASES
from wtal_core.models.gaufuse_form import FORMS
from wtal_core.models.mixed import ENTRY as MIXED
from wtal_core.reproduction.study import settings_of
from wtal_core.reproduction.thumos14 import PAPERS


def cell_of_gaufuse(text):
    return Cell("ucf15-dev", "gaufuse", "video", text.removeprefix("gaufuse:video"), 0)


def parts_of_gaufuse(*names):
    """Cells of its tables that compare parts of it, without the base they all start from."""
    return [cell_of_gaufuse(text) for name in names for text in TABLES[f"gaufuse:{name}"].rows if text != "rskp:video"]


def test_parts_of_gaufuse_are_trained_as_seldom_as_can_be():
    """Five templates in labels, the change of labels, and three more temperatures: nine trainings beside the base."""
    assert len({trained_alike(cell) for cell in parts_of_gaufuse("3", "3test", "4", "temperature")}) == 9


def test_gaufuses_table_3_changes_one_side_at_a_time_and_learns_from_no_change_of_labels():
    """Its NMS rows print what table 4 prints for the linear program alone, 44.9, and are that cell."""
    labels, test = ([cell.settings()[0] for cell in parts_of_gaufuse(name)] for name in ("3", "3test"))
    assert {config.delta for config in labels + test} == {(0.0,)}
    assert {config.test_template for config in labels} == {"nms"}
    assert {config.template for config in test} == {"nms"}
    rows = [TABLES[f"gaufuse:{name}"].rows for name in ("3", "3test", "4")]
    (shared,) = set.intersection(*map(set, rows))
    assert [numbers[shared] for numbers in rows] == [44.9] * 3


def test_reproduce_and_these_tables_mean_the_same_by_the_rows_of_gaufuses_tables_3_and_4():
    """By what is fused in labels and at test, and whether the change of labels is learned."""
    (paper,) = (paper for paper in PAPERS if paper.key == "gaufuse")
    printed = {}
    for row in paper.rows:
        if row.method == "gaufuse" and row.key.startswith(("table3", "table4")):
            config, _ = settings_of(row, {})
            assert config.test == "fused"
            printed[config.template, config.test_template, any(config.delta)] = row.average
    for name in ("3", "3test", "4"):
        numbers = [number for text, number in TABLES[f"gaufuse:{name}"].rows.items() if text != "rskp:video"]
        for cell, number in zip(parts_of_gaufuse(name), numbers, strict=True):
            config, _ = cell.settings()
            assert printed[config.template, config.test_template, any(config.delta)] == number


def test_a_result_of_gaufuse_stands_only_while_its_base_and_its_form_over_it_do(monkeypatch):
    """Its own settings leave both open, so that they alone would call a result of another base the same."""
    monkeypatch.syspath_prepend("benchmarks")
    tables = import_module("tables")
    cell = cell_of_gaufuse("gaufuse:video+base=mixed")
    before = tables.key(cell, "print")
    assert before == tables.key(cell_of_gaufuse("gaufuse:video+base=mixed"), "print")
    monkeypatch.setitem(FORMS, "mixed", replace(FORMS["mixed"], label_weight=(2.0,)))
    of_form = tables.key(cell, "print")
    monkeypatch.setitem(BASES, "mixed", replace(MIXED, training=replace(MIXED.training, weight_decay=1.0)))
    assert len({before, of_form, tables.key(cell, "print")}) == 3
