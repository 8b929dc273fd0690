from __future__ import annotations

import json

import pytest

from labelaudit.benchmark import Benchmark, Grid, render, run_benchmark, to_json
from labelaudit.benchmark.planted import RANKINGS
from labelaudit.benchmark.plots import save_plots

GRID = Grid(published_seeds=(0,), planted_seeds=(0, 1), rows=(200, 300), features=(1, 2, 3, 4))
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def benchmark():
    ticks: list[str] = []
    results = run_benchmark(GRID, tick=ticks.append)
    assert len(ticks) == GRID.runs
    return results


def test_every_size_and_seed_is_run(benchmark):
    sizes = [(cell.rows, cell.features, [run.seed for run in cell.runs]) for cell in benchmark.cells]
    assert sizes == [(rows, features, [0, 1]) for rows in (200, 300) for features in (1, 2, 3, 4)]


def test_a_mean_lies_in_its_range(benchmark):
    for cell in benchmark.cells:
        for ranking in RANKINGS:
            low, high = cell.range(ranking)
            assert low <= cell.mean(ranking).average_precision <= high


def test_the_table_fits_80_columns_and_names_every_ranking(benchmark):
    text = render(benchmark)
    assert max(map(len, text.splitlines())) <= 80
    assert all(text.count(f"\n{ranking} ") == 4 for ranking in RANKINGS)


def test_the_json_holds_the_figures_exactly(benchmark):
    document = json.loads(to_json(benchmark))
    run = document["planted"]["runs"][3]
    assert run["found"]["label_score"]["average_precision"] == (
        benchmark.planted[3].found["label_score"].average_precision
    )
    published = document["published"][0]
    assert published["influences"]["cg"]["after"] == benchmark.published[0].influences["cg"].after.tolist()


def test_every_plot_is_a_png_and_the_same_bytes_twice(benchmark, tmp_path):
    pytest.importorskip("matplotlib", reason="plots are an extra")
    paths = save_plots(benchmark, tmp_path)
    assert [p.name for p in paths] == ["blobs.png", "losses.png", "confusion.png", "influence.png", "planted.png"]
    first = [p.read_bytes() for p in paths]
    assert all(content.startswith(PNG) for content in first)
    assert [p.read_bytes() for p in save_plots(benchmark, tmp_path)] == first


def test_one_part_alone_can_be_shown(benchmark):
    alone = Benchmark(benchmark.published, ())
    assert "planted" not in render(alone)
    assert json.loads(to_json(alone))["planted"]["runs"] == []
