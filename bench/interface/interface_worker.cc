// Castalia's side of the workloads whose model is in the catalogue, and of the referee.
//
// usage: interface_worker THREADS                 answers requests (bench/worker.h)
//        interface_worker --write WORKLOAD FILE   writes a workload's model file
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "bench/interface/model_tasks.h"
#include "bench/interface/referee_tasks.h"

int main(int argc, char** argv) {
  using namespace castalia::bench;
  try {
    if (argc == 4 && std::strcmp(argv[1], "--write") == 0) {
      write_model(argv[2], argv[3]);
      return 0;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  const int threads = argc == 2 ? std::atoi(argv[1]) : 0;
  if (threads < 1) {
    std::cerr << "usage: interface_worker THREADS | --write WORKLOAD FILE\n";
    return 2;
  }
  serve(
      [threads](const Request& request) {
        return request.workload == "M" ? make_referee_task(request, threads)
                                       : make_model_task(request, threads);
      },
      std::cin, std::cout);
}
