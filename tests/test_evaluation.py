"""Step 9: scores counted by hand, and intervals that keep their promise."""

import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import CLASSES, training_data
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report

from bloodcell_tut import (
    ArgumentError,
    Evaluation,
    TrainingData,
    accuracy_interval,
    compare_models,
    evaluate,
    plot_confusion,
    plot_mistakes,
)
from bloodcell_tut.evaluation import worst_mistakes
from bloodcell_tut.intervals import Comparison, balanced_accuracy_interval, compare_in_pairs

DATA = training_data(photographs_per_class=5, files=4)


def said(predictions: np.ndarray, sure: np.ndarray | float = 0.7) -> np.ndarray:
    """Probabilities of which the predicted class gets `sure` and the others share the rest."""
    sure = np.broadcast_to(sure, len(predictions))[:, None]
    return np.where(np.eye(4)[predictions] == 1, sure, (1 - sure) / 3).astype(np.float32)


@pytest.fixture
def result() -> Evaluation:
    """One image in five is taken for the next class, and one whole photograph."""
    predictions = DATA.labels.copy()
    predictions[::5] = (predictions[::5] + 1) % 4
    predictions[:4] = 2
    return Evaluation(DATA, said(predictions, np.linspace(0.5, 0.9, len(DATA))))


def test_scores_agree_with_scikit_learn(result: Evaluation) -> None:
    report = classification_report(
        DATA.labels, result.predictions, target_names=CLASSES, output_dict=True
    )
    assert result.accuracy == pytest.approx(report["accuracy"])
    assert result.balanced_accuracy == pytest.approx(report["macro avg"]["recall"])
    for name, scores in result.per_class().items():
        expected = report[name]
        assert scores["precision"] == pytest.approx(expected["precision"])
        assert scores["recall"] == pytest.approx(expected["recall"])
        assert scores["f1"] == pytest.approx(expected["f1-score"])
        assert scores["n_images"] == expected["support"]


def test_confusion_rows_are_the_truth(result: Evaluation) -> None:
    assert result.confusion.sum(axis=1).tolist() == [20, 20, 20, 20]
    assert result.confusion[0, 2] == 4
    assert result.confusion.trace() == result.correct.sum()


def test_photographs_vote(result: Evaluation) -> None:
    assert result.n_photographs == 20
    assert result.photograph_accuracy == 19 / 20, "only the first photograph is outvoted"


def test_unknown_photographs(result: Evaluation) -> None:
    unknown = replace(result, test=replace(DATA, photographs=None))
    assert unknown.n_photographs is None
    assert unknown.photograph_accuracy == unknown.accuracy
    low, high = unknown.accuracy_interval
    assert low < unknown.accuracy < high


def test_a_class_without_test_images() -> None:
    three = DATA.take(DATA.labels != 2)
    result = Evaluation(three, said(three.labels))
    assert result.balanced_accuracy == 1 and result.confusion.shape == (4, 4)
    assert result.per_class()["MONOCYTE"]["n_images"] == 0


def test_wrong_shapes() -> None:
    for wrong in (said(DATA.labels)[:-1], said(DATA.labels)[:, :3]):
        with pytest.raises(ArgumentError, match="probabilities: found shape"):
            Evaluation(DATA, wrong)
    with pytest.raises(ArgumentError, match="at least one image"):
        Evaluation(DATA.take(np.array([], int)), np.empty((0, 4)))


def coverage(
    n: int, truth: float, alike: float, by_photograph: bool = True, n_tries: int = 1000
) -> float:
    """How often an interval holds the true accuracy when images come in families.

    Each of n photographs has 15 to 157 files, as in the public archive, and an accuracy of its own
    from a beta distribution with the mean `truth`; the smaller `alike`, the more alike its files.
    """
    rng, hits = np.random.default_rng(n), 0
    for seed in range(n_tries):
        photographs = np.repeat(np.arange(n), rng.integers(15, 158, n))
        skill = rng.beta(truth * alike, (1 - truth) * alike, n)
        correct = rng.random(len(photographs)) < skill[photographs]
        groups = photographs if by_photograph else np.arange(len(photographs))
        low, high = accuracy_interval(correct, groups, seed=seed, n_resamples=300)
        hits += low <= truth <= high
    return hits / n_tries


