"""Run a chapter from a fresh kernel, and evaluate the checks of its prose where they stand."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from bookkit.reading.prose import Audit, Value, audit, checks

CELL_SECONDS = 300
_EVALUATOR = """
def _evaluate_checks(expressions):
    import json, numpy
    results = []
    for expression in expressions:
        try:
            value = numpy.ravel(numpy.asarray(eval(expression, globals())))
            results.append([bool(v) if value.dtype.kind == "b" else float(v) for v in value])
        except Exception as error:
            results.append(f"{type(error).__name__}: {error}")
    print(json.dumps(results))
_evaluate_checks(%s)
del _evaluate_checks
"""


@dataclass
class Run:
    """A chapter as executed, and what its prose claims, cell by cell."""

    notebook: NotebookNode
    audits: dict[str, Audit]

    @property
    def failures(self) -> list[str]:
        """Claims that the chapter's own namespace contradicts."""
        return [failure for found in self.audits.values() for failure in found.failures]

    @property
    def bare(self) -> list[str]:
        """Numbers without an expression."""
        return [number for found in self.audits.values() for number in found.bare]


def evaluator(expressions: list[str]) -> str:
    """Return code that prints, as JSON, the values of expressions or what went wrong."""
    return _EVALUATOR % json.dumps(expressions)


def run(path: Path, folder: Path | None = None) -> Run:
    """Execute the chapter at ``path`` in ``folder``, by default its own."""
    source = nbformat.read(path, as_version=4)
    working = copy.deepcopy(source)
    working.cells = [
        cell for original in source.cells for cell in _with_checks(original)
    ]
    client = NotebookClient(
        working,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder or path.parent)}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.execute(env=os.environ | {"XENT_STORED_OUTPUTS": "1", "TQDM_DISABLE": "1"})
    values = _take_values(working)
    for count, cell in enumerate(_code_cells(working), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    audits = {
        cell.id: audit(cell.source, values.get(cell.id, []))
        for cell in working.cells
        if cell.cell_type == "markdown"
    }
    return Run(working, audits)


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _with_checks(cell: NotebookNode) -> list[NotebookNode]:
    """The cell, followed by one that evaluates its checks where it has any."""
    found = checks(cell.source) if cell.cell_type == "markdown" else []
    if not found:
        return [cell]
    code = evaluator([check.expression for check in found])
    return [cell, nbformat.v4.new_code_cell(code, metadata={"checks_of": cell.id})]


def _take_values(notebook: NotebookNode) -> dict[str, list[list[Value] | str]]:
    """Remove the evaluating cells and return what they found, by the cell they speak of."""
    values = {}
    kept = []
    for cell in notebook.cells:
        if "checks_of" in cell.metadata:
            values[cell.metadata["checks_of"]] = json.loads(cell.outputs[0].text)
        else:
            kept.append(cell)
    notebook.cells = kept
    return values
