"""The noise models that are tried, and their average."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labelaudit import storage
from labelaudit.model.targets import MANY_CLASSES
from labelaudit.noise.beliefs import averaged_belief
from labelaudit.noise.cells import AS_MANY, condensed, with_trusted
from labelaudit.noise.link import Labels, fit_matrix, log_probabilities
from labelaudit.noise.matrices import any_class, dense, one_class
from labelaudit.noise.one_rate import OneRateFamily
from labelaudit.noise.rates import LARGEST_RATE, Along, Family, Integrated, integrate

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

PRIOR_STRENGTH = 30.0  # pseudo-rows a class that pull the full matrix towards the one-rate matrix
CENTRE = 0.002  # the lowest rate that it is pulled to: an error is never ruled out
OTHER_WAY = 0.05  # of the rate of a one-sided model is left to the other errors: none is ever impossible; a guess
PENALTY = 2.0  # nats for each parameter that no integral covers; between Akaike's 1 and BIC's log(rows) / 2; a guess
TEMPER = 2.0  # evidence is softened by this before models are averaged: a guess; rows are not independent
MOST_CLASSES = MANY_CLASSES  # with a full matrix; beyond, it would have more entries than most tables have errors
INTERVAL = (0.025, 0.975)
WORTH_THREADS = 100_000  # rows times classes: of fewer a search is one call, which takes less than threads cost
SMALLEST_WEIGHT = 1e-12  # of a noise matrix: without those below, no belief moves by more than some 1e-11


@dataclass(frozen=True)
class NoiseEstimate:
    """Noise models, each integrated over its rate, and how much each counts (weights sum to 1)."""

    models: dict[str, Integrated]
    weights: dict[str, float]

    @property
    def rate(self) -> float:
        """The expected share of wrong labels."""
        return sum(self.weights[name] * model.rate for name, model in self.models.items())

    @property
    def interval(self) -> tuple[float, float]:
        """A 95 % interval of the share of wrong labels."""
        rates = np.concatenate([model.fine[0] for model in self.models.values()])
        masses = np.concatenate([self.weights[name] * model.fine[1] for name, model in self.models.items()])
        order = np.argsort(rates, kind="stable")
        low, high = np.interp(INTERVAL, np.cumsum(masses[order]), rates[order])
        return float(low), float(high)

    @property
    def noise(self) -> Array:
        """The averaged matrix P(given | true)."""
        out: Array = np.sum([self.weights[name] * model.noise for name, model in self.models.items()], axis=0)
        return out

    def belief(self, p: Array, given: Codes, threads: int = 1) -> Array:
        """P(true | x, given) of rows (rows, classes) from their out-of-sample probabilities."""
        nodes = [
            (self.weights[name] * weight, node)
            for name, model in self.models.items()
            for weight, node in zip(model.weights.tolist(), model.nodes, strict=True)
            if self.weights[name] * weight > SMALLEST_WEIGHT
        ]
        return averaged_belief(nodes, p, given, threads)


def estimate(p: Array, given: Codes, trusted: tuple[Array, Codes] | None = None, threads: int = 1) -> NoiseEstimate:
    """How the given labels (rows,) go wrong, from out-of-sample probabilities (rows, classes).

    trusted: probabilities and true labels of further rows. More rows than AS_MANY of two classes count as so many.
    """
    labels = labels_of(p, given, threads)
    if trusted is not None:
        labels = with_trusted(labels, Labels(log_probabilities(trusted[0]), trusted[1]))
    if threads == 1 or labels.log_p.size < WORTH_THREADS:
        models, evidence = _candidates(labels)
    else:
        with storage.threads(threads) as pool:
            models, evidence = _candidates(replace(labels, spread=pool.map))
    shares = np.exp((np.array(evidence) - max(evidence)) / TEMPER)
    return NoiseEstimate(models, dict(zip(models, (shares / shares.sum()).tolist(), strict=True)))


def labels_of(p: Array, given: Codes, threads: int = 1) -> Labels:
    """Labels (rows,) with their out-of-sample probabilities (rows, classes), as a likelihood takes them."""
    if p.shape[1] == 2 and len(p) > AS_MANY:
        return condensed(p, given, threads)
    return Labels(log_probabilities(p), given)


def _candidates(labels: Labels) -> tuple[dict[str, Integrated], list[float]]:
    """The models with their evidence, penalties and priors included. Both one-sided models share one prior."""
    k = labels.classes
    models = {name: integrate(labels, family) for name, family in _families(k).items()}
    evidence = [m.evidence - (TEMPER * np.log(2) if name != "one rate" else 0.0) for name, m in models.items()]
    one = models["one rate"]
    if k <= MOST_CLASSES:
        matrix = fit_matrix(labels, max(one.rate, CENTRE), PRIOR_STRENGTH, one.best)
        models["full matrix"] = integrate(labels, Along(dense(matrix.noise) - np.eye(k)), matrix.link)
        evidence.append(models["full matrix"].evidence - PENALTY * (k * (k - 1) - 1))
    return models, evidence


def explained_loss(p: Array, given: Codes) -> float:
    """The mean loss of the given labels (rows,) when a link and one error rate, or a one-sided one, explain them."""
    labels = labels_of(p, given)
    fits = [family.fit_rate(labels, LARGEST_RATE)[1] for family in _families(labels.classes).values()]
    return -max(linked.likelihood for linked in fits) / min(len(given), AS_MANY)


def _families(classes: int) -> dict[str, Family]:
    """The families of one rate, by name."""
    if classes > MANY_CLASSES:
        return {"one rate": OneRateFamily(classes)}
    sided = {f"class {wrong + 1} goes wrong": Along(one_class(wrong, OTHER_WAY)) for wrong in (0, 1) if classes == 2}
    return {"one rate": Along(any_class(classes)), **sided}
