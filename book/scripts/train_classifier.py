"""Train a classifier of handwritten digits with PyTorch: python train_classifier.py.

It needs torch 2.6 or later and scikit-learn; the 1,797 pictures come with scikit-learn.
"""

import math

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FEATURES, HIDDEN, CLASSES = 64, 64, 10
EPOCHS, BATCH_SIZE, LEARNING_RATE, SEED = 20, 64, 0.003, 1


def make_loaders():
    """Scale the pictures, hold out a quarter, and deal both parts in batches."""
    pixels, digits = load_digits(return_X_y=True)
    x = torch.tensor(pixels / 16, dtype=torch.float32)  # from 0..16 to 0..1
    y = torch.tensor(digits, dtype=torch.long)  # class indices, shape (N,)
    assert x.isfinite().all() and y.min() >= 0 and y.max() < CLASSES
    train, held_out = train_test_split(
        torch.arange(len(y)), test_size=0.25, random_state=SEED, stratify=y
    )
    assert len(train) >= BATCH_SIZE, "too few rows for one batch"
    # The last, small batch is left out of training. It counts in evaluation.
    order = torch.Generator().manual_seed(SEED)
    how = {"shuffle": True, "drop_last": True, "generator": order}
    return (
        DataLoader(TensorDataset(x[train], y[train]), BATCH_SIZE, **how),
        DataLoader(TensorDataset(x[held_out], y[held_out]), BATCH_SIZE),
    )


@torch.no_grad()
def evaluate(model, loader, device):
    """Return the mean loss and the accuracy over examples, not over batches."""
    model.eval()
    total, right, count = 0.0, 0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        logits = model(x)
        total += nn.functional.cross_entropy(logits, y, reduction="sum").item()
        right += (logits.argmax(dim=1) == y).sum().item()
        count += len(y)
    return total / count, right / count


def main():
    """Check the first loss, train, and report on the pictures held out."""
    torch.manual_seed(SEED)
    use_gpu = torch.accelerator.is_available()
    device = torch.accelerator.current_accelerator() if use_gpu else "cpu"
    train, held_out = make_loaders()
    # The last layer gives logits: no softmax here, the loss applies it.
    model = nn.Sequential(
        nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES)
    ).to(device)
    criterion = nn.CrossEntropyLoss()
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    first, uniform = evaluate(model, held_out, device)[0], math.log(CLASSES)
    print(f"first loss {first:.2f}; a uniform guess costs {uniform:.2f}")
    assert abs(first - uniform) < 0.5, "look at scaling, labels, loss"
    for epoch in range(1, EPOCHS + 1):
        model.train()
        for x, y in train:
            loss = criterion(model(x.to(device)), y.to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if epoch % 5 == 0 or epoch == EPOCHS:
            loss, accuracy = evaluate(model, held_out, device)
            print(f"epoch {epoch:2}: loss {loss:.2f}, accuracy {accuracy:.2f}")


if __name__ == "__main__":
    main()
