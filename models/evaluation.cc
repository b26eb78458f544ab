#include "models/evaluation.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <optional>

#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/compile/fixed_parts.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/demands.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/profile.h"

namespace castalia {
namespace {

// A tile's tensors are to stay in the caches: on an EPYC with 32 MB of them EPiC-GAN's clouds take
// 5 % less time with 8 MB than with ten times as much, and on a Xeon with 2 MB for each core 5 %
// less with 4 MB than with 8. A tile of fewer rows reads the weights more often.
constexpr size_t kTileBytes = 4 * 1024 * 1024;
constexpr int64_t kLeastTileRows = 8;

constexpr char kParameters[] = "parameters";

// From so many bytes on several threads copy what comes from a device: one takes some 100 us for a
// megabyte, which is longer than the bus takes. More than so many would only wait for the memory.
constexpr size_t kSharedBytes = 512 * 1024;
constexpr int kStoringThreads = 8;

// Copies rows [first, first + rows) of a (any, columns) array to a tensor of `padded` rows, of
// which the last repeat the last real one, so that they lie where the network has a value.
void copy_rows(std::span<const double> from, int64_t first, int64_t rows, int64_t padded,
               int64_t columns, void* to) {
  auto* out = static_cast<double*>(to);
  const double* in = from.data() + first * columns;
  const auto width = static_cast<size_t>(columns);
  std::memcpy(out, in, static_cast<size_t>(rows) * width * sizeof(double));
  for (int64_t row = rows; row < padded; ++row) {
    std::memcpy(out + row * columns, in + (rows - 1) * columns, width * sizeof(double));
  }
}

void write_scalar(Workspace& workspace, const char* name, uint64_t value) {
  const auto signed_value = static_cast<int64_t>(value);
  std::memcpy(workspace.input(name), &signed_value, sizeof signed_value);
}

bool is_worth_sharing(const Program& program) {
  return std::any_of(program.steps.begin(), program.steps.end(),
                     [](const Step& step) { return step.threads > 1; });
}

// `first` is the number of the first row of the tile.
void check_demands(Workspace& workspace, const char* what, uint64_t first, int64_t rows) {
  if (const std::optional<UnmetDemand> unmet = unmet_demand(workspace, rows)) {
    fail(Code::numerical, what, " ", first + static_cast<uint64_t>(unmet->row), ": ",
         unmet->otherwise);
  }
}

}  // namespace

bool one_a_row(Capability capability) {
  return capability == Capability::log_prob || capability == Capability::score;
}

void trace_capability(Network& network, ParameterTable& table, DType dtype, Capability capability,
                      int64_t rows, Graph& graph, ArrayTypes types) {
  const Value flat = graph.state(kParameters, {dtype, {table.count()}});
  Trace trace(graph, table, flat, dtype);
  const auto input = [&](const char* name, int64_t columns) {
    const Value given = graph.input(name, {types.operands, {rows, columns}});
    return types.operands == DType::float64 ? given : cast(given, DType::float64);
  };
  const bool conditional = network.context_features() > 0 && network.reads_context(capability);
  const Value context = conditional ? input("context", network.context_features()) : Value();
  const auto put_one = [&](const char* name, Value result) {
    const Value given = types.results == DType::float64 ? result : cast(result, types.results);
    graph.output(name, given);
    if (types.checked && std::strcmp(name, "out") == 0) {
      graph.output("finite", cast(min(min(is_finite(given), 1), 0), DType::float64));
    }
  };
  const auto put = [&](const std::pair<Value, Value>& result) {
    put_one("out", result.first);
    put_one("log_det", result.second);
  };
  switch (capability) {
    case Capability::log_prob:
      put_one("out", network.log_prob(trace, input("in", network.features()), context));
      break;
    case Capability::sample:
      trace.seed = graph.input("seed", {DType::int64, {}});
      trace.first_event = graph.input("first_event", {DType::int64, {}});
      put_one("out", network.sample(trace, rows, context));
      break;
    case Capability::transform:
      put(network.transform(trace, input("in", network.features()), context));
      break;
    case Capability::inverse:
      put(network.inverse(trace, input("in", network.features()), context));
      break;
    case Capability::score:
      put_one("out", network.score(trace, input("in", network.features()), context));
      break;
  }
  output_demands(trace, graph);
}

int64_t program_rows(int64_t rows) {
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows)));
}

