"""The chapters reproduce what is stored on processors that compute other last bits."""

import os
import platform
import subprocess
import sys

import pytest

from bookkit.reading.contents import ROOT

# What NumPy, its linear algebra and torch use where a processor lacks AVX-512, and AVX2 too.
PROCESSORS = {
    "without AVX-512": {
        "NPY_DISABLE_CPU_FEATURES": "AVX512_SPR AVX512_ICL X86_V4",
        "OPENBLAS_CORETYPE": "Haswell",
        "ATEN_CPU_CAPABILITY": "avx2",
    },
    "without AVX2": {
        "NPY_DISABLE_CPU_FEATURES": "AVX512_SPR AVX512_ICL X86_V4 X86_V3",
        "OPENBLAS_CORETYPE": "Nehalem",
        "ATEN_CPU_CAPABILITY": "default",
    },
}


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="names features of x86-64")
@pytest.mark.parametrize("processor", PROCESSORS)
def test_the_chapters_run_the_same_on_an_older_processor(processor):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + ["notebooks", "tests/notebooks/test_execution.py"],
        cwd=ROOT,
        env=os.environ | PROCESSORS[processor],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
