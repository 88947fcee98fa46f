"""The vocabulary-parallel cross entropy, on real processes that each hold some classes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import vocab_parallel_ranks as ranks

from two_liner import assert_no_transform
from xent_lib.torch_losses import demo, vocab_parallel_cross_entropy

# A bound on hanging, far above what any of these needs on a busy machine.
PATIENCE = 300
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
DEMO = ("-m", "xent_lib.torch_losses.demo")


def start(world: int, folder: Path, task: str) -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            [sys.executable, ranks.__file__, str(rank), str(world), str(folder), task],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(world)
    ]


def end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module", params=[2, 4], ids="{} processes".format)
def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, str]]:
    """For each rank, what went wrong in each case: nothing where the text is empty."""
    world = request.param
    folder = tmp_path_factory.mktemp(f"ranks-{world}")
    processes = start(world, folder, "check")
    try:
        outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    finally:
        end(processes)
    files = [folder / f"verdicts-{rank}.json" for rank in range(world)]
    assert all(file.exists() for file in files), "\n".join(outputs)
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.parametrize("name", ranks.CASES)
def test_all_ranks_together_equal_one_process(
    verdicts: list[dict[str, str]], name: str
) -> None:
    for rank, verdict in enumerate(verdicts):
        wrong = verdict.get(name, "not run: an earlier case failed")
        assert not wrong, f"rank {rank}: {wrong}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "how", "says"),
    [
        (2, signal.SIGKILL, "Connection closed by peer"),
        (4, signal.SIGKILL, "Connection closed by peer"),
        (4, signal.SIGSTOP, "Timed out waiting"),
    ],
)
def test_ranks_that_lose_another_end_with_a_message_instead_of_hanging(
    world: int, how: signal.Signals, says: str, tmp_path: Path
) -> None:
    processes = start(world, tmp_path, "lose")
    try:
        deadline = time.monotonic() + PATIENCE
        while len(list(tmp_path.glob("ready-*"))) < world:
            if time.monotonic() > deadline:
                pytest.fail("the ranks did not start")
            time.sleep(0.05)
        processes[1].send_signal(how)
        outputs = {
            rank: process.communicate(timeout=PATIENCE)[0]
            for rank, process in enumerate(processes)
            if rank != 1
        }
    finally:
        end(processes)
    for rank, output in outputs.items():
        others = " or ".join(str(other) for other in range(world) if other != rank)
        assert processes[rank].returncode == 1, output
        assert (
            f"vocab_parallel_cross_entropy: rank {rank} of {world} lost a rank while "
            f"exchanging the slices and settings: rank {others} ended or did not answer in time."
        ) in output
        assert "end this process and start all ranks again" in output
    assert any(says in output for output in outputs.values())


@pytest.mark.parametrize(
    ("world", "classes", "slices"), [(2, "1001", "501 + 500"), (3, "10", "4 + 3 + 3")]
)
def test_torchrun_starts_the_demonstration_and_the_losses_agree(
    world: int, classes: str, slices: str
) -> None:
    run = torchrun(world, *DEMO, "--classes", classes)
    assert run.returncode == 0, run.stderr
    first, second, verdict = run.stdout.splitlines()
    alone = re.fullmatch(rf"one process +(\S+) nats, {classes} classes", first)
    together = re.fullmatch(
        rf"{world} processes +(\S+) nats, {re.escape(slices)} classes, backend gloo",
        second,
    )
    assert float(together[1]) == pytest.approx(float(alone[1]), rel=demo.TOLERANCE)
    assert verdict.startswith("They agree: ")


def test_the_demonstration_fails_where_the_losses_differ(tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(
        "import sys\n"
        "from xent_lib.torch_losses import demo\n"
        "honest = demo.vocab_parallel_cross_entropy\n"
        "demo.vocab_parallel_cross_entropy = lambda *a, **k: 1.001 * honest(*a, **k)\n"
        "sys.exit(demo.main())\n"
    )
    run = torchrun(2, str(script))
    assert run.returncode != 0
    assert "They DO NOT agree: " in run.stdout


@pytest.mark.slow
def test_torchrun_names_the_rank_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal\n"
        "from xent_lib.torch_losses import demo\n"
        "honest = demo.vocab_parallel_cross_entropy\n"
        "def die(*arguments, **options):\n"
        "    if os.environ['RANK'] == '1':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return honest(*arguments, **options)\n"
        "demo.vocab_parallel_cross_entropy = die\n"
        "demo.main()\n"
    )
    run = torchrun(2, str(script))
    assert run.returncode != 0
    blamed = run.stderr[run.stderr.index("Root Cause") :]
    assert re.search(r"rank +: 1 ", blamed) and "SIGKILL" in blamed


def torchrun(world: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            f"--nproc-per-node={world}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**ENVIRONMENT, "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Start this with torchrun, which tells each process its rank:"),
        (("--rows", "0"), "--rows must be above 0; got 0"),
        (("--classes", "-3"), "--classes must be above 0; got -3"),
        (("--timeout", "0"), "--timeout must be above 0; got 0.0"),
    ],
)
def test_the_demonstration_started_wrongly_says_how(
    arguments: tuple[str, ...], says: str
) -> None:
    run = subprocess.run(
        [sys.executable, *DEMO, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 2
    assert says in run.stderr and "Traceback" not in run.stderr


def test_without_a_process_group_the_error_says_to_use_torchrun() -> None:
    with pytest.raises(RuntimeError, match=r"needs a process group: .*torchrun"):
        vocab_parallel_cross_entropy(
            torch.zeros(1, 2), torch.tensor([0]), vocab_start=0
        )


@pytest.fixture
def alone() -> Iterator[None]:
    """A process group of this process."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("reduction", ranks.REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradcheck(reduction: str, smoothing: float) -> None:
    logits, target = ranks.problem(5, (4,))
    target[1] = -100
    assert torch.autograd.gradcheck(
        lambda z: vocab_parallel_cross_entropy(
            z,
            target,
            vocab_start=0,
            reduction=reduction,
            label_smoothing=smoothing,
        ),
        logits.requires_grad_(),
    )


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is:DeprecationWarning")
@pytest.mark.parametrize("transform", ["grad", "jacrev", "vmap", "jvp"])
def test_transforms_of_torch_func_are_refused(transform: str) -> None:
    logits, target = ranks.problem(5, (4,))

    def loss(z: torch.Tensor) -> torch.Tensor:
        return vocab_parallel_cross_entropy(z, target, vocab_start=0)

    assert_no_transform(transform, loss, logits)


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a GPU that CUDA can use"
)
def test_torchrun_on_a_gpu() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", *DEMO],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "backend nccl" in run.stdout


