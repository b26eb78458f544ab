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

// The type of each value.
std::vector<DType> types_of(const FusedProgram& program) {
  std::vector<DType> types;
  for (const FusedInput& input : program.inputs) types.push_back(input.dtype);
  for (const FusedConstant& constant : program.constants) types.push_back(constant.dtype);
  for (const FusedInstruction& each : program.instructions) types.push_back(each.dtype);
  return types;
}

const char* index_type(const FusedProgram& program) {
  return program.shape.count() < (int64_t{1} << 31) ? "unsigned" : "unsigned long long";
}

// Computes element i: the inputs from `first` on are read through pointers in0, in1, ...; what
// stands before them and the constants are values already; results go to out0, out1, ...
std::string element_source(const FusedProgram& program, size_t first, const char* load) {
  const char* index = index_type(program);
  const Iteration iteration(program);
  const std::vector<DType> types = types_of(program);
  std::string out;
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
  for (size_t i = first; i < program.inputs.size(); ++i) {
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
    out += text("  const ", type_name(types[i]), " v", i, " = ", load, "(in", i, " + (", place,
                "));\n");
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
  return out;
}

}  // namespace

std::string fused_source(const FusedProgram& program) {
  const std::vector<DType> types = types_of(program);
  std::string out = text("extern \"C\" __global__ void __launch_bounds__(256) ", kFusedName, "(");
  const char* separator = "";
  const auto parameter = [&](const auto&... words) {
    out += text(separator, words...);
    separator = ", ";
  };
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    parameter("const ", type_name(types[i]), "* in", i);
  }
  for (size_t i = 0; i < program.constants.size(); ++i) {
    const size_t value = program.inputs.size() + i;
    parameter(type_name(types[value]), " v", value);
  }
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    parameter(type_name(types[static_cast<size_t>(program.outputs[i])]), "* out", i);
  }
  const char* index = index_type(program);
  out +=
      text(") {\n  using namespace castalia_elementwise;\n  const ", index, " i = (", index,
           ")blockIdx.x * 256 + threadIdx.x;\n  if (i >= ", program.shape.count(), ") return;\n");
  return out + element_source(program, 0, "*") + "}\n";
}

std::string joined_part_source(const JoinedPart& part) {
  const FusedProgram& program = part.program;
  const std::vector<DType> types = types_of(program);
  const size_t first = part.is_product ? 1 : 0;
  std::string out = text("(const unsigned long long* words, unsigned char* shared) {\n",
                         "  using namespace castalia_elementwise;\n");
  size_t word = 0;
  if (part.is_product) {
    const char* type = type_name(types[0]);
    out += text("  const ", type, "* left = (const ", type, "*)words[0];\n");
    out += text("  const ", type, "* right = (const ", type, "*)words[1];\n");
    word = 2;
  }
  for (size_t i = first; i < program.inputs.size(); ++i) {
    const char* type = type_name(types[i]);
    out += text("  const ", type, "* in", i, " = (const ", type, "*)words[", word++, "];\n");
  }
  for (size_t i = 0; i < program.constants.size(); ++i) {
    const size_t value = program.inputs.size() + i;
    const char* type = type_name(types[value]);
    out += text("  const ", type, " v", value, " = (", type, ")__longlong_as_double((long long)",
                "words[", word++, "]);\n");
  }
  for (size_t i = 0; i < program.outputs.size(); ++i) {
    const char* type = type_name(types[static_cast<size_t>(program.outputs[i])]);
    out += text("  ", type, "* out", i, " = (", type, "*)words[", word++, "];\n");
  }
  const std::string element = element_source(program, first, "__ldcg");
  if (!part.is_product) {
    return out + text("  for (unsigned i = Group::thread(); i < ", program.shape.count(),
                      "u; i += Group::threads()) {\n", element, "  }\n}\n");
  }
  const char* type = type_name(types[0]);
  return out + text("  castalia_joined::product<", type, ", ", part.rows, ", ", part.columns, ", ",
                    part.depth, ">(Group(), left, right, (", type, "*)shared, [&](unsigned i, ",
                    type, " v0) {\n", element, "  });\n}\n");
}

std::string joined_part_source(const JoinedConcat& part) {
  const char* type = part.element_bytes == 4 ? "unsigned" : "unsigned long long";
  std::string out = "(const unsigned long long* words, unsigned char*) {\n";
  out += text("  ", type, "* out = (", type, "*)words[", part.columns.size(), "];\n");
  int64_t all = 0;
  for (const int64_t columns : part.columns) all += columns;
  int64_t place = 0;
  for (size_t i = 0; i < part.columns.size(); ++i) {
    const int64_t columns = part.columns[i];
    if (columns == 0) continue;
    out += text("  for (unsigned i = Group::thread(); i < ", part.rows * columns,
                "u; i += Group::threads()) {\n    out[i / ", columns, "u * ", all, "u + ", place,
                "u + i % ", columns, "u] = __ldcg((const ", type, "*)words[", i, "] + i);\n  }\n");
    place += columns;
  }
  return out + "}\n";
}

std::string joined_source(std::span<const std::string> parts) {
  std::string out;
  std::string choice;
  for (size_t i = 0; i < parts.size(); ++i) {
    out += text("__device__ __noinline__ void part_", i, parts[i]);
    choice += text("      case ", i, ": part_", i, "(words, shared); break;\n");
  }
  out += text("extern \"C\" __global__ void __cluster_dims__(", kJoinedBlocks,
              ", 1, 1) __launch_bounds__(", kJoinedThreads, ")\n", kJoinedName,
              "(const __grid_constant__ castalia_joined::Table table) {\n",
              "  extern __shared__ __align__(16) unsigned char shared[];\n",
              "  for (unsigned step = 0; step < table.steps; ++step) {\n",
              "    if (step > 0) castalia_joined::meet();\n",
              "    const unsigned long long* words = table.words + table.first[step];\n",
              "    switch (table.part[step]) {\n", choice, "    }\n  }\n}\n");
  return out;
}

}  // namespace castalia::cuda
