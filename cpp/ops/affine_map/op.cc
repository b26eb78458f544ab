#include "cpp/ops/affine_map/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/affine_scale.h"
#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_affine_map(std::span<const TensorType> inputs,
                                         const Attributes& attributes) {
  const AffineMapOptions options = affine_map_options(attributes);
  if (options.scale != "bounded_exponential" && options.scale != "sigmoid" &&
      options.scale != "softplus") {
    fail(Code::out_of_range, "scale is '", options.scale,
         "'; allowed: bounded_exponential, sigmoid, softplus");
  }
  if (!(options.min_scale > 0 && options.min_scale < 1)) {
    fail(Code::out_of_range, "min_scale is ", options.min_scale, "; allowed: above 0, below 1");
  }
  return infer_monotone(inputs, 2);
}

std::vector<Value> define_affine_map(Graph&, std::span<const Value> inputs,
                                     const Attributes& attributes) {
  const Value x = limited(inputs[0], kLargestArgument);
  const RawParameters raw(inputs[1], x.columns());
  const Value shift = limited(raw.one(0), kLargestArgument);
  const Value log_scale = log_of_affine_scale(raw.one(1), affine_map_options(attributes));
  return {x * exp(log_scale) + shift, log_scale};
}

}  // namespace

AffineMapOptions affine_map_options(const Attributes& attributes) {
  return {.scale = attributes.string("scale"), .min_scale = attributes.real("min_scale")};
}

Attributes AffineMapOptions::attributes() const {
  return {{"scale", scale}, {"min_scale", min_scale}};
}

const Operator& affine_map_operator() {
  static const Operator op{
      .name = "affine_map", .infer = infer_affine_map, .define = define_affine_map};
  return op;
}

}  // namespace castalia
