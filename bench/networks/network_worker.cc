// Castalia's side of the workloads that are plain networks, and the limits of the machine.
//
// usage: network_worker THREADS   answers requests (bench/worker.h)
#include <cstdlib>
#include <iostream>

#include "bench/networks/tasks.h"

int main(int argc, char** argv) {
  using namespace castalia::bench;
  const int threads = argc == 2 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::cerr << "usage: network_worker THREADS\n";
    return 2;
  }
  serve([threads](const Request& request) { return make_network_task(request, threads); }, std::cin,
        std::cout);
}
