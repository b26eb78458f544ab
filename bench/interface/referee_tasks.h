// The metrics of the referee, through the C interface as a user sees it.
#ifndef CASTALIA_BENCH_INTERFACE_REFEREE_TASKS_H_
#define CASTALIA_BENCH_INTERFACE_REFEREE_TASKS_H_

#include <memory>

#include "bench/worker.h"

namespace castalia::bench {

// M: the metric named by the mode, on as many generated as reference showers of 504 cells, as many
// as the batch says. They are read from the files `generated` and `reference`, float32 rows, in the
// folder that the environment variable CASTALIA_BENCH_SHOWERS names. Settings are the defaults, but
// for fewer batches where peers would need minutes for one repetition (bench/peers/metrics.py has
// the same); `everything` is all metrics with their defaults, one after another. Throws
// std::runtime_error with the library's message.
std::unique_ptr<Task> make_referee_task(const Request& request, int threads);

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_INTERFACE_REFEREE_TASKS_H_
