#include "cpp/ops/kernels.h"

#include <memory>

#include "cpp/ops/reference_kernel.h"
#include "cpp/ops/registry.h"
#include "cpp/runtime/cpu/fused.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_elementwise_kernel(const std::string& operation,
                                                const KernelRequest& request) {
  FusedProgram program;
  program.shape = request.outputs[0].shape;
  FusedInstruction instruction{operation, request.outputs[0].dtype, {}};
  for (const TensorType& input : request.inputs) {
    instruction.operands.push_back(static_cast<int>(program.inputs.size()));
    program.inputs.push_back({input.dtype, broadcast_strides(input.shape, program.shape)});
  }
  program.instructions.push_back(std::move(instruction));
  program.outputs.push_back(program.instruction_value(0));
  return cpu::make_fused_kernel(program);
}

KernelTable make_table() {
  KernelTable table;
  add_all_kernels(table);
  for (const Operator* op : all_operators()) {
    if (!op->elementwise.empty()) {
      table.add(op->name, {"highway", [op](const KernelRequest& request, std::string*) {
                             return make_elementwise_kernel(op->elementwise, request);
                           }});
    }
    if (!op->define) {
      table.add(op->name, {"reference", [op](const KernelRequest& request, std::string* refusal) {
                             return make_reference_kernel(*op, request, refusal);
                           }});
    }
  }
  return table;
}

}  // namespace

std::span<const KernelCandidate> kernel_candidates(const std::string& operator_name) {
  static const KernelTable table = make_table();
  return table.find(operator_name);
}

}  // namespace castalia
