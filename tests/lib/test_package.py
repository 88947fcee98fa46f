"""The package as a whole: light to import, and typed."""

import json
import subprocess
import sys
from pathlib import Path

import xent_lib

PROBE = """
import json, sys, time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
import xent_lib
end = time.perf_counter()
print(json.dumps([end - middle, middle - start, sorted(sys.modules)]))
"""


def test_importing_costs_less_than_numpy_and_brings_nothing_else_that_is_heavy():
    runs = [
        json.loads(subprocess.check_output([sys.executable, "-c", PROBE]))
        for _ in range(5)
    ]
    assert min(own / numpy for own, numpy, _ in runs) < 1
    for heavy in ("torch", "matplotlib", "scipy", "sklearn", "IPython"):
        assert heavy not in runs[0][2]


def test_types_ship_with_the_package():
    assert (Path(xent_lib.__file__).parent / "py.typed").is_file()
