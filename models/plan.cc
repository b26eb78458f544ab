// What a model computes, step by step.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "models/model.h"

namespace castalia {
namespace {

nlohmann::ordered_json types_json(const std::vector<TensorType>& types) {
  auto out = nlohmann::ordered_json::array();
  for (const TensorType& type : types) out.push_back(text(type));
  return out;
}

}  // namespace

std::string Model::plan(const std::string& what, int64_t rows) const {
  const Reader reader(*this);
  const Capability capability = capability_named(what);
  if (rows < 1) fail(Code::out_of_range, "rows is ", rows, "; allowed: 1 or more");
  require_fitted();
  const int64_t padded = program_rows(std::min(rows, kTileRows));
  const std::shared_ptr<const Program> program = cache_->get(capability, padded, nullptr);
  auto steps = nlohmann::ordered_json::array();
  for (const Step& step : program->steps) {
    steps.push_back({{"operators", step.label},
                     {"kernel", step.kernel_name},
                     {"inputs", types_json(step.input_types)},
                     {"outputs", types_json(step.output_types)},
                     {"scope", step.scope},
                     {"flops", step.flops},
                     {"bytes", step.bytes},
                     {"threads", step.threads}});
  }
  size_t prepared = 0;
  for (const Preparation& each : program->preparations) prepared += each.bytes;
  const nlohmann::ordered_json plan = {{"computes", what},
                                       {"rows", padded},
                                       {"steps", std::move(steps)},
                                       {"arena_bytes", program->arena_bytes},
                                       {"constant_bytes", program->constant_bytes.size()},
                                       {"prepared_bytes", prepared},
                                       {"scratch_bytes", program->scratch_bytes},
                                       {"table", castalia::describe(*program)}};
  return plan.dump();
}

}  // namespace castalia
