// Programs of a model and the memory in which a caller runs them.
//
// A request for any number of rows is cut into tiles of kTileRows, or of fewer where a tile's
// tensors would not fit into a processor's caches; a last, shorter tile is padded to the next power
// of two. Programs exist for powers of two up to a tile, so there are at most log2(kTileRows) + 1
// of each kind, and some more of larger tiles where there is a device. A row's numbers do not
// depend on the tile that it falls into.
#ifndef CASTALIA_MODELS_EVALUATION_H_
#define CASTALIA_MODELS_EVALUATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cpp/base/thread_pool.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/resources.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"
#include "models/rows.h"

namespace castalia {

inline constexpr int64_t kTileRows = 256;         // at most
inline constexpr int64_t kDeviceTileRows = 8192;  // on a device: enough to keep it busy

// What stands in the caller's arrays. On the host float64; what rounds is the copy.
struct ArrayTypes {
  DType operands = DType::float64;  // "in" and "context"
  DType results = DType::float64;   // "out" and "log_det"
  bool checked = false;             // the output "finite" is there
  auto operator<=>(const ArrayTypes&) const = default;
};

// Traces what a network computes for so many events. Inputs: "in" (rows, features), "context"
// (rows, context features) where the network reads one, and for a sample "seed" and "first_event",
// int64 scalars. Outputs: "out", "log_det" (rows, 1) of transform and inverse, the demands of the
// trace, and where asked for "finite", a float64: 1 if all of "out" is, else 0.
void trace_capability(Network& network, ParameterTable& table, DType dtype, Capability capability,
                      int64_t rows, Graph& graph, ArrayTypes types = {});

// Whether it gives one number a row, not a row of features.
bool one_a_row(Capability capability);

// The rows of the Program that computes so many: a power of two.
int64_t program_rows(int64_t rows);

// Compiles what a network computes, once for each capability and number of rows. Any thread.
class ProgramCache {
 public:
  ProgramCache(Network& network, ParameterTable& table, DType dtype)
      : network_(network), table_(table), dtype_(dtype) {}

  std::shared_ptr<const Program> get(Capability capability, int64_t rows, const Device* device,
                                     ArrayTypes types = {});
  // Gives a Workspace of such a Program on the host its parameters, which lie at `parameters`, and
  // what is made of them once for all.
  void bind(Workspace& workspace, void* parameters);
  // The parameters, which lie at `parameters` on the host, on a device: copied there once for all
  // who evaluate the network there.
  std::shared_ptr<StateMemory> on_device(const Device* device, void* parameters);
  // Forgets everything: constants of the network have changed. Grows the generation.
  void clear();
  // The parameters have changed: what was made of them is made anew when it is next needed. Grows
  // the generation.
  void forget_parameters();
  // How float32 products read their operands. Forgets everything when that changes. Errors:
  // device_unavailable (the host, or the device that is named, has no such products).
  void set_products(Products products, const Device* device);
  uint64_t generation() const { return generation_; }
  size_t parameter_bytes() const { return static_cast<size_t>(table_.count()) * size_of(dtype_); }

 private:
  std::shared_ptr<const Program> made(Capability capability, int64_t rows, const Device* device,
                                      ArrayTypes types);
  void compute_fixed(std::shared_ptr<const Program> maker, void* parameters);

  Network& network_;
  ParameterTable& table_;
  const DType dtype_;
  Products products_ = Products::float32;
  std::mutex mutex_;
  std::map<std::tuple<Capability, int64_t, const Device*, ArrayTypes>,
           std::shared_ptr<const Program>>
      programs_;
  // Of Programs that read what is computed of the parameters alone: what computes that; and the
  // results by the names of the states that they are (divide_fixed()).
  std::map<const Program*, std::shared_ptr<const Program>> makers_;
  std::map<std::string, AlignedBuffer> fixed_;
  std::map<const Device*, std::shared_ptr<StateMemory>> copies_;
  // The parameters in the forms in which kernels read them, shared by all who evaluate the network.
  PreparedOperands operands_;
  std::atomic<uint64_t> generation_{0};
};

// What one evaluation reads and writes; spans that do not apply are empty.
struct EvaluationRequest {
  Capability capability = Capability::sample;
  int64_t rows = 0;
  RowsIn in = {};       // x or z, (rows, features)
  RowsIn context = {};  // (rows, context features), or one row for all
  uint64_t seed = 0;
  uint64_t first_event = 0;
  RowsOut out = {};      // one_a_row() (rows, 1), else (rows, features)
  RowsOut log_det = {};  // (rows, 1)
};

// Threads with the memory to run a model's Programs. Belongs to one caller at a time; the cache and
// the parameters must outlive it.
class Crew {
 public:
  // On a device one thread does all, and the others copy large results; with several devices there
  // is one for each.
  Crew(ProgramCache& cache, void* parameters, Resources resources);

  const Resources& resources() const { return resources_; }
  // Returns whether all results are finite.
  bool run(const EvaluationRequest& request, int64_t features, int64_t context_features);

 private:
  // The Workspaces of one thread, which share its arena.
  struct Member {
    explicit Member(const Device* device)
        : device(device), arena(std::make_shared<Arena>(device)) {}
    const Device* device;
    std::shared_ptr<Arena> arena;
    std::shared_ptr<StateMemory> parameters;  // on a device
    std::map<std::tuple<Capability, int64_t, ArrayTypes>, std::unique_ptr<Workspace>> workspaces;
    uint64_t generation = 0;
  };
  Workspace& workspace(Member& member, Capability capability, int64_t rows, ArrayTypes types);
  // Together: by all threads, where that is worth while.
  bool run_tile(Member& member, const EvaluationRequest& request, int64_t first, int64_t tile_rows,
                int64_t features, int64_t context_features, bool together);
  // How many rows of a request a tile has.
  int64_t tile_rows(const EvaluationRequest& request);
  // Returns whether all are finite.
  bool store(Member& member, Workspace& workspace, const char* name, int64_t first, int64_t rows,
             const RowsOut& to);
  void give(Member& member, Workspace& workspace, const char* name, const RowsIn& from,
            int64_t first, int64_t rows, int64_t padded, int64_t columns);
  ArrayTypes types_of(const EvaluationRequest& request) const;
  ThreadPool& pool();

  ProgramCache& cache_;
  void* parameters_;
  const Resources resources_;
  const int threads_;
  const int64_t tile_rows_;                                  // at most
  std::map<std::pair<Capability, int64_t>, int64_t> tiles_;  // what tile_rows() found
  std::unique_ptr<ThreadPool> pool_;  // with more than one thread; started when first needed
  std::vector<Member> members_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_EVALUATION_H_
