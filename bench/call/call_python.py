"""P14 from Python: one event a call. Answers "run SIDE SECONDS" (bench/peers/serve.py) with the times of
blocks of calls.

usage: call_python.py MODEL_FILE
"""

import sys
import time

import castalia
import numpy as np

CALLS_A_BLOCK = 100

model = castalia.load(sys.argv[1])
x = np.empty((1, model.features), np.float32)
event = 0
for line in sys.stdin:
    times = []
    end = time.perf_counter() + float(line.split()[2])
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(CALLS_A_BLOCK):
            model.sample(out=x, seed=1, first_event=event)
            event += 1
        times.append(time.perf_counter() - start)
    print("ok", *times, flush=True)
