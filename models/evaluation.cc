#include "models/evaluation.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/demands.h"

namespace castalia {
namespace {

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

// `first` is the number of the first row of the tile.
void check_demands(Workspace& workspace, const char* what, uint64_t first, int64_t rows) {
  if (const std::optional<UnmetDemand> unmet = unmet_demand(workspace, rows)) {
    fail(Code::numerical, what, " ", first + static_cast<uint64_t>(unmet->row), ": ",
         unmet->otherwise);
  }
}

void read_rows(Workspace& workspace, const char* name, int64_t first, int64_t rows, int64_t columns,
               std::span<double> out) {
  std::memcpy(out.data() + first * columns, workspace.output(name),
              static_cast<size_t>(rows * columns) * sizeof(double));
}

}  // namespace

bool one_a_row(Capability capability) {
  return capability == Capability::log_prob || capability == Capability::score;
}

void trace_capability(Network& network, ParameterTable& table, DType dtype, Capability capability,
                      int64_t rows, Graph& graph) {
  const Value flat = graph.state("parameters", {dtype, {table.count()}});
  Trace trace(graph, table, flat, dtype);
  const auto input = [&](const char* name, int64_t columns) {
    return graph.input(name, {DType::float64, {rows, columns}});
  };
  const bool conditional = network.context_features() > 0 && network.reads_context(capability);
  const Value context = conditional ? input("context", network.context_features()) : Value();
  const auto put = [&](const std::pair<Value, Value>& result) {
    graph.output("out", result.first);
    graph.output("log_det", result.second);
  };
  switch (capability) {
    case Capability::log_prob:
      graph.output("out", network.log_prob(trace, input("in", network.features()), context));
      break;
    case Capability::sample:
      trace.seed = graph.input("seed", {DType::int64, {}});
      trace.first_event = graph.input("first_event", {DType::int64, {}});
      graph.output("out", network.sample(trace, rows, context));
      break;
    case Capability::transform:
      put(network.transform(trace, input("in", network.features()), context));
      break;
    case Capability::inverse:
      put(network.inverse(trace, input("in", network.features()), context));
      break;
    case Capability::score:
      graph.output("out", network.score(trace, input("in", network.features()), context));
      break;
  }
  output_demands(trace, graph);
}

int64_t program_rows(int64_t rows) {
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows)));
}

std::shared_ptr<const Program> ProgramCache::get(Capability capability, int64_t rows,
                                                 const Device* device) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Program>& program = programs_[{capability, rows, device}];
  if (!program) program = made(capability, rows, device);
  return program;
}

std::shared_ptr<StateMemory> ProgramCache::on_device(const Device* device, void* parameters) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<StateMemory>& copy = copies_[device];
  if (!copy) {
    const size_t bytes = static_cast<size_t>(table_.count()) * size_of(dtype_);
    auto made = std::make_shared<StateMemory>(parameters, bytes, device);
    made->on_device(*device->make_queue(), false);
    copy = std::move(made);
  }
  return copy;
}

void ProgramCache::clear() {
  const std::lock_guard lock(mutex_);
  programs_.clear();
  forget_parameters();
}

void ProgramCache::set_products(Products products) {
  if (products == products_) return;
  require_products(products);
  products_ = products;
  clear();
}

void ProgramCache::forget_parameters() {
  operands_.clear();
  copies_.clear();
  ++generation_;
}

std::shared_ptr<const Program> ProgramCache::made(Capability capability, int64_t rows,
                                                  const Device* device) {
  Graph graph;
  graph.set_whole_rows(device != nullptr);
  trace_capability(network_, table_, dtype_, capability, rows, graph);
  return compile(
      graph,
      {.rows_independent = true, .states_fixed = true, .products = products_, .device = device});
}

Crew::Crew(ProgramCache& cache, void* parameters, Resources resources)
    : cache_(cache),
      parameters_(parameters),
      resources_(resources),
      threads_(resources.device != nullptr ? 1
               : resources.threads > 0     ? resources.threads
                                           : available_cores()),
      tile_rows_(resources.device != nullptr ? kDeviceTileRows : kTileRows) {
  for (int i = 0; i < threads_; ++i) members_.emplace_back(resources.device);
}

Workspace& Crew::workspace(Member& member, Capability capability, int64_t rows) {
  if (member.generation != cache_.generation()) {
    member.workspaces.clear();
    member.generation = cache_.generation();
  }
  std::unique_ptr<Workspace>& workspace = member.workspaces[{capability, rows}];
  if (!workspace) {
    const Device* device = resources_.device;
    auto made = std::make_unique<Workspace>(cache_.get(capability, rows, device), 1, member.arena);
    if (device != nullptr) {
      member.parameters = cache_.on_device(device, parameters_);
      made->bind_state("parameters", *member.parameters);
    } else {
      made->bind_state("parameters", parameters_);
      made->prepare(cache_.operands());
    }
    workspace = std::move(made);
  }
  return *workspace;
}

void Crew::run_tile(Member& member, const EvaluationRequest& request, int64_t first,
                    int64_t features, int64_t context_features) {
  const int64_t rows = std::min(tile_rows_, request.rows - first);
  const int64_t padded = program_rows(rows);
  Workspace& space = workspace(member, request.capability, padded);
  const bool samples = request.capability == Capability::sample;
  if (samples) {
    write_scalar(space, "seed", request.seed);
    write_scalar(space, "first_event", request.first_event + static_cast<uint64_t>(first));
  } else {
    copy_rows(request.in, first, rows, padded, features, space.input("in"));
  }
  if (context_features > 0) {
    const bool one = static_cast<int64_t>(request.context.size()) == context_features;
    copy_rows(request.context, one ? 0 : first, one ? 1 : rows, padded, context_features,
              space.input("context"));
  }
  space.run();
  const auto place = static_cast<uint64_t>(first);
  check_demands(space, samples ? "event" : "row", samples ? request.first_event + place : place,
                rows);
  const int64_t columns = one_a_row(request.capability) ? 1 : features;
  read_rows(space, "out", first, rows, columns, request.out);
  if (!request.log_det.empty()) read_rows(space, "log_det", first, rows, 1, request.log_det);
}

void Crew::run(const EvaluationRequest& request, int64_t features, int64_t context_features) {
  const int64_t tiles = (request.rows + tile_rows_ - 1) / tile_rows_;
  const auto work = [&](int64_t first, int64_t last, int thread) {
    for (int64_t tile = first; tile < last; ++tile) {
      run_tile(members_[static_cast<size_t>(thread)], request, tile * tile_rows_, features,
               context_features);
    }
  };
  if (threads_ == 1 || tiles < 2) {
    work(0, tiles, 0);
    return;
  }
  if (!pool_) pool_ = std::make_unique<ThreadPool>(threads_);
  // Which thread takes which tile is chance; the memory for a size is there for all after the first
  // call.
  const int64_t rest = request.rows - (tiles - 1) * tile_rows_;
  for (Member& member : members_) {
    workspace(member, request.capability, tile_rows_);
    workspace(member, request.capability, program_rows(rest));
  }
  pool_->run(tiles, work);
}

}  // namespace castalia