std::shared_ptr<const Program> ProgramCache::get(Capability capability, int64_t rows,
                                                 const Device* device, ArrayTypes types) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Program>& program = programs_[{capability, rows, device, types}];
  if (!program) program = made(capability, rows, device, types);
  return program;
}

std::shared_ptr<StateMemory> ProgramCache::on_device(const Device* device, void* parameters) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<StateMemory>& copy = copies_[device];
  if (!copy) {
    auto made = std::make_shared<StateMemory>(parameters, parameter_bytes(), device);
    made->on_device(*device->make_queue(), false);
    copy = std::move(made);
  }
  return copy;
}

void ProgramCache::bind(Workspace& workspace, void* parameters) {
  const std::lock_guard lock(mutex_);
  workspace.bind_state(kParameters, parameters);
  const Program& program = workspace.program();
  for (const Binding& state : program.states) {
    if (state.name == kParameters) continue;
    if (!fixed_.contains(state.name)) compute_fixed(makers_.at(&program), parameters);
    workspace.bind_state(state.name, fixed_.at(state.name).data());
  }
  workspace.prepare(operands_);
}

void ProgramCache::compute_fixed(std::shared_ptr<const Program> maker, void* parameters) {
  Workspace workspace(std::move(maker));
  workspace.bind_state(kParameters, parameters);
  PreparedOperands used_once;
  workspace.prepare(used_once);
  workspace.run();
  for (const Binding& each : workspace.program().outputs) {
    AlignedBuffer made(padded_bytes(each.type.bytes()));
    std::memcpy(made.data(), workspace.output(each.name), each.type.bytes());
    fixed_.try_emplace(each.name, std::move(made));  // somebody may read what is there
  }
}

void ProgramCache::clear() {
  const std::lock_guard lock(mutex_);
  programs_.clear();
  makers_.clear();
  forget_parameters();
}

void ProgramCache::set_products(Products products, const Device* device) {
  if (products == products_) return;
  require_products(products, device);
  products_ = products;
  clear();
}

void ProgramCache::forget_parameters() {
  operands_.clear();
  fixed_.clear();
  copies_.clear();
  ++generation_;
}

std::shared_ptr<const Program> ProgramCache::made(Capability capability, int64_t rows,
                                                  const Device* device, ArrayTypes types) {
  Graph graph;
  graph.set_whole_rows(device != nullptr);
  trace_capability(network_, table_, dtype_, capability, rows, graph, types);
  const CompileOptions options = {
      .rows_independent = true, .states_fixed = true, .products = products_, .device = device};
  if (device != nullptr) return compile(graph, options);
  Graph fixed;
  Graph rest;
  divide_fixed(graph, fixed, rest);
  const std::shared_ptr<const Program> program = compile(rest, options);
  if (!fixed.outputs().empty()) makers_[program.get()] = compile(fixed, options);
  return program;
}

Crew::Crew(ProgramCache& cache, void* parameters, Resources resources)
    : cache_(cache),
      parameters_(parameters),
      resources_(resources),
      threads_(resources.device != nullptr ? 1
               : resources.threads > 0     ? resources.threads
                                           : available_cores()),
      tile_rows_(resources.device != nullptr ? kDeviceTileRows : kTileRows) {
  for (const Device* device : resources.all) members_.emplace_back(device);
  while (static_cast<int>(members_.size()) < threads_) members_.emplace_back(resources.device);
}

