// Memory in which a Program runs.
#ifndef CASTALIA_CPP_RUNTIME_WORKSPACE_H_
#define CASTALIA_CPP_RUNTIME_WORKSPACE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/compile/program.h"

namespace castalia {

// Bytes on a boundary of kBufferAlignment. An Error (out_of_memory) that states the size when the
// system has none.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes);  // zeros
  std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

// Memory that several Workspaces use in turn: as large as the largest needs. Used by one at a time.
class Arena {
 public:
  // Where the memory lies, at least `bytes` long; it may move when it grows.
  std::byte* reserve(size_t bytes);
  std::byte* data() const { return buffer_.data(); }
  size_t size() const { return buffer_.size(); }

 private:
  AlignedBuffer buffer_;
};

class PreparedOperands;
class Profile;

// A Program with the memory to run it. Belongs to one thread at a time.
class Workspace {
 public:
  // Up to `threads` threads can take part in a run. Without an arena it has one of its own.
  explicit Workspace(std::shared_ptr<const Program> program, int threads = 1,
                     std::shared_ptr<Arena> arena = nullptr);

  const Program& program() const { return *program_; }

  // The state of this name lives at `data`, padded_bytes() of its size long and on a boundary of
  // kBufferAlignment, while the Workspace is used. All states must be bound before the first run.
  void bind_state(const std::string& name, void* data);

  // For a Program whose states are fixed (CompileOptions::states_fixed), once all are bound: takes
  // the forms of them that its kernels read from `operands`, which makes what is missing. Errors:
  // out_of_memory.
  void prepare(PreparedOperands& operands);

  // Where to write an input before a run and to read an output after it. With a shared arena: until
  // another Workspace runs or reserves.
  void* input(const std::string& name);
  const void* output(const std::string& name);

  // Computes everything. An Error (internal) when a state is not bound or not prepared. Nothing is
  // allocated or locked. Without a pool everything runs on this thread.
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
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_WORKSPACE_H_
