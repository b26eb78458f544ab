// A model as an ONNX file.
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/onnx/export.h"
#include "models/model.h"

namespace castalia {
namespace {

// What the capability reads and gives, as users name it.
std::vector<onnx::ExportRequest::Name> names_of(Capability capability) {
  using Name = onnx::ExportRequest::Name;
  const Name context = {"context", "context"};
  const Name log_det = {"log_det", "log_det", true};
  switch (capability) {
    case Capability::log_prob: return {context, {"in", "x"}, {"out", "log_prob", true}};
    case Capability::transform: return {context, {"in", "x"}, {"out", "z"}, log_det};
    case Capability::inverse: return {context, {"in", "z"}, {"out", "x"}, log_det};
    case Capability::score: return {context, {"in", "x"}, {"out", "score", true}};
    default:
      fail(Code::unsupported,
           "a file has no random numbers that all runtimes agree on: 'inverse' "
           "makes events of latent variables that the caller draws");
  }
}

}  // namespace

std::string Model::onnx(const std::string& what) const {
  const Reader reader(*this);
  const Capability capability = capability_named(what);
  require_fitted();
  const nlohmann::ordered_json specification = nlohmann::ordered_json::parse(specification_.json());
  // Tracing finds parameters by name, and the table is closed: nothing of the model changes.
  ParameterTable table = table_;
  const auto trace = [&](Graph& graph, int64_t rows) {
    trace_capability(*network_, table, dtype(), capability, rows, graph);
  };
  return onnx::export_model(
      {.trace = trace,
       .names = names_of(capability),
       .parameters = parameters_.data(),
       .name = text(architecture().name, ".", what),
       .description = text(what, " of a ", architecture().name, ": ", architecture().summary),
       .metadata = {{"architecture", architecture().name},
                    {"computes", what},
                    {"specification", specification.dump()},
                    {"preprocessing", network_->preprocessing_json()}}});
}

}  // namespace castalia