Z, Y = torch.zeros(4, 3), torch.tensor([0, 1, 2, 2])
BAD_CALLS = {
    "logits a list": (
        ([[0.0]], Y),
        {},
        TypeError,
        "local_logits must be a torch.Tensor; got builtins.list",
    ),
    "integer logits": (
        (Z.long(), Y),
        {},
        TypeError,
        "local_logits must hold real numbers; got dtype torch.int64",
    ),
    "scalar logits": (
        (torch.tensor(0.0), Y),
        {},
        ValueError,
        "local_logits must have shape (..., C_r); got a scalar",
    ),
    "float target": (
        (Z, Y.float()),
        {},
        TypeError,
        "target must hold class indices as torch.int64; got dtype torch.float32",
    ),
    "target too short": (
        (Z, Y[:3]),
        {},
        ValueError,
        "target must have the shape of local_logits without its classes, (4,); got (3,)",
    ),
    "target too large": (
        (Z, Y + 1),
        {},
        ValueError,
        "target must be between 0 and 2, or -100 to be ignored; target[2] is 3",
    ),
    "negative start": (
        (Z, Y),
        {"vocab_start": -1},
        ValueError,
        "vocab_start must be at least 0; got -1",
    ),
    "start a float": (
        (Z, Y),
        {"vocab_start": 0.0},
        TypeError,
        "vocab_start must be an integer; got 0.0",
    ),
    "start not 0": (
        (Z, Y),
        {"vocab_start": 1},
        ValueError,
        "the slices must cover the classes without gap or overlap: vocab_start must be 0 on "
        "rank 0, where the slice before it ends; got 1",
    ),
    "unknown reduction": (
        (Z, Y),
        {"reduction": "avg"},
        ValueError,
        "reduction must be one of 'mean', 'sum', 'none'; got 'avg'",
    ),
    "ignore_index a float": (
        (Z, Y),
        {"ignore_index": -100.0},
        TypeError,
        "ignore_index must be an integer; got -100.0",
    ),
    "smoothing a boolean": (
        (Z, Y),
        {"label_smoothing": True},
        TypeError,
        "label_smoothing must be a real number; got True",
    ),
    "smoothing below 0": (
        (Z, Y),
        {"label_smoothing": -0.1},
        ValueError,
        "label_smoothing must be between 0 and 1; got -0.1",
    ),
}


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("name", BAD_CALLS)
def test_a_bad_call_names_the_argument_what_was_expected_and_what_came(
    name: str,
) -> None:
    arguments, options, error, message = BAD_CALLS[name]
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        vocab_parallel_cross_entropy(*arguments, **{"vocab_start": 0, **options})
