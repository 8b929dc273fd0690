from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree

import pytest

from labelaudit.validation.plots import PLOTS, curve, plots

pytest.importorskip("matplotlib", reason="plots are an extra")


def test_the_plots_are_not_blank_and_the_same_twice(validation):
    from io import BytesIO

    import numpy as np
    from matplotlib.image import imread

    pictures = plots(validation)
    assert tuple(pictures) == PLOTS
    assert pictures == plots(validation)
    for name, content in pictures.items():
        if name.endswith(".png"):
            pixels = imread(BytesIO(content), format="png")[..., :3]
            assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
        else:
            paths = ElementTree.fromstring(content).findall(".//{http://www.w3.org/2000/svg}path")
            assert len(paths) > 50


def test_the_area_below_the_curve_is_average_precision(validation):
    for kind in validation.kinds:
        for run in kind.runs:
            recall, precision = curve(run)
            area = ((recall[1:] - recall[:-1]) * precision[1:]).sum()  # each step belongs to the point at its end
            assert area == pytest.approx(run.average_precision, rel=1e-12)


def test_a_plot_of_nothing_planted_is_drawn(validation):
    from dataclasses import replace

    run = validation.kinds[0].runs[0]
    nan = float("nan")
    empty = replace(run, planted=0, recall=nan, precision=nan, labels=run.labels[:0])
    kinds = (replace(validation.kinds[0], runs=(empty,)),)
    assert set(plots(replace(validation, kinds=kinds))) == set(PLOTS)


def test_saving_writes_figures_and_plots(validation, tmp_path):
    assert validation.save(tmp_path / "new") == tmp_path / "new"
    assert {p.name for p in (tmp_path / "new").iterdir()} == {"validation.json", *PLOTS}


def test_without_matplotlib_the_figures_alone_are_saved(validation, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    validation.save(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["validation.json"]
