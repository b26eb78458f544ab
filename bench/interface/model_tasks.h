// The workloads of models of the catalogue, through the C interface as a user sees it.
#ifndef CASTALIA_BENCH_INTERFACE_MODEL_TASKS_H_
#define CASTALIA_BENCH_INTERFACE_MODEL_TASKS_H_

#include <memory>
#include <string>

#include "bench/worker.h"

namespace castalia::bench {

// P1 (train), P2 (sample, log_prob), P3 (sample), P5 (sample, train), P6 (train), P8 (sample,
// train), P9 (sample) and P14 (call). Throws std::runtime_error with the library's message.
std::unique_ptr<Task> make_model_task(const Request& request, int threads);

// Writes the model file of P12 (the flow) or P14 (a flow so small that a call costs little more
// than calling).
void write_model(const std::string& workload, const std::string& path);

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_INTERFACE_MODEL_TASKS_H_
