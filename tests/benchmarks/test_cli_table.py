"""The table of the command line: cells say their flags, and what is missing is listed, never guessed."""

import json

from benchmarks.cli_table import ROWS, SEEDS, Cell, table


def test_a_cell_says_what_wtal_train_is_told():
    assert Cell("mixed", "one-segment", 2).flags == ["--level", "one-segment"]
    assert Cell("ttc_loc", "semi 3", 0).flags == ["--level", "video", "--semi", "3"]
    folders = {Cell(*row, seed).folder for seed in SEEDS for row in ROWS}
    assert len(folders) == 27
    assert all(" " not in folder for folder in folders)


def test_means_are_over_the_seeds_there_are_and_the_others_are_named(tmp_path):
    """Average mAP .50 and .60 over two seeds: mean 55.0, deviation 7.1; the third seed is missing."""
    wanted = [Cell("mixed", "full", seed) for seed in SEEDS]
    for cell, value in zip(wanted[:2], (0.5, 0.6), strict=True):
        (tmp_path / cell.folder).mkdir()
        (tmp_path / cell.folder / "report.json").write_text(json.dumps({"average_mAP": value, "cpu_seconds": 4.0}))
    lines = table(tmp_path, wanted).splitlines()
    assert lines[1].split() == ["mixed", "full", "55.0", "±", "7.1", "50.0", "60.0", "4.0"]
    assert lines[2] == "missing (1): mixed-full-2"