// On the host the rounding belongs to the copy that is made in any case; from a device fewer bytes
// come home.
ArrayTypes Crew::types_of(const EvaluationRequest& request) const {
  if (resources_.device == nullptr) return {};
  const auto is_float32 = [](const RowsOut& rows) {
    return rows.data == nullptr || rows.dtype == DType::float32;
  };
  ArrayTypes types;
  types.operands = request.in.on_device()        ? request.in.dtype
                   : request.context.on_device() ? request.context.dtype
                                                 : DType::float64;
  if (is_float32(request.out) && is_float32(request.log_det)) types.results = DType::float32;
  types.checked = request.capability == Capability::sample && request.out.on_device();
  return types;
}

Workspace& Crew::workspace(Member& member, Capability capability, int64_t rows, ArrayTypes types) {
  if (member.generation != cache_.generation()) {
    member.workspaces.clear();
    member.generation = cache_.generation();
  }
  std::unique_ptr<Workspace>& workspace = member.workspaces[{capability, rows, types}];
  if (!workspace) {
    const Device* device = resources_.device;
    // The first member's tiles may be computed by all.
    const int threads = &member == &members_.front() ? threads_ : 1;
    auto made = std::make_unique<Workspace>(cache_.get(capability, rows, device, types), threads,
                                            member.arena);
    if (device != nullptr) {
      member.parameters = cache_.on_device(device, parameters_);
      made->bind_state(kParameters, *member.parameters);
    } else {
      cache_.bind(*made, parameters_);
    }
    workspace = std::move(made);
  }
  return *workspace;
}

void Crew::give(Member& member, Workspace& workspace, const char* name, const RowsIn& from,
                int64_t first, int64_t rows, int64_t padded, int64_t columns) {
  if (!from.on_device()) {
    copy_rows(from.host, first, rows, padded, columns, workspace.input(name));
    return;
  }
  const size_t row_bytes = static_cast<size_t>(columns) * size_of(from.dtype);
  member.arena->queue().wait_for(from.place.stream);
  workspace.copy_input(
      name, static_cast<const std::byte*>(from.data) + static_cast<size_t>(first) * row_bytes,
      static_cast<size_t>(rows) * row_bytes);
}

bool Crew::store(Member& member, Workspace& workspace, const char* name, int64_t first,
                 int64_t rows, const RowsOut& to) {
  const DType dtype = find_binding(workspace.program().outputs, name).type.dtype;
  const size_t row_bytes = static_cast<size_t>(to.columns) * size_of(dtype);
  if (to.on_device()) {
    member.arena->queue().wait_for(to.place.stream);
    workspace.copy_output(name,
                          static_cast<std::byte*>(to.data) + static_cast<size_t>(first) * row_bytes,
                          static_cast<size_t>(rows) * row_bytes);
    member.arena->queue().wait();
    return true;
  }
  const bool shared = resources_.device != nullptr && members_.size() == 1 &&
                      resources_.threads != 1 &&
                      static_cast<size_t>(rows) * row_bytes >= kSharedBytes;
  std::atomic<bool> finite = true;
  const auto take = [&](const std::byte* data, int64_t from, int64_t until) {
    const ProfiledPart part("store");
    const std::byte* begin = data + static_cast<size_t>(from) * row_bytes;
    if (!store_rows(begin, dtype, first + from, until - from, to)) finite = false;
  };
  // By reference: a function that is copied allocates.
  workspace.take_output(name, rows, row_bytes, std::ref(take), shared ? &pool() : nullptr);
  return finite;
}

int64_t Crew::tile_rows(const EvaluationRequest& request) {
  const int64_t rows = std::min(tile_rows_, program_rows(request.rows));
  if (resources_.device != nullptr || rows <= kLeastTileRows) return tile_rows_;
  int64_t& found = tiles_[{request.capability, rows}];
  if (found == 0) {
    const std::shared_ptr<const Program> program =
        cache_.get(request.capability, rows, nullptr, types_of(request));
    const size_t most = std::max(kTileBytes, cache_.parameter_bytes());
    found = rows;
    while (found > kLeastTileRows &&
           program->arena_bytes / static_cast<size_t>(rows) * static_cast<size_t>(found) > most) {
      found /= 2;
    }
  }
  return found;
}

