// Memory in which a Program runs.
#ifndef CASTALIA_CPP_RUNTIME_WORKSPACE_H_
#define CASTALIA_CPP_RUNTIME_WORKSPACE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/compile/program.h"
#include "cpp/runtime/aligned_buffer.h"
#include "cpp/runtime/device.h"
#include "cpp/runtime/marks.h"

namespace castalia {

// Memory that several Workspaces use in turn: as large as the largest needs. Used by one at a time.
class Arena {
 public:
  // On the host, or on a device: then with the queue in which its Workspaces do their work.
  explicit Arena(const Device* device = nullptr);

  // Where the memory lies, at least `bytes` long; it may move when it grows.
  std::byte* reserve(size_t bytes);
  std::byte* data() const { return device_ == nullptr ? buffer_.data() : on_device_.data(); }
  size_t size() const { return device_ == nullptr ? buffer_.size() : on_device_.size(); }

  const Device* device() const { return device_; }
  MarkedQueue& queue() const { return static_cast<MarkedQueue&>(*queue_); }

 private:
  const Device* device_;
  std::unique_ptr<Queue> queue_;
  AlignedBuffer buffer_;
  DeviceMemory on_device_;
};

class PreparedOperands;
class DeviceRun;
class Profile;
class StateMemory;

// A Program with the memory to run it. Belongs to one thread at a time.
class Workspace {
 public:
  // Up to `threads` threads can take part in a run. Without an arena it has one of its own.
  // Its device is the Program's.
  explicit Workspace(std::shared_ptr<const Program> program, int threads = 1,
                     std::shared_ptr<Arena> arena = nullptr);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  const Program& program() const { return *program_; }

  // The state of this name lives at `data`, padded_bytes() of its size long and on a boundary of
  // kBufferAlignment, while the Workspace is used. All states must be bound before the first run.
  // On the host only.
  void bind_state(const std::string& name, void* data);
  // The same wherever the Program runs, which is where the state can be.
  void bind_state(const std::string& name, StateMemory& state);

  // For a Program whose states are fixed (CompileOptions::states_fixed), once all are bound: takes
  // the forms of them that its kernels read from `operands`, which makes what is missing. Errors:
  // out_of_memory.
  void prepare(PreparedOperands& operands);

  // Where to write an input before a run and to read an output after it, on the host: ask again
  // after each run. With a shared arena: until another Workspace runs or reserves.
  void* input(const std::string& name);
  const void* output(const std::string& name);

  // Calls take(data, first, last) for ranges that together are the first `units` units, of so many
  // bytes each, of an output: `data` is where its first unit lies. On a device as they arrive, on
  // the threads of the pool.
  using Take = std::function<void(const std::byte* data, int64_t first, int64_t last)>;
  void take_output(const std::string& name, int64_t units, size_t unit, const Take& take,
                   ThreadPool* pool = nullptr);

  // For a Program of a device: an input that lies there already, repeated until it is filled; and
  // the first bytes of an output to a place there. They are copied in the order of the queue, in
  // which runs are, too.
  void copy_input(const std::string& name, const void* from, size_t bytes);
  void copy_output(const std::string& name, void* to, size_t bytes);

  // Computes everything. An Error (internal) when a state is not bound or not prepared. Nothing is
  // allocated or locked. Without a pool everything runs on this thread. On a device it is begun:
  // who asks for an output waits.
  void run(ThreadPool* pool = nullptr);

  // Runs again, on this thread, and looks at every tensor as it is computed: "operator 'log' at
  // coupling 3 / conditioner" for the first that holds a NaN, or else an infinity (which may be
  // harmless: a branch that is not taken); empty when none does.
  std::string first_not_finite();

 private:
  struct Pointers {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
  };
  std::byte* resolve(const Location& location) const;
  void resolve_all();
  void refresh();
  template <bool Profiled>
  void run_step(size_t index, ThreadPool* pool);

  std::shared_ptr<const Program> program_;
  std::shared_ptr<Arena> arena_;
  std::byte* arena_data_ = nullptr;
  AlignedBuffer scratch_;
  size_t scratch_stride_ = 0;
  Profile* profile_;
  int threads_;
  std::vector<void*> states_;
  std::vector<std::shared_ptr<const AlignedBuffer>>
      prepared_;        // in the order of Program::preparations
  bool ready_ = false;  // every pointer is there
  std::vector<Pointers> pointers_;
  std::vector<StateMemory*> state_memory_;  // of each state that was bound so
  std::unique_ptr<DeviceRun> on_device_;    // null on the host
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_WORKSPACE_H_