@pytest.mark.parametrize(
    ("n", "truth", "alike"), [(70, 0.9, 1), (70, 0.8, 2), (40, 0.9, 0.6), (150, 0.6, 1)]
)
def test_interval_covers_when_images_come_in_families(n: int, truth: float, alike: float) -> None:
    assert 0.93 <= coverage(n, truth, alike) <= 0.97


def test_naive_interval_pretends_to_know_too_much() -> None:
    assert coverage(70, 0.9, 1, by_photograph=False, n_tries=200) < 0.4


def draw_scores(rng: np.random.Generator, recalls: np.ndarray, sizes: list[int]) -> Evaluation:
    """Return an evaluation of photographs with 10 to 30 files, most all right or all wrong."""
    labels = np.repeat(np.arange(4), sizes)
    photographs = np.repeat(np.arange(len(labels)), rng.integers(10, 31, len(labels)))
    true = labels[photographs]
    skill = rng.beta(recalls[labels], 1 - recalls[labels])[photographs]
    predictions = np.where(rng.random(len(true)) < skill, true, (true + 1) % 4)
    pixels, paths = np.zeros((len(true), 1, 1, 3), np.uint8), (Path("a.png"),) * len(true)
    return Evaluation(
        TrainingData(pixels, true, photographs, paths, CLASSES), np.eye(4)[predictions]
    )


def test_intervals_of_balanced_accuracy_recall_and_difference_cover() -> None:
    rng, n_tries, hits = np.random.default_rng(0), 300, np.zeros(3)
    recalls, sizes = np.array([0.8, 0.9, 0.85, 0.95]), [30, 16, 16, 60]
    worse = 0.1 * np.average(recalls, weights=sizes)
    for _ in range(n_tries):
        result = draw_scores(rng, recalls, sizes)
        # a tenth of the answers is made wrong at random
        labels = np.where(rng.random(len(result.test)) < 0.1, -1, result.predictions)
        spoiled = np.where(labels < 0, (result.test.labels + 1) % 4, labels)
        other = Evaluation(result.test, np.eye(4)[spoiled])
        test, four = result.test, result.test.labels == 3
        balanced = balanced_accuracy_interval(
            result.correct, test.labels, test.photographs, n_resamples=400
        )
        recall = accuracy_interval(result.correct[four], test.photographs[four], n_resamples=400)
        difference = compare_models(result, other, n_resamples=400).interval
        for k, (interval, truth) in enumerate(
            [(balanced, recalls.mean()), (recall, recalls[3]), (difference, worse)]
        ):
            hits[k] += interval[0] <= truth <= interval[1]
    assert (hits / n_tries >= 0.93).all(), hits / n_tries


def test_balanced_interval_is_wide_where_a_rare_class_is_all_right() -> None:
    rare = DATA.take((DATA.labels != 2) | (DATA.photographs == "photo10"))
    result = Evaluation(rare, said(rare.labels))
    low, high = result.balanced_accuracy_interval
    assert result.balanced_accuracy == high == 1
    assert low < Evaluation(DATA, said(DATA.labels)).balanced_accuracy_interval[0] - 0.1
    assert result.recall_intervals["MONOCYTE"] == (0.025, 1.0), "one photograph tells little"
    assert result.recall_intervals["NEUTROPHIL"] == (0.025**0.2, 1.0)


def test_one_photograph_tells_nearly_nothing() -> None:
    low, high = accuracy_interval(np.arange(40) < 30, np.zeros(40))
    assert low < 0.001 and high > 0.999


