#include "bench/networks/tasks.h"

#include <stdexcept>

namespace castalia::bench {
namespace {

struct Workload {
  const char* name;
  std::unique_ptr<Task> (*make)(const Request&, int threads);
};

constexpr Workload kWorkloads[] = {
    {"P3", make_inverse_flow}, {"P4", make_generator}, {"P7", make_voxel_autoencoder},
    {"P14", make_direct_call}, {"limit", make_limit},
};

}  // namespace

std::unique_ptr<Task> make_network_task(const Request& request, int threads) {
  for (const Workload& workload : kWorkloads) {
    if (request.workload == workload.name) return workload.make(request, threads);
  }
  throw std::invalid_argument("no workload " + request.workload);
}

}  // namespace castalia::bench
