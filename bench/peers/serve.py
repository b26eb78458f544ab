"""How a peer answers the harness (bench/measure.py): one process, one framework, fixed threads.

Requests come as lines on the standard input, one answer a line goes out:

    prepare CASE MODE BATCH PEER    makes a repetition ready, and warms it up -> ok PARAMETERS [TIMES]
                                    (a repetition is one of so many equal parts of the work; else all)
    run PEER SECONDS                repeats it for so long, at least once     -> ok TIME TIME ...
                                    PEER@host: from NumPy arrays and to them, where that is another thing
    drop                            forgets what was prepared                 -> ok
    memory CASE MODE BATCH PEER     peak memory of a few repetitions, in bytes beyond what was
                                    resident before the model was made        -> ok BYTES
    versions                        what was loaded                           -> ok NAME=VERSION ...

A failure is answered by "error MESSAGE". Castalia's side speaks the same (bench/worker.h).
"""

import gc
import os
import sys
import time

# A warm-up covers compilation, and then what compilers and allocators learn from the first calls: so
# many, or for so many seconds.
WARM_UP_REPETITIONS, WARM_UP_SECONDS = 3, 1.0
MEMORY_REPETITIONS = 5

# On a GPU a repetition of training is so many steps: nobody waits for each of them.
STEPS = {"cpu": 1, "cuda": 10}


def steps_of(kind):
    """How many steps of training on such a device are a repetition."""
    return STEPS[kind]


def resident(field):
    """A size from /proc/self/status, in bytes: VmRSS now, VmHWM at its highest."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"the system does not report {field}")


def forget_peak():
    """Starts VmHWM again from what is resident now."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def warm_up(repetition):
    repetition()  # compiles
    end = time.perf_counter() + WARM_UP_SECONDS
    for _ in range(WARM_UP_REPETITIONS):
        repetition()
        if time.perf_counter() > end:
            return


def timed(repetition, seconds):
    """Times of repetitions that together take about so long."""
    times = []
    end = time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        repetition()
        stop = time.perf_counter()
        times.append(stop - start)
        if stop >= end:
            return times


def peak_memory(make, arguments):
    gc.collect()
    forget_peak()
    before = resident("VmRSS")
    repetition = make(*arguments)[0]
    for _ in range(MEMORY_REPETITIONS):
        repetition()
    return resident("VmHWM") - before


def serve(make, versions):
    """Answers until the input ends.

    make(case, mode, batch, peer) gives a function of no arguments that returns when one repetition is
    complete, the number of the model's parameters, and, where a repetition is only a part of the work,
    how many such parts there are.
    """
    # What libraries print goes to the standard error, so that answers stand alone.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    ready = {}
    for line in sys.stdin:
        request, *words = line.split()
        arguments = (words[0], words[1], int(words[2]), words[3]) if len(words) == 4 else None
        try:
            if request == "prepare":
                repetition, parameters, *times = make(*arguments)
                steps = getattr(repetition, "steps", 1)
                warm_up(repetition)
                ready[words[3]] = repetition
                answer = [parameters, (times[0] if times else 1) / steps]
            elif request == "run":
                peer, _, place = words[0].partition("@")
                repetition = ready[peer].from_host if place == "host" else ready[peer]
                answer = [f"{t:.9g}" for t in timed(repetition, float(words[1]))]
            elif request == "drop":
                ready.clear()
                repetition = None
                gc.collect()
                answer = []
            elif request == "memory":
                answer = [peak_memory(make, arguments)]
            elif request == "versions":
                answer = [f"{name}={version}" for name, version in versions.items()]
            else:
                raise ValueError(f"unknown request {request}")
            print("ok", *answer, file=answers, flush=True)
        except Exception as error:  # whatever a framework raises, the harness is to hear of it
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print("error", text[:400], file=answers, flush=True)
