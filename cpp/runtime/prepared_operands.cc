#include "cpp/runtime/prepared_operands.h"

#include "cpp/runtime/workspace.h"

namespace castalia {

std::shared_ptr<const AlignedBuffer> PreparedOperands::get(const Preparation& preparation,
                                                           const std::byte* source) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const AlignedBuffer>& form = forms_[preparation.form];
  if (!form) {
    auto made = std::make_shared<AlignedBuffer>(padded_bytes(preparation.bytes));
    preparation.kernel->prepare(preparation.input, source, made->data());
    form = std::move(made);
  }
  return form;
}

void PreparedOperands::clear() {
  const std::lock_guard lock(mutex_);
  forms_.clear();
}

size_t PreparedOperands::bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& [name, form] : forms_) bytes += form->size();
  return bytes;
}

}  // namespace castalia
