#include "cpp/runtime/cuda/fused_source.h"

#include <cstdint>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia::cuda {
namespace {

using Strides = std::array<int64_t, Shape::kMaxRank>;

const char* type_name(DType dtype) {
  check(is_floating(dtype), "element-wise operations take floating types");
  return dtype == DType::float32 ? "float" : "double";
}

// The iteration with neighbouring axes joined where every operand steps through them as through
// one.
struct Iteration {
  std::vector<int64_t> extents;
  std::vector<std::vector<int64_t>> strides;  // of each input, over the extents

  explicit Iteration(const FusedProgram& program) : strides(program.inputs.size()) {
    for (int axis = 0; axis < program.shape.rank(); ++axis) {
      const int64_t extent = program.shape[axis];
      if (extent == 1) continue;
      const auto at = static_cast<size_t>(axis);
      bool joins = !extents.empty();
      for (size_t i = 0; i < strides.size() && joins; ++i) {
        joins = strides[i].back() == program.inputs[i].strides[at] * extent;
      }
      if (joins) {
        extents.back() *= extent;
      } else {
        extents.push_back(extent);
      }
      for (size_t i = 0; i < strides.size(); ++i) {
        const int64_t stride = program.inputs[i].strides[at];
        if (joins) {
          strides[i].back() = stride;
        } else {
          strides[i].push_back(stride);
        }
      }
    }
  }
};

}  // namespace

std::string fused_source(const FusedProgram& program) {
  const int64_t count = program.shape.count();
  const char* index = count < (int64_t{1} << 31) ? "unsigned" : "unsigned long long";
  const Iteration iteration(program);

  std::string out = text("extern \"C\" __global__ void __launch_bounds__(256) ", kFusedName, "(");
  const char* separator = "";
  std::vector<DType> types;  // of each value
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    types.push_back(program.inputs[i].dtype);
    out += text(separator, "const ", type_name(types.back()), "* in", i);
    separator = ", ";
  }
  for (const FusedConstant& constant : program.constants) {
    out += text(separator, type_name(constant.dtype), " v", types.size());
    separator = ", ";
    types.push_back(constant.dtype);
  }
  for (const FusedInstruction& each : program.instructions) types.push_back(each.dtype);
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    out += text(separator, type_name(types[static_cast<size_t>(program.outputs[i])]), "* out", i);
    separator = ", ";
  }
  out += text(") {\n  using namespace castalia_elementwise;\n  const ", index, " i = (", index,
              ")blockIdx.x * 256 + threadIdx.x;\n  if (i >= ", count, ") return;\n");

  // The coordinate of each axis that some input needs.
  const size_t axes = iteration.extents.size();
  int64_t inner = 1;
  for (size_t axis = axes; axis-- > 0;) {
    const int64_t extent = iteration.extents[axis];
    out += text("  const ", index, " c", axis, " = ");
    const std::string quotient = inner == 1 ? "i" : text("i / ", inner);
    out += axis == 0 ? quotient : text("(", quotient, ") % ", extent);
    out += ";\n";
    inner *= extent;
  }
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    std::string place;
    int64_t dense = 1;
    bool is_dense = true;
    for (size_t axis = axes; axis-- > 0;) {
      const int64_t stride = iteration.strides[i][axis];
      is_dense = is_dense && stride == dense;
      dense *= iteration.extents[axis];
      if (stride == 0) continue;
      place += text(place.empty() ? "" : " + ", "(long long)c", axis, " * ", stride);
    }
    if (is_dense) place = "i";
    if (place.empty()) place = "0";
    out += text("  const ", type_name(types[i]), " v", i, " = in", i, "[", place, "];\n");
  }
  size_t value = program.inputs.size() + program.constants.size();
  for (const FusedInstruction& each : program.instructions) {
    const char* type = type_name(each.dtype);
    out += text("  const ", type, " v", value, " = ");
    if (each.operation == "cast") {
      out += text("(", type, ")v", each.operands[0]);
    } else {
      out += text("op_", each.operation, "<", type, ">(");
      for (size_t k = 0; k < each.operands.size(); ++k) {
        out += text(k == 0 ? "v" : ", v", each.operands[k]);
      }
      out += ")";
    }
    out += ";\n";
    ++value;
  }
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    out += text("  out", i, "[i] = v", program.outputs[i], ";\n");
  }
  return out + "}\n";
}

}  // namespace castalia::cuda
