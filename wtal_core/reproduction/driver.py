"""All rows and seeds of a table, one after the other, as far as a budget goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wtal_core.layouts import FeatureDataset
from wtal_core.reproduction.published import Paper, Row
from wtal_core.reproduction.running import known_result, run_row
from wtal_core.reproduction.study import RowMissing, Study
from wtal_core.reproduction.tables import Outcome, Table
from wtal_core.training.trainer import Progress


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for.

    Attributes
    ----------
    rows
        Paper and row, in the order of the table.
    seeds
        Of each row; all rows of one seed come before the next seed, so that a budget leaves whole columns.
    differences
        Why the data are not the benchmark, if they are not.
    any_features
        Also rows published with features of another kind.
    budget_minutes
        No run is started after this, None: no limit.
    """

    rows: tuple[tuple[Paper, Row], ...]
    seeds: tuple[int, ...]
    differences: tuple[str, ...] = ()
    any_features: bool = False
    budget_minutes: float | None = None


def reproduce(
    study: Study,
    plan: Plan,
    say: Callable[[str], object] = lambda line: None,
    progress: Callable[[str], Progress | None] = lambda label: None,
    written: Callable[[Table], object] = lambda table: None,
) -> Table:
    """Train and evaluate what is not known yet.

    Parameters
    ----------
    study
        Data, folders, settings.
    plan
        Rows, seeds, budget.
    say
        Told which run begins, and which failed.
    progress
        Gives what is called after every training step of the run with that label.
    written
        Called with the table after each row, and before an interruption goes on its way.

    Returns
    -------
    Table
        Rows that could not be run say why; one that diverged does not stop the others.
    """
    begun = time.monotonic()
    results: dict[tuple[str, str], dict[int, Any]] = {(paper.key, row.key): {} for paper, row in plan.rows}
    missing: dict[tuple[str, str], str] = {}
    wanted = [(seed, paper, row) for seed in plan.seeds for paper, row in plan.rows]
    for index, (seed, paper, row) in enumerate(wanted, start=1):
        label = f"{paper.key}/{row.key} seed {seed} ({index} of {len(wanted)})"
        try:
            _check_features(row, study.dataset, plan)
            known = known_result(study, row, seed)
            if known is None and _is_over(begun, plan):
                missing[paper.key, row.key] = "the budget was used up before it; the same command goes on"
                continue
            if known is None:
                say(f"{label}: {row.title}")
                known = run_row(study, row, seed, progress(label))
            results[paper.key, row.key][seed] = known
        except RowMissing as error:
            missing[paper.key, row.key] = str(error)
            continue
        except ArithmeticError as error:
            missing[paper.key, row.key] = f"seed {seed} failed: {error}"
            say(f"{label}: {error}")
            continue
        except KeyboardInterrupt:
            written(_table(study, plan, results, missing))
            raise
        written(_table(study, plan, results, missing))
    return _table(study, plan, results, missing)


def _check_features(row: Row, dataset: FeatureDataset, plan: Plan) -> None:
    """Refuse a row of other features than these, unless the caller wants it."""
    if row.features and dataset.kind and row.features != dataset.kind and not plan.any_features:
        raise RowMissing(
            f"published with {row.features.upper()} features, these are {dataset.kind.upper()}; --any-features runs it"
        )


def _is_over(begun: float, plan: Plan) -> bool:
    return plan.budget_minutes is not None and time.monotonic() - begun >= 60 * plan.budget_minutes


def _table(
    study: Study,
    plan: Plan,
    results: Mapping[tuple[str, str], Mapping[int, Any]],
    missing: Mapping[tuple[str, str], str],
) -> Table:
    outcomes = []
    for paper, row in plan.rows:
        name = (paper.key, row.key)
        known = dict(sorted(results[name].items()))
        left = len(plan.seeds) - len(known)
        reason = missing.get(name, "") or (f"{left} of {len(plan.seeds)} seeds not run yet" if left else "")
        outcomes.append(Outcome(paper, row, known, reason))
    return Table(
        study.benchmark, tuple(outcomes), plan.seeds, plan.differences, about(study.dataset), dict(study.settings)
    )


def about(dataset: FeatureDataset) -> str:
    """One line about the data a table was made on."""
    truth = dataset.ground_truth(dataset.evaluated)
    n_ambiguous = sum(len(spans) for spans in truth.ambiguous.values())
    return (
        f"{dataset.layout} layout, {dataset.kind.upper() or 'unnamed'} features of {dataset.n_features} columns, "
        f"{len(dataset.of_side('training'))} training and {len(truth.instances)} {dataset.evaluated} videos, "
        f"{truth.n_instances} evaluated instances, {len(dataset.class_names)} classes, spans of ambiguous time: "
        f"{n_ambiguous}."
    )
