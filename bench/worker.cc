#include "bench/worker.h"

#include <chrono>
#include <cmath>
#include <exception>
#include <fstream>
#include <iomanip>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace castalia::bench {
namespace {

constexpr int kWarmUpRepetitions = 3;
constexpr int kMemoryRepetitions = 5;

// A size from /proc/self/status, in bytes: VmRSS now, VmHWM at its highest.
int64_t resident(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return 1024 * std::stoll(line.substr(field.size() + 1));
  }
  throw std::runtime_error("the system does not report " + field);
}

std::unique_ptr<Task> prepared(const TaskMaker& make, const Request& request, int repetitions) {
  std::unique_ptr<Task> task = make(request);
  for (int i = 0; i < repetitions; ++i) task->run();
  if (!std::isfinite(task->check())) throw std::runtime_error("the result is not finite");
  return task;
}

int64_t peak_memory(const TaskMaker& make, const Request& request) {
  std::ofstream("/proc/self/clear_refs") << "5";  // starts VmHWM again
  const int64_t before = resident("VmRSS");
  const std::unique_ptr<Task> task = prepared(make, request, kMemoryRepetitions);
  return resident("VmHWM") - before;
}

// Times of repetitions that together take about so long, in seconds.
std::vector<double> timed(Task& task, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  std::vector<double> times;
  const Clock::time_point first = Clock::now();
  do {
    const Clock::time_point start = Clock::now();
    task.run();
    times.push_back(since(start));
  } while (since(first) < seconds);
  return times;
}

}  // namespace

void serve(const TaskMaker& make, std::istream& requests, std::ostream& answers) {
  std::unique_ptr<Task> task;
  for (std::string line; std::getline(requests, line);) {
    std::istringstream words(line);
    std::string what;
    words >> what;
    std::ostringstream answer;
    answer << std::setprecision(9) << "ok";
    try {
      if (what == "prepare" || what == "memory") {
        Request request;
        words >> request.workload >> request.mode >> request.batch;
        if (!words || request.batch < 1) throw std::invalid_argument("not a request: " + line);
        task.reset();
        if (what == "memory") {
          answer << ' ' << peak_memory(make, request);
        } else {
          task = prepared(make, request, kWarmUpRepetitions);
          answer << ' ' << task->parameters();
        }
      } else if (what == "run") {
        std::string side;
        double seconds = 0;
        words >> side >> seconds;
        if (!task) throw std::invalid_argument("nothing is prepared");
        for (const double time : timed(*task, seconds)) answer << ' ' << time;
      } else if (what == "drop") {
        task.reset();
      } else {
        throw std::invalid_argument("unknown request " + what);
      }
      answers << answer.str() << std::endl;
    } catch (const std::exception& error) {
      answers << "error " << error.what() << std::endl;
    }
  }
}

}  // namespace castalia::bench
