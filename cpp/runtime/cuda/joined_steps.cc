#include "cpp/runtime/cuda/joined_steps.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace castalia::cuda {
namespace {

using castalia_joined::kMostRows;
using castalia_joined::kSharedBytes;
using castalia_joined::Table;

// 2048 threads do so much in about the time of a launch: elements, and weights that are read.
constexpr int64_t kMostElements = 8192;
constexpr int64_t kMostWeights = 400'000;
constexpr size_t kMostWordsOfStep = 64;

}  // namespace

std::optional<JoinableStep> JoinableStep::make(const JoinedConcat& part) {
  const int64_t all = std::accumulate(part.columns.begin(), part.columns.end(), int64_t{0});
  const int64_t count = part.rows * all;
  if (count == 0 || count > kMostElements || part.columns.size() >= kMostWordsOfStep) return {};
  return JoinableStep(part);
}

JoinableStep::JoinableStep(const JoinedConcat& part)
    : source_(joined_part_source(part)), inputs_(part.columns.size()), words_(inputs_ + 1) {}

std::optional<JoinableStep> JoinableStep::make(const JoinedPart& part) {
  const int64_t count = part.program.shape.count();
  if (count == 0 || count > kMostElements) return {};
  if (part.is_product &&
      (part.rows > kMostRows || part.columns * part.depth > kMostWeights || part.depth == 0)) {
    return {};
  }
  JoinableStep step(part);
  if (step.words_ > kMostWordsOfStep || step.shared_bytes_ > kSharedBytes) return {};
  return step;
}

JoinableStep::JoinableStep(const JoinedPart& part)
    : source_(joined_part_source(part)),
      inputs_(part.program.inputs.size() + (part.is_product ? 1 : 0)),
      outputs_(part.program.outputs.size()) {
  for (const FusedConstant& constant : part.program.constants) {
    const bool is_single = constant.dtype == DType::float32;
    constants_.push_back(is_single ? static_cast<float>(constant.value) : constant.value);
  }
  words_ = inputs_ + constants_.size() + outputs_;
  if (part.is_product) {
    // As product() lays them out.
    const int64_t numbers = part.rows * part.depth + 8 * part.rows * 32;
    shared_bytes_ = static_cast<size_t>(numbers) * size_of(part.program.inputs[0].dtype);
  }
}

void JoinableStep::write(const KernelArguments& arguments, unsigned long long* words) const {
  const auto address = [](const void* pointer) {
    return static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(pointer));
  };
  for (size_t i = 0; i < inputs_; ++i) *words++ = address(arguments.inputs[i]);
  for (const double constant : constants_) *words++ = std::bit_cast<unsigned long long>(constant);
  for (size_t i = 0; i < outputs_; ++i) *words++ = address(arguments.outputs[i]);
}

bool JoinedSteps::add(const JoinableKernel& kernel, const KernelArguments& arguments) {
  const size_t words = kernel.joinable()->words();
  if (steps_.size() == Table::kMostSteps || words_ + words > Table::kMostWords) return false;
  steps_.push_back({&kernel, arguments});
  words_ += words;
  return true;
}

JoinedSteps::Launch JoinedSteps::take() {
  Launch launch;
  const std::vector<Pending> steps = std::exchange(steps_, {});
  words_ = 0;
  if (steps.size() == 1) {
    launch.alone = steps[0].kernel;
    launch.arguments = steps[0].arguments;
    return launch;
  }
  std::vector<std::string>& parts = launch.parts;
  for (const Pending& step : steps) parts.push_back(step.kernel->joinable()->source());
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  Table& table = launch.table;
  table = {};
  size_t word = 0;
  for (const Pending& step : steps) {
    const JoinableStep& joinable = *step.kernel->joinable();
    const auto part = std::lower_bound(parts.begin(), parts.end(), joinable.source());
    table.part[table.steps] = static_cast<unsigned short>(part - parts.begin());
    table.first[table.steps] = static_cast<unsigned short>(word);
    joinable.write(step.arguments, table.words + word);
    word += joinable.words();
    ++table.steps;
    launch.shared_bytes = std::max(launch.shared_bytes, joinable.shared_bytes());
  }
  return launch;
}

}  // namespace castalia::cuda
