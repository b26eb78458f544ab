// A Program on a device: its inputs and outputs are copied, its steps added to a queue.
#ifndef CASTALIA_CPP_RUNTIME_DEVICE_RUN_H_
#define CASTALIA_CPP_RUNTIME_DEVICE_RUN_H_

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/compile/program.h"
#include "cpp/runtime/device.h"
#include "cpp/runtime/marks.h"
#include "cpp/runtime/profile.h"

namespace castalia {

class Arena;
class StateMemory;

// What a Workspace does on a device. The first run adds the copies and the steps one by one; from
// the second on they are replayed from a recording, as long as no memory has moved.
class DeviceRun {
 public:
  DeviceRun(std::shared_ptr<const Program> program, Arena& arena,
            std::span<StateMemory* const> states);

  void* input(const std::string& name);
  // What lies on the device, instead of what input() gives: copied at once, and again and again
  // until the input is filled.
  void copy_input(const std::string& name, const void* from, size_t bytes,
                  std::span<StateMemory* const> states);
  // The first bytes of an output to another place of the device.
  void copy_output(const std::string& name, void* to, size_t bytes);
  const void* output(const std::string& name);
  // The first units of it, of so many bytes each, in pieces of whole units: the data of a piece is
  // there when its mark, if it has one, was waited for, by any thread. Until the next run.
  struct Piece {
    size_t offset;
    size_t bytes;
    Mark* arrived;
  };
  const std::byte* pieces(const std::string& name, size_t units, size_t unit,
                          std::vector<Piece>& pieces);
  void run(std::span<StateMemory* const> states);
  std::string first_not_finite(std::span<StateMemory* const> states);

 private:
  struct Pointers {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
  };
  // Where a binding's copy lies in the staging memory.
  struct Staged {
    size_t offset;
    size_t bytes;
    bool fetched = false;    // the output of the last run is there
    bool on_device = false;  // the input does not come from there
  };

  void place_all(std::span<StateMemory* const> states);
  std::byte* resolve(const Location& location) const;
  void upload_inputs();
  void download(size_t output, size_t offset, size_t bytes);
  void wait_for_small_outputs();
  void add_step(size_t index);
  void add_all();
  void run_profiled();
  Mark& mark(size_t number);
  void wait();

  std::shared_ptr<const Program> program_;
  Arena& arena_;
  MarkedQueue& queue_;
  Profile* const profile_;
  std::vector<bool> assigned_;  // of each state
  std::vector<Staged> inputs_;
  size_t first_input_ = std::numeric_limits<size_t>::max();  // where in the arena
  size_t input_bytes_ = 0;                                   // of all, and of what lies between
  std::vector<Staged> outputs_;
  bool small_outputs_ = true;  // they are downloaded in each run
  std::unique_ptr<StagingMemory> staging_;
  size_t scratch_offset_;  // in the arena, behind what the Program keeps there

  std::byte* arena_data_ = nullptr;
  std::vector<std::byte*> state_data_;
  std::vector<Pointers> pointers_;
  bool can_record_ = true;
  bool has_run_ = false;
  std::unique_ptr<Recording> recording_;
  bool running_ = false;  // since the last wait()
  std::vector<std::unique_ptr<Mark>> marks_;
  int64_t profiled_runs_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_DEVICE_RUN_H_
