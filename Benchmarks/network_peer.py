"""Prints, for each batch size, the processor's microseconds for a PyTorch training step on one thread."""

import time

import torch
from torch import nn

ROWS, STEPS, ROUNDS = 1_280, 1_000, 5


def steps(batch, x, y):
    model = nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    loss = nn.CrossEntropyLoss()
    # The first step makes what later ones reuse.
    loss(model(x[:batch]), y[:batch]).backward()
    start, done = time.thread_time(), 0
    while done < STEPS:
        order = torch.randperm(ROWS)
        for at in range(0, ROWS, batch):
            if done == STEPS:
                break
            chosen = order[at : at + batch]
            optimiser.zero_grad()
            loss(model(x[chosen]), y[chosen]).backward()
            optimiser.step()
            done += 1
    return (time.thread_time() - start) / STEPS


torch.set_num_threads(1)
torch.manual_seed(1)
x, y = torch.rand(ROWS, 784), torch.arange(ROWS) % 10
for batch in (10, 32, 128):
    print(batch, min(steps(batch, x, y) for _ in range(ROUNDS)) * 1e6)
