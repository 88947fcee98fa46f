"""The counts of xent_lib.memory against the tensors that PyTorch makes."""

import pytest
import torch
import torch.distributed as dist
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.functional import cross_entropy, linear
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from xent_lib.memory import METHODS, TERMS, loss_memory
from xent_lib.torch_losses import linear_cross_entropy, vocab_parallel_cross_entropy

# Tokens, features, classes: one shape for each of a method's two moments.
SHAPES = [(512, 32, 4096), (128, 512, 4096), (300, 64, 1000)]
CHUNK = 48
FEW = 64  # bytes a token, and a chunk's few numbers a row, that the counts leave out
DTYPES = {4: torch.float32, 2: torch.bfloat16}


@pytest.fixture
def _group():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def two_liner(x, w, target):
    logits = linear(x, w)
    cross_entropy(logits, target).backward()


def chunked(x, w, target):
    linear_cross_entropy(x, w, target, chunk_size=CHUNK).backward()


def vocabulary_parallel(x, w, target):
    logits = linear(x, w)
    vocab_parallel_cross_entropy(logits, target, vocab_start=0).backward()


WAYS = dict(zip(METHODS, (two_liner, chunked, vocabulary_parallel), strict=True))


def problem(shape, dtype):
    tokens, features, classes = shape
    x = torch.randn(tokens, features).to(dtype).requires_grad_()
    w = (torch.randn(classes, features) / features**0.5).to(dtype).requires_grad_()
    return x, w, torch.randint(classes, (tokens,))


class Live(TorchDispatchMode):
    """The most bytes of tensors alive at once; blind to what an operation uses inside."""

    def __init__(self, given):
        super().__init__()
        self.storages = {}
        self.most = 0
        for tensor in given:
            self.see(tensor)

    def see(self, tensor):
        storage = tensor.untyped_storage()
        self.storages[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.see(tensor)
        self.storages = {
            key: (reference, size)
            for key, (reference, size) in self.storages.items()
            if not reference.expired()
        }
        self.most = max(self.most, sum(size for _, size in self.storages.values()))
        return made


@pytest.mark.usefixtures("_group")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("width", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_tensors_alive_at_the_peak_are_the_ones_counted(method, width, shape):
    x, w, target = problem(shape, DTYPES[width])
    with Live([x, w]) as live:
        WAYS[method](x, w, target)
    held = loss_memory(*shape, bytes_per_number=width, chunk_size=CHUNK)[method]
    assert 0 <= live.most - sum(held.values()) <= FEW * shape[0]


@pytest.mark.usefixtures("_group")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_allocator_holds_what_is_counted_in_float32(method, shape):
    x, w, target = problem(shape, torch.float32)
    WAYS[method](x, w, target)
    x.grad = w.grad = None
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        WAYS[method](x, w, target)
    events = [
        event
        for event in record.profiler.kineto_results.events()
        if event.name() == "[memory]"
    ]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    terms = loss_memory(*shape, chunk_size=CHUNK)[method]
    counted = sum(terms.values()) - terms["input and weight"]
    assert 0 <= most - counted <= FEW * shape[0]


def test_a_rank_holds_its_share_and_the_largest_share_counts():
    alone = loss_memory(100, 8, 1000)["vocabulary-parallel"]
    shared = loss_memory(100, 8, 1000, ranks=3)["vocabulary-parallel"]
    assert alone["logits"] == 4 * 100 * 1000
    assert shared["logits"] == 4 * 100 * 334
    assert shared["input and weight"] == 4 * (100 + 334) * 8


def test_a_chunk_is_no_larger_than_the_batch():
    whole = loss_memory(64, 8, 1000, chunk_size=64)
    assert loss_memory(64, 8, 1000, chunk_size=4096) == whole


def test_every_way_has_every_term():
    for terms in loss_memory(64, 8, 1000).values():
        assert tuple(terms) == TERMS
        assert all(type(size) is int for size in terms.values())


@pytest.mark.parametrize(
    ("sizes", "options", "expected"),
    [
        (
            (64, 8, 1000),
            {"chunk_size": 16},
            {
                "two-liner": (34048, 0, 256000, 256000, 256000, 256000, 0),
                "chunked": (34048, 34048, 64000, 0, 0, 0, 0),
                "vocabulary-parallel": (34048, 34048, 256000, 0, 0, 256000, 0),
            },
        ),
        (
            (4, 512, 16),
            {"chunk_size": 2, "bytes_per_number": 2},
            {
                "two-liner": (20480, 20480, 128, 0, 0, 128, 0),
                "chunked": (20480, 40960, 0, 0, 0, 0, 20480),
                "vocabulary-parallel": (20480, 20480, 128, 0, 0, 128, 0),
            },
        ),
        (
            (64, 8, 1000),
            {"chunk_size": 16, "bytes_per_number": 2},
            {
                "two-liner": (17024, 0, 128000, 128000, 128000, 128000, 0),
                "chunked": (17024, 34048, 64000, 0, 0, 0, 48000),
                "vocabulary-parallel": (17024, 0, 128000, 0, 0, 128000, 256000),
            },
        ),
    ],
    ids=["many classes", "many features", "many classes, narrow"],
)
def test_small_cases_agree_with_a_count_by_hand(sizes, options, expected):
    counted = loss_memory(*sizes, **options)
    assert {way: tuple(terms.values()) for way, terms in counted.items()} == expected
