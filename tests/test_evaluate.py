"""Step 9: scores counted by hand, and intervals that keep their promise."""

import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from builders import CLASSES, training_data
from sklearn.metrics import classification_report

from bloodcell_tut import (
    ArgumentError,
    Evaluation,
    accuracy_interval,
    evaluate,
    plot_confusion,
    plot_mistakes,
    worst_mistakes,
)

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


def coverage(by_photograph: bool) -> float:
    """How often an interval holds the true accuracy when images come in families."""
    rng = np.random.default_rng(0)
    truth, hits, photographs = 0.8, 0, np.repeat(np.arange(70), 20)
    for seed in range(300):
        skill = rng.beta(1.6, 0.4, 70)
        correct = rng.random(1400) < skill[photographs]
        groups = photographs if by_photograph else np.arange(1400)
        low, high = accuracy_interval(correct, groups, seed, n_resamples=400)
        hits += low <= truth <= high
    return hits / 300


def test_interval_covers_when_images_come_in_families() -> None:
    assert 0.90 <= coverage(by_photograph=True) <= 0.99
    assert coverage(by_photograph=False) < 0.6, "the naive interval pretends to know too much"


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

    def counted(*arguments: object) -> tuple[float, float]:
        calls.append(arguments)
        return accuracy_interval(*arguments)

    monkeypatch.setattr("bloodcell_tut.evaluation.accuracy_interval", counted)
    assert result.accuracy_interval == result.accuracy_interval and len(calls) == 1
    assert replace(result, seed=1).accuracy_interval and len(calls) == 2, "a copy computes its own"
    with pytest.raises(FrozenInstanceError):
        result.seed = 2


def test_evaluation_survives_pickling(result: Evaluation) -> None:
    low, _ = result.accuracy_interval
    again = pickle.loads(pickle.dumps(result))
    assert again.accuracy_interval[0] == low and again.accuracy == result.accuracy


def test_interval_has_a_seed() -> None:
    correct, photographs = np.arange(999) % 7 % 3 > 0, (np.arange(999) ** 0.5).astype(int)
    assert accuracy_interval(correct, photographs, 1) == accuracy_interval(correct, photographs, 1)
    assert accuracy_interval(correct, photographs, 1) != accuracy_interval(correct, photographs, 2)


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
        "bloodcell_tut.evaluation.predict_probabilities", lambda model, images: said(DATA.labels)
    )
    assert evaluate(None, DATA, seed=3).accuracy == 1