bool Crew::run_tile(Member& member, const EvaluationRequest& request, int64_t first,
                    int64_t tile_rows, int64_t features, int64_t context_features, bool together) {
  const int64_t rows = std::min(tile_rows, request.rows - first);
  const int64_t padded = program_rows(rows);
  const ArrayTypes types = types_of(request);
  Workspace& space = workspace(member, request.capability, padded, types);
  const bool samples = request.capability == Capability::sample;
  if (samples) {
    write_scalar(space, "seed", request.seed);
    write_scalar(space, "first_event", request.first_event + static_cast<uint64_t>(first));
  } else {
    give(member, space, "in", request.in, first, rows, padded, features);
  }
  if (context_features > 0) {
    const bool one = request.context.count == context_features;
    give(member, space, "context", request.context, one ? 0 : first, one ? 1 : rows, padded,
         context_features);
  }
  space.run(together && is_worth_sharing(space.program()) ? &pool() : nullptr);
  const auto place = static_cast<uint64_t>(first);
  check_demands(space, samples ? "event" : "row", samples ? request.first_event + place : place,
                rows);
  bool finite = store(member, space, "out", first, rows, request.out);
  if (!request.log_det.empty()) {
    finite &= store(member, space, "log_det", first, rows, request.log_det);
  }
  if (types.checked) finite &= *static_cast<const double*>(space.output("finite")) != 0;
  return finite;
}

ThreadPool& Crew::pool() {
  if (!pool_) {
    const int threads = resources_.threads > 0 ? resources_.threads : available_cores();
    pool_ = std::make_unique<ThreadPool>(members_.size() > 1 ? static_cast<int>(members_.size())
                                         : resources_.device != nullptr
                                             ? std::min(threads, kStoringThreads)
                                             : threads);
  }
  return *pool_;
}

bool Crew::run(const EvaluationRequest& request, int64_t features, int64_t context_features) {
  const int64_t tile_rows = this->tile_rows(request);
  const int64_t tiles = (request.rows + tile_rows - 1) / tile_rows;
  std::atomic<bool> finite = true;
  const auto run_one = [&](int64_t tile, size_t member, bool together = false) {
    if (!run_tile(members_[member], request, tile * tile_rows, tile_rows, features,
                  context_features, together)) {
      finite = false;
    }
  };
  const auto shares = static_cast<int64_t>(members_.size());
  if (shares == 1 || tiles < 2) {
    // One event never enters a parallel region.
    const bool together = shares > 1 && resources_.device == nullptr && request.rows > 1;
    for (int64_t tile = 0; tile < tiles; ++tile) run_one(tile, 0, together);
    return finite;
  }
  if (resources_.device != nullptr) {
    // Which device computes a tile is no chance: they may be of different kinds.
    pool().run(shares, [&](int64_t first, int64_t last, int) {
      for (int64_t share = first; share < last; ++share) {
        for (int64_t tile = share; tile < tiles; tile += shares) {
          run_one(tile, static_cast<size_t>(share));
        }
      }
    });
    return finite;
  }
  // Which thread takes which tile is chance; the memory for a size is there for all after the first
  // call.
  const int64_t rest = request.rows - (tiles - 1) * tile_rows;
  for (Member& member : members_) {
    workspace(member, request.capability, tile_rows, types_of(request));
    workspace(member, request.capability, program_rows(rest), types_of(request));
  }
  pool().run(tiles, [&](int64_t first, int64_t last, int thread) {
    for (int64_t tile = first; tile < last; ++tile) run_one(tile, static_cast<size_t>(thread));
  });
  return finite;
}

}  // namespace castalia
