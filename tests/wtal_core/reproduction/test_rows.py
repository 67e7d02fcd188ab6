"""The rows of `wtal reproduce` against the papers: names, numbers, and which of them are one training."""

import pytest

from wtal_core.reproduction.benchmarks import BENCHMARKS
from wtal_core.reproduction.study import Study, name_of, settings_of, training_of


def rows_of(benchmark):
    return {f"{paper.key}/{row.key}": row for paper in BENCHMARKS[benchmark].papers for row in paper.rows}


@pytest.mark.parametrize(
    ("benchmark", "name", "tiou", "printed"),
    [
        ("thumos14", "ttc_loc/table1-i3d-k1", 0.3, 50.9),
        ("thumos14", "ttc_loc/table3-predicted-manual", 0.3, 40.6),
        ("thumos14", "lpat/table1-i3d", 0.3, 46.7),
        ("thumos14", "lpat/table3-manual", 0.3, 37.7),
        ("thumos14", "lpat/table4-plain-.3", None, 26.3),
        ("thumos14", "lpat/table6-casl", 0.3, 47.8),
        ("thumos14", "lpat/table6-wtalc", 0.3, 40.1),
        ("thumos14", "segment_level/table1-one-psl", 0.5, 27.0),
        ("thumos14", "segment_level/table2-unt", 0.1, 59.1),
        ("thumos14", "acn/table2", 0.3, 35.9),
        ("thumos14", "acn/table3-flow-.6", 0.5, 22.8),
        ("thumos14", "acn/table4-rgb-contrast", 0.3, 19.6),
        ("thumos14", "acn/table5-flow-coherence", 0.3, 13.7),
        ("thumos14", "gaufuse/table3-test-uniform", 0.5, 33.8),
        ("thumos14", "gaufuse/figure3-test-0.01", None, 48.5),
        ("activitynet12", "ttc_loc/table2-k1", 0.5, 40.6),
        ("activitynet12", "lpat/table2-temconv", 0.5, 39.4),
        ("activitynet12", "lpat/table5-temconv-.4", None, 24.0),
        ("activitynet12", "segment_level/table3", 0.5, 41.7),
        ("activitynet12", "acn/table1", 0.5, 30.4),
        ("activitynet13", "segment_level/table4", 0.5, 37.7),
    ],
)
def test_a_row_is_called_after_the_table_its_number_is_printed_in(benchmark, name, tiou, printed):
    """Looked up in the papers: ACN's ActivityNet table is its first and THUMOS'14 its second, and so on."""
    row = rows_of(benchmark)[name]
    assert (row.average if tiou is None else row.published[tiou]) == printed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lpat/table6-wtalc", "wtalc/i3d"),
        ("segment_level/figure5-one-segment", "segment_level/table1-one-all"),
        ("segment_level/figure5-two-segment", "segment_level/table2-i3d"),
        ("gaufuse/figure3-training-0.1", "gaufuse/table4-delta"),
        ("gaufuse/figure3-test-0.03", "gaufuse/table1"),
        ("gaufuse/table4-base", "rskp/table1"),
    ],
)
def test_a_point_of_a_figure_and_the_row_of_a_table_are_one_training(one, other):
    first, second = (rows_of("thumos14")[name] for name in (one, other))
    assert (first.method, first.supervision) == (second.method, second.supervision)
    assert settings_of(first, {}) == settings_of(second, {})


def test_rows_that_differ_at_test_only_are_one_training():
    """GauFuse's 27 rows: what its table 1 trains (with table 4's last two, a temperature of .1 in labels and all at
    test), its code's constants, RSKP, suppressed labels (with all of table 3's half at test), Gaussian labels, three
    other templates and four other temperatures in labels."""
    benchmark = BENCHMARKS["thumos14"]
    study = Study(benchmark, None, None, "00000000", {})
    (paper,) = (each for each in benchmark.papers if each.key == "gaufuse")
    names = {row.key: training_of(study, row, 0) for row in paper.rows}
    assert len(names) == 27
    assert len(set(names.values())) == 1 + 1 + 1 + 1 + 1 + 3 + 4
    assert len({name_of(study, row, 0) for row in paper.rows}) > 12
    assert len({names[f"table3-test-{name}"] for name in ("nms", "uniform", "exponential", "t", "gaussian")}) == 1
    assert training_of(study, paper.rows[0], 1) != names["table1"]


def test_points_of_a_figure_differ_in_what_the_figure_varies():
    """Five temperatures each in training (proposals not fused at test) and at test, four levels of supervision."""
    rows = rows_of("thumos14")
    training = [settings_of(row, {})[0] for name, row in rows.items() if "figure3-training" in name]
    test = [settings_of(row, {})[0] for name, row in rows.items() if "figure3-test" in name]
    assert [config.temperature for config in training] == [(0.02,), (0.05,), (0.1,), (0.2,), (0.5,)]
    assert {(config.test, config.test_template) for config in training} == {("fused", "nms")}
    assert [config.test_temperature for config in test] == [0.01, 0.03, 0.05, 0.1, 0.2]
    levels = [row.supervision for name, row in rows.items() if "figure5" in name]
    assert levels == ["video", "one-segment", "two-segment", "full"]


def test_the_rows_that_only_the_text_speaks_of_are_set_as_it_says():
    rows = rows_of("thumos14")
    assert settings_of(rows["lpat/section4.4-temconv-1"], {})[0].classification_weight == 1.0
    assert settings_of(rows["segment_level/section4.4-two-l2"], {})[0].segment_loss == "l2"
    assert settings_of(rows["acn/contrast"], {})[0].alpha == 1.0
    assert settings_of(rows["acn/heads"], {})[0].localization == "runs"
    assert settings_of(rows_of("activitynet12")["wtalc/i3d"], {})[0].smoothing == 351


@pytest.mark.parametrize(("benchmark", "share"), [("thumos14", 0.2), ("activitynet12", 0.4), ("activitynet13", 0.4)])
def test_lambda_is_that_of_the_benchmark(benchmark, share):
    """TTC-Loc's and LPAT's headline rows; 1.3 has no lambda of its own in the paper and takes 1.2's (FACTS T4)."""
    headline = "table1-" if benchmark == "thumos14" else "table2-"
    rows = rows_of(benchmark).items()
    found = [row for name, row in rows if name.startswith((f"ttc_loc/{headline}", f"lpat/{headline}"))]
    assert len(found) == {"thumos14": 11, "activitynet12": 4, "activitynet13": 2}[benchmark]
    assert {settings_of(row, {})[0].classification_weight for row in found} == {share}


def test_gaufuse_ends_after_sixty_epochs_on_activitynet_with_everything_of_its_base_there():
    """34 of the base and 3 + 3 + 3 + 4 + 3 + 10 of the labels, batches of 128, on 75 segments (FACTS 7.3)."""
    row = rows_of("activitynet13")["gaufuse/table2"]
    config, training = settings_of(row, {})
    assert sum(stage.epochs for stage in training.stages) == 60
    assert (training.batch_size, training.bucket, row.sampled_to) == (128, 1, 75)
    assert config.base_config.memory_from == 17
    assert config.base_config.late_propagation_weight == 1.0
