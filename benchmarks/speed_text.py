"""The figures of `speed.py` as tables and as a plot."""

from __future__ import annotations

from typing import Any

from labelaudit.pictures import BLUE, GREEN, GREY, ORANGE

COLOURS = {"labelaudit": BLUE, "cleanlab": ORANGE, "read": GREY}


def text(result: dict[str, Any]) -> str:
    """All tables."""
    lines = []
    if result["whole"]:
        lines.append(f"{'rows':>9} {'':12}{'seconds':>9}{'work':>9}{'GB':>7}{'AP':>8}")
    for size in result["whole"]:
        lines += _whole_lines(size)
    for k in result["kernels"]:
        lines += _kernel_lines(k)
    lines += _call_lines(result["calls"])
    for task in result["influence"]:
        lines.append(_influence_line(task))
    return "\n".join(lines)


def _whole_lines(size: dict[str, Any]) -> list[str]:
    lines = []
    for name, c in size["costs"].items():
        ap = size["average_precision"].get(name)
        if c["stopped"]:
            figures = f"  stopped at {c['stopped']:g} s"
        else:
            figures = f"{c['seconds']:9.2f}{c['work']:9.2f}{c['memory'] / 1e9:7.2f}"
        lines.append(f"{size['rows']:9} {name:12}{figures}{'' if ap is None else f'{ap:8.4f}'}")
    for name, r in size["ratios"].items():
        lines.append(f"{'':10}{name:28}{'< ' if r['bound'] else '  '}{r['value']:6.2f}")
    lines.append(f"{'':10}{'seconds_above_torch':28}  {size['seconds_above_torch']:6.2f}")
    return lines


def _kernel_lines(k: dict[str, Any]) -> list[str]:
    both, gram = k["forward_backward"], k["gram"]
    return [
        f"{k['rows']} x {k['columns']}, {k['threads']} threads: a read {k['gigabytes_a_second']:.1f} GB/s, "
        f"a product {k['gigaflops_of_a_product']:.0f} GFLOP/s",
        f"  forward and backward: {k['read'] / both:.0%} of the read's rate; "
        f"numpy {k['forward_backward_numpy'] / both:.2f}, torch {k['forward_backward_torch'] / both:.2f} times as long",
        f"  gram: {k['gram_limit'] / gram:.0%} of what binds; "
        f"numpy {k['gram_numpy'] / gram:.2f}, torch {k['gram_torch'] / gram:.2f} times as long",
    ]


def _call_lines(calls: list[dict[str, Any]]) -> list[str]:
    if not calls:
        return []
    lines = [f"microseconds a call, {calls[0]['columns']} columns: labelaudit, numpy, torch"]
    for size in calls:
        cells = (f"{name} {' '.join(f'{us:.1f}' for us in c.values())}" for name, c in size["microseconds"].items())
        lines.append(f"  {size['rows']:6} rows: {'; '.join(cells)}")
    return lines


def _influence_line(task: dict[str, Any]) -> str:
    what = f"{task['name']}, {task['rows']:,} rows{_on(task)}, {task['columns']} columns, {task['threads']} threads"
    theirs = task["pydvl"]
    if theirs is None:
        beside = "pyDVL not run: LABELAUDIT_PYDVL_PYTHON names no Python"
    elif theirs["stopped"]:
        beside = f"pyDVL stopped at {theirs['stopped']:g} s, more than {theirs['ratio']:.0f} times as long"
    else:
        beside = (
            f"pyDVL {theirs['seconds']:.3f} s, {theirs['ratio']:.1f} times as long (differs {theirs['difference']:.0e})"
        )
    return f"{what}: {task['seconds']:.3f} s; {beside}"


def _on(task: dict[str, Any]) -> str:
    return f" on {task['on']:,}" if task["on"] else ""


def plot(figure: Any, result: dict[str, Any]) -> None:
    """Seconds and memory against rows, and seconds of influences; an open marker is a peer that was stopped there."""
    sizes, tasks = result["whole"], [t for t in result["influence"] if t["pydvl"]]
    panels = 2 * bool(sizes) + bool(tasks)
    figure.set_size_inches(4.2 * panels, 3.6)
    for i, (what, title, unit) in enumerate((("seconds", "Seconds", 1.0), ("memory", "Memory, GB", 1e9))):
        if sizes:
            axes = figure.add_subplot(1, panels, i + 1, title=title, xlabel="rows", xscale="log", yscale="log")
            for name in COLOURS:
                _line(axes, sizes, name, what, unit)
            axes.legend(frameon=False)
    if tasks:
        _influences(figure.add_subplot(1, panels, panels, title="Influence, seconds", xscale="log"), tasks)


def _line(axes: Any, sizes: list[dict[str, Any]], name: str, what: str, unit: float) -> None:
    colour = COLOURS[name]
    ended = [s for s in sizes if not s["costs"][name]["stopped"]]
    stopped = [s for s in sizes if s["costs"][name]["stopped"]]
    axes.plot(
        [s["rows"] for s in ended], [s["costs"][name][what] / unit for s in ended], "o-", color=colour, label=name
    )
    if stopped and what == "seconds":
        points = [s["rows"] for s in stopped], [s["costs"][name]["stopped"] for s in stopped]
        limit = stopped[0]["costs"][name]["stopped"]
        axes.plot(*points, "o", mfc="none", color=colour, label=f"{name}, stopped at {limit:g} s")


def _influences(axes: Any, tasks: list[dict[str, Any]]) -> None:
    places = range(len(tasks))
    axes.plot([t["seconds"] for t in tasks], places, "o", color=BLUE, label="labelaudit")
    for is_stopped, fill in ((False, GREEN), (True, "none")):
        here = [(t["pydvl"]["seconds"], i) for i, t in enumerate(tasks) if bool(t["pydvl"]["stopped"]) == is_stopped]
        label = "pyDVL, stopped there" if is_stopped else "pyDVL"
        if here:
            axes.plot(*zip(*here, strict=True), "s", color=GREEN, mfc=fill, label=label)
    axes.set_yticks(list(places), [f"{t['name']}\n{t['rows']:,}{_on(t)}" for t in tasks])
    axes.margins(y=0.6)
    axes.legend(frameon=False)
