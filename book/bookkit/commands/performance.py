"""Write the tables and the figure of book/performance.md from the stored measurements.

Each table goes between its two markers. Nothing here measures.
"""

from __future__ import annotations

import json
from typing import Any

from bookkit import ROOT
from bookkit.commands.stored_results import between_markers, table

PAGE = ROOT / "book" / "performance.md"
FIGURE = ROOT / "book" / "_static" / "performance.svg"
BENCHMARKS = ROOT / "tests" / "benchmarks"
PEERS = ("PyTorch", "torch.compile", "JAX")
FORWARD_PEERS = (*PEERS, "SciPy")
TITLE = "Time of xent_lib divided by the time of its peers, for seven shapes"


def read(name: str) -> Any:
    """Return stored results."""
    return json.loads((BENCHMARKS / name).read_text(encoding="utf-8"))


def milliseconds(seconds: float) -> str:
    """Write a time with three digits that mean something."""
    value = seconds * 1e3
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def shape_of(line: dict[str, Any]) -> str:
    """Write a shape."""
    rows, classes = line["shape"]
    return f"{rows:,} × {classes:,}"


def ratios(stored: Any, threads: str, work: str, peers: tuple[str, ...]) -> str:
    """Write the time of each shape, and its ratio to each peer."""
    rows = [
        [
            shape_of(line),
            milliseconds(line[work]["xent_lib"]["seconds"]),
            *(f"{line[work][peer]['xent_lib_over_it']:.2f}" for peer in peers),
            f"{line[work]['copy']['xent_lib_over_it']:.0f}",
            f"{line[work]['exp']['xent_lib_over_it']:.1f}",
        ]
        for line in stored["threads"][threads]
    ]
    heads = ["N × K", "xent_lib (ms)", *(f"/ {peer}" for peer in peers)]
    return table([*heads, "/ copy", "/ exp"], rows)


def memory(stored: Any) -> str:
    """Write the peaks over the size of the gradient."""
    rows = []
    for line in stored["threads"]["1"]:
        size = 4 * line["shape"][0] * line["shape"][1]
        peaks = [
            line["gradient"][way]["peak"] for way in ("xent_lib", "plain", "PyTorch")
        ]
        rows.append([shape_of(line), *(f"{peak / size:.2f}" for peak in peaks)])
    return table(["N × K", "xent_lib", "plain version", "PyTorch"], rows)


def errors(stored: Any, dtype: str) -> str:
    """Write the worst error of each loss in each regime."""
    found = stored[dtype]["ulp"]
    losses = list(next(iter(found.values())))
    rows = [
        [
            regime,
            *(
                f"{line[loss]:.1f}" if line[loss] < 1e4 else f"{line[loss]:.0e}"
                for loss in losses
            ),
            f"{stored[dtype]['sums'][regime]:.2f}",
        ]
        for regime, line in found.items()
    ]
    return table(["logits", *losses, "slopes' sum / Kε"], rows)


def machine(stored: Any) -> str:
    """Describe what the measurements were taken on."""
    known = stored["machine"]
    releases = ", ".join(
        f"{name} {number}" for name, number in known["releases"].items()
    )
    return (
        f"{known['processor']}, {known['cores']} cores, {known['system']}, "
        f"Python {known['python']}; {releases}."
    )


def counted(found: list[float], limit: float) -> str:
    """Say how many ratios stay within a limit, and what the largest is."""
    within = sum(ratio <= limit for ratio in found)
    number = "all" if within == len(found) else f"{within} of {len(found)}"
    return f"at {number} shapes (at most {max(found):.2f})"


def verdict(stored: Any, work: str) -> str:
    """Say in words how the ratios stand to PyTorch and to the fastest peer."""
    said = []
    for threads, lines in stored["threads"].items():
        over = [
            {name: entry["xent_lib_over_it"] for name, entry in line[work].items()}
            for line in lines
        ]
        eager = [ratios["PyTorch"] for ratios in over]
        large = [
            ratios["PyTorch"]
            for ratios, line in zip(over, lines, strict=True)
            if line["shape"][1] >= 32000
        ]
        behind = [
            f"{shape_of(line)} ({ratios[peer]:.2f} of {peer})"
            for ratios, line in zip(over, lines, strict=True)
            for peer in [max((p for p in PEERS if p in ratios), key=ratios.__getitem__)]
            if ratios[peer] > 1.5
        ]
        where = f"; not at {', '.join(behind)}" if behind else ""
        said.append(
            f"On {'one thread' if threads == '1' else 'two threads'} it takes no longer "
            f"than PyTorch {counted(eager, 1)}, and at most {max(large):.2f} of its time "
            "from 32,000 classes on. It is within 1.5 of the fastest peer at "
            f"{len(lines) - len(behind)} of {len(lines)} shapes{where}."
        )
    return " ".join(said)


def slower_without_gradient(stored: Any) -> str:
    """Name the shapes at which the loss alone took longer than loss and gradient."""
    found = [
        f"{shape_of(line)} on {'one thread' if threads == '1' else 'two threads'} "
        f"({milliseconds(alone)} ms against {milliseconds(both)} ms)"
        for threads, lines in stored["threads"].items()
        for line in lines
        for alone, both in [
            [line[work]["xent_lib"]["seconds"] for work in ("forward", "gradient")]
        ]
        if alone > both
    ]
    if not found:
        return "At no shape did the loss alone take longer than loss and gradient."
    return (
        "In the stored run the loss alone took longer than loss and gradient together at "
        f"{', '.join(found)}. It is the smaller part of the work, and this run does not "
        "show what held it up."
    )


def parts() -> dict[str, str]:
    """Return what belongs between each pair of markers."""
    speed, exact = read("value_and_grad.json"), read("accuracy.json")
    return {
        "machine": machine(speed),
        "verdict-gradient": verdict(speed, "gradient"),
        "verdict-forward": verdict(speed, "forward"),
        "loss-alone-slower": slower_without_gradient(speed),
        "gradient-1": ratios(speed, "1", "gradient", PEERS),
        "gradient-2": ratios(speed, "2", "gradient", PEERS),
        "forward-1": ratios(speed, "1", "forward", FORWARD_PEERS),
        "forward-2": ratios(speed, "2", "forward", FORWARD_PEERS),
        "memory": memory(speed),
        "float32": errors(exact, "float32"),
        "float64": errors(exact, "float64"),
    }


def filled(text: str) -> str:
    """Return the page with every part between its markers."""
    return between_markers(text, parts())


def drawn() -> str:
    """Return the figure: ratios with the gradient, on one thread."""
    from matplotlib import pyplot

    from xent_lib.plots.performance import plot_time_ratios
    from xent_lib.plots.style import draw_svg

    lines = read("value_and_grad.json")["threads"]["1"]
    ax = plot_time_ratios(
        [tuple(line["shape"]) for line in lines],
        {
            peer: [line["gradient"][peer]["xent_lib_over_it"] for line in lines]
            for peer in PEERS
        },
    )
    figure = ax.get_figure(root=True)
    assert figure is not None
    svg = draw_svg(figure, TITLE)
    pyplot.close(figure)
    return svg


def main() -> None:
    """Write the page and the figure."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    FIGURE.write_text(drawn(), encoding="utf-8")
    print("Wrote the tables of book/performance.md and its figure.")


if __name__ == "__main__":
    main()