@given(
    st.lists(st.tuples(st.integers(1, 20), st.floats(0, 1)), min_size=1, max_size=30),
    st.integers(0, 100),
)
def test_interval_holds_the_score_and_does_not_depend_on_the_order(
    families: list[tuple[int, float]], seed: int
) -> None:
    files = np.array([n for n, _ in families])
    photographs = np.repeat(np.arange(len(files)), files)
    correct = np.concatenate([np.arange(n) < round(n * share) for n, share in families])
    low, high = accuracy_interval(correct, photographs, seed=seed, n_resamples=200)
    assert 0 <= low <= correct.mean() <= high <= 1 and low < high
    order = np.random.default_rng(seed).permutation(len(correct))
    again = accuracy_interval(
        correct[order], 7 * photographs[order] + 3, seed=seed, n_resamples=200
    )
    assert again == pytest.approx((low, high), abs=1e-9)


def test_unequal_photographs_make_it_wider() -> None:
    equal, unequal = np.full(40, 20), np.where(np.arange(40) % 4 == 0, 62, 6)
    widths = []
    for files in (equal, unequal):
        photographs = np.repeat(np.arange(40), files)
        low, high = accuracy_interval(photographs % 5 > 0, photographs)
        widths.append(high - low)
    assert widths[1] > 1.2 * widths[0]


def test_a_few_large_photographs_tell_little_although_there_are_many_small_ones() -> None:
    photographs = np.repeat(np.arange(40), np.where(np.arange(40) < 10, 60, 1))
    low, _ = accuracy_interval(photographs < 39, photographs)
    assert low < 0.75 < 0.8 < accuracy_interval(np.arange(40) < 39, np.arange(40))[0]


def test_four_recalls_together_are_surer_than_each(result: Evaluation) -> None:
    low, high = result.balanced_accuracy_interval
    widths = [b - a for a, b in result.recall_intervals.values()]
    assert high - low < 0.7 * np.mean(widths)


def test_intervals_of_each_class(result: Evaluation) -> None:
    for name, (low, high) in result.recall_intervals.items():
        of_class = DATA.labels == CLASSES.index(name)
        expected = accuracy_interval(result.correct[of_class], DATA.photographs[of_class])
        assert (low, high) == expected
        assert low <= result.per_class()[name]["recall"] <= high
    low, high = result.balanced_accuracy_interval
    assert low < result.balanced_accuracy < high
    three = DATA.take(DATA.labels != 2)
    assert Evaluation(three, said(three.labels)).recall_intervals["MONOCYTE"] == (0.0, 1.0)


def test_compared_in_pairs(result: Evaluation) -> None:
    perfect = Evaluation(DATA, said(DATA.labels))
    found = compare_models(perfect, result)
    assert isinstance(found, Comparison)
    assert found.difference == pytest.approx(perfect.accuracy - result.accuracy)
    assert found.first_better == 1 and 0 < found.interval[0] < found.difference < found.interval[1]
    back = compare_models(result, perfect)
    assert back.difference == -found.difference and back.first_better == 0
    assert back.interval == pytest.approx((-found.interval[1], -found.interval[0]), abs=0.01)


def test_a_pair_is_surer_than_two_intervals_side_by_side() -> None:
    test = training_data(photographs_per_class=20, files=5)
    rng = np.random.default_rng(0)
    hard = np.isin(test.photographs, rng.choice(np.unique(test.photographs), 24, replace=False))
    slip = rng.random(len(test)) < 0.06
    a = Evaluation(test, said(np.where(hard, (test.labels + 1) % 4, test.labels)))
    b = Evaluation(test, said(np.where(hard | slip, (test.labels + 1) % 4, test.labels)))
    assert a.accuracy_interval[0] < b.accuracy_interval[1], "the two intervals overlap"
    found = compare_models(a, b)
    assert found.interval[0] > 0 and found.first_better > 0.99


def test_equal_models_are_equal(result: Evaluation) -> None:
    found = compare_models(result, result)
    assert found.difference == 0 and found.first_better == 0.5
    assert found.interval[0] < 0 < found.interval[1], "other photographs might tell them apart"


