// How Castalia's side answers the harness (bench/measure.py): a process that holds one prepared
// workload and times it on request. bench/peers/serve.py states the requests; the peers answer the
// same.
#ifndef CASTALIA_BENCH_WORKER_H_
#define CASTALIA_BENCH_WORKER_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace castalia::bench {

struct Request {
  std::string workload;  // "P1"
  std::string mode;      // "train"
  int64_t batch = 1;
};

// A workload of fixed size, ready to run. Belongs to one thread.
class Task {
 public:
  virtual ~Task() = default;
  // One repetition, complete when it returns.
  virtual void run() = 0;
  // How many the model has; the harness compares it with the peers'.
  virtual int64_t parameters() const = 0;
  // The sum of what the last repetition computed: not finite when something went wrong.
  virtual double check() const = 0;
};

using TaskMaker = std::function<std::unique_ptr<Task>(const Request&)>;

// Answers requests until the input ends. What a task throws is answered as an error.
void serve(const TaskMaker& make, std::istream& requests, std::ostream& answers);

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_WORKER_H_
