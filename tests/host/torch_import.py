"""`import torch` and `import castalia` in one process, in both orders: each brings a oneDNN and an OpenMP.

Not part of the test suite, as torch takes gigabytes. In an environment that has it, with the package
castalia on PYTHONPATH: python tests/host/torch_import.py
"""

import subprocess
import sys

# Work for both libraries after the imports: products large enough for torch's threads, then a training.
WORK = """
import hashlib
import numpy

def with_torch():
    torch.set_num_threads(2)
    a = torch.arange(512 * 512, dtype=torch.float32).reshape(512, 512) % 7
    for _ in range(5):
        product = a @ a.T
    assert torch.equal(product, (a.double() @ a.double().T).float())

if with_both:
    with_torch()
x = numpy.random.default_rng(1).normal(size=(3000, 4))
flow = castalia.CouplingFlow(features=4, layers=4, hidden=64, seed=1)
flow.fit(x, steps=40, batch=512)
if with_both:
    with_torch()
events = flow.sample(5000, seed=3)
print(hashlib.sha256(events.tobytes()).hexdigest())
"""

ORDERS = {
    "castalia alone": "import castalia; with_both = False",
    "torch first": "import torch, castalia; with_both = True",
    "castalia first": "import castalia, torch; with_both = True",
}


def main():
    digests = {}
    for name, imports in ORDERS.items():
        done = subprocess.run(
            [sys.executable, "-c", imports + WORK], capture_output=True, text=True, timeout=600
        )
        if done.returncode != 0:
            print(f"{name}: status {done.returncode}\n{done.stderr}", file=sys.stderr)
            return 1
        digests[name] = done.stdout.strip()
        print(f"{name}: {digests[name]}")
    if len(set(digests.values())) != 1:
        print("the events differ", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