def test_only_the_same_images_can_be_compared(result: Evaluation) -> None:
    order = np.arange(len(DATA))[::-1]
    swapped = np.array([1, 0, *range(2, len(DATA))])
    for indices in (order, order[:-1], order[1:], swapped):
        other = Evaluation(DATA.take(indices), result.probabilities[indices])
        with pytest.raises(ArgumentError, match="expected the same images in the same order"):
            compare_models(result, other)


def test_interval_of_a_perfect_and_of_a_hopeless_score() -> None:
    photographs = np.repeat(np.arange(10), 3)
    assert accuracy_interval(np.ones(30, bool), photographs) == (0.025**0.1, 1.0)
    assert accuracy_interval(np.zeros(30, bool), photographs) == (0.0, 1 - 0.025**0.1)


def test_interval_needs_a_photograph_for_each_image() -> None:
    for correct, photographs in [
        (np.ones(3, bool), np.arange(2)),
        (np.ones(0, bool), np.arange(0)),
    ]:
        with pytest.raises(ArgumentError, match=f"photographs: found {len(photographs)} for"):
            accuracy_interval(correct, photographs)


def test_interval_is_computed_once(result: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*arguments: Any, **options: Any) -> tuple[float, float]:
        calls.append(arguments)
        return accuracy_interval(*arguments, **options)

    monkeypatch.setattr("bloodcell_tut.evaluation.accuracy_interval", counted)
    assert result.accuracy_interval == result.accuracy_interval and len(calls) == 1
    assert replace(result, seed=1).accuracy_interval and len(calls) == 2, "a copy computes its own"
    with pytest.raises(FrozenInstanceError):
        result.seed = 2  # type: ignore[misc]


def test_evaluation_survives_pickling(result: Evaluation) -> None:
    low, _ = result.accuracy_interval
    again = pickle.loads(pickle.dumps(result))
    assert again.accuracy_interval[0] == low and again.accuracy == result.accuracy


def test_interval_has_a_seed() -> None:
    correct, photographs = np.arange(999) % 7 % 3 > 0, (np.arange(999) ** 0.5).astype(int)
    assert accuracy_interval(correct, photographs, seed=1) == accuracy_interval(
        correct, photographs, seed=1
    )
    assert accuracy_interval(correct, photographs, seed=1) != accuracy_interval(
        correct, photographs, seed=2
    )


def test_worst_mistakes_are_the_surest_of_each_photograph(result: Evaluation) -> None:
    worst = worst_mistakes(result, 5)
    sure = result.probabilities.max(axis=1)
    assert not result.correct[worst].any() and len(worst) == 5
    assert (np.diff(sure[worst]) <= 0).all()
    assert len(set(DATA.photographs[worst])) == 5
    assert sure[worst[0]] == sure[~result.correct].max()


def test_plots(result: Evaluation) -> None:
    ax = plot_confusion(result)
    assert [t.get_text() for t in ax.texts] == [str(n) for n in result.confusion.ravel()]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert plot_mistakes(result) is not None
    assert plot_mistakes(Evaluation(DATA, said(DATA.labels))) is None


def test_evaluate_asks_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "bloodcell_tut.evaluation.predict_probabilities", lambda *_, **__: said(DATA.labels)
    )
    assert evaluate(None, DATA, seed=3).accuracy == 1


def test_pairs_need_the_same_length(result: Evaluation) -> None:
    with pytest.raises(ArgumentError, match="second: found 2 images"):
        compare_in_pairs(result.correct, result.correct[:2], result.photographs)


def test_what_is_no_number_is_refused() -> None:
    right, each = np.array([1.0, np.nan, 0.0]), np.arange(3)
    for ask in (
        lambda: accuracy_interval(right, each),
        lambda: accuracy_interval(np.full(3, np.nan), each),
        lambda: balanced_accuracy_interval(right, each % 2, each),
        lambda: compare_in_pairs(right, np.ones(3), each),
        lambda: compare_in_pairs(np.ones(3), right, each),
    ):
        with pytest.raises(ArgumentError, match="correct: found values that are not numbers"):
            ask()
