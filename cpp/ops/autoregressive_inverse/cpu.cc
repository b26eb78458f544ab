#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cpp/base/text.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/autoregressive_attributes.h"
#include "cpp/ops/blocked_weight.h"
#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/add_products.h"
#include "cpp/runtime/cpu/elementwise.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia {
namespace {

// Features are taken in blocks. The sums of a block's hidden units and of its parameters over
// everything before the block are matrix products; within the block they go on feature by feature.
// So each weight is read once for a tile of rows, and each sum is one chain of multiply-adds in the
// order of the dense network's.
constexpr int64_t kAutoregressiveRows = 64;
constexpr int64_t kBlockFeatures = 16;

// Features [first, end) and the hidden units [first_unit, end_unit) that become computable with
// them: those that see one of them and nothing behind.
struct FeatureBlock {
  int64_t first, end;
  int64_t first_unit, end_unit;
  int64_t units() const { return end_unit - first_unit; }
};

struct Layout {
  int64_t rows = 0, features = 0, parameters = 0, hidden = 0, further = 0;
  std::vector<int64_t> degrees;
  std::vector<int64_t> units;  // units[d]: hidden units whose degree is d or less
  std::vector<FeatureBlock> blocks;

  explicit Layout(const KernelRequest& request)
      : rows(request.inputs[0].shape[0]),
        features(request.inputs[0].shape[1]),
        parameters(request.inputs.back().shape.back() / features),
        hidden(request.inputs[1].shape[1]),
        further((static_cast<int64_t>(request.inputs.size()) - 5) / 2),
        degrees(request.attributes.integers("degrees")) {
    for (int64_t d = 0; d <= features; ++d) {
      units.push_back(std::upper_bound(degrees.begin(), degrees.end(), d) - degrees.begin());
    }
    // What sees no feature at all, then block after block.
    blocks.push_back({0, 0, 0, units[0]});
    for (int64_t d = 0; d < features; d += kBlockFeatures) {
      const int64_t end = std::min(features, d + kBlockFeatures);
      blocks.push_back({d, end, units[static_cast<size_t>(d)], units[static_cast<size_t>(end)]});
    }
  }

  int64_t tile_rows() const { return std::clamp<int64_t>(rows, 1, kAutoregressiveRows); }
  int64_t most_units() const {
    int64_t most = 0;
    for (const FeatureBlock& block : blocks) most = std::max(most, block.units());
    return most;
  }
  int64_t last_input() const { return 3 + 2 * further; }
};

// The operator that inverts one feature, for a fixed number of rows.
std::unique_ptr<Kernel> make_feature_inverse(const KernelRequest& request, int64_t rows,
                                             int64_t parameters, std::string* refusal) {
  const AutoregressiveInverse inverse = autoregressive_inverse_of(request.attributes);
  const DType dtype = request.inputs[0].dtype;
  const std::vector<TensorType> inputs = {{dtype, {rows, 1}}, {dtype, {rows, parameters}}};
  const std::vector<TensorType> outputs = {{dtype, {rows, 1}}, {dtype, {rows, 1}}};
  std::string reasons;
  for (const KernelCandidate& candidate : kernel_candidates(inverse.op->name)) {
    std::string reason;
    std::unique_ptr<Kernel> kernel = candidate.create(
        {.attributes = inverse.attributes, .inputs = inputs, .outputs = outputs}, &reason);
    if (kernel) return kernel;
    reasons += text("; ", candidate.name, ": ", reason);
  }
  *refusal = text("no kernel for ", inverse.op->name, reasons);
  return nullptr;
}

// Memory of a running thread, one piece after another.
class ScratchPlan {
 public:
  size_t add(size_t bytes) {
    const size_t at = size_;
    size_ += (bytes + kBufferPadding + 63) / 64 * 64;
    return at;
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

template <typename T>
class AutoregressiveInverseKernel : public Kernel {
 public:
  AutoregressiveInverseKernel(const KernelRequest& request, Layout layout,
                              std::unique_ptr<Kernel> whole, std::unique_ptr<Kernel> rest)
      : layout_(std::move(layout)),
        tile_rows_(layout_.tile_rows()),
        shared_first_(request.inputs[2].shape[0] == 1),
        whole_(std::move(whole)),
        rest_(std::move(rest)) {
    const Activation& activation = find_activation(request.attributes.string("activation"));
    activate_ = cpu::tile_function(activation.operation, request.inputs[0].dtype);
    constant_ = activation.constant;
    prepared_ = !request.fixed.empty() && request.fixed[1];
    for (int64_t input = 3; input <= layout_.last_input(); input += 2) {
      prepared_ = prepared_ && request.fixed[static_cast<size_t>(input)];
    }
    const int64_t p = layout_.parameters;
    for (const FeatureBlock& block : layout_.blocks) {
      first_.add(block.first, block.first_unit, block.units(), block.end - block.first);
      further_.add(block.first_unit, block.first_unit, block.units(), block.units());
      last_.add(block.first_unit, block.first * p, (block.end - block.first) * p, block.units());
    }
    plan_scratch();
  }

  int64_t tiles() const override { return (layout_.rows + tile_rows_ - 1) / tile_rows_; }
  size_t scratch_bytes() const override { return scratch_.size(); }
  double flops() const override {
    double weights = static_cast<double>(layout_.further * layout_.hidden * layout_.hidden) / 2;
    for (const int64_t degree : layout_.degrees) weights += static_cast<double>(degree);
    for (int64_t d = 0; d < layout_.features; ++d) {
      weights += static_cast<double>(layout_.units[static_cast<size_t>(d)] * layout_.parameters);
    }
    return 2.0 * static_cast<double>(layout_.rows) * weights;
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    if (first >= last) return;
    if (!prepared_) {
      for (int input = 1; input <= layout_.last_input(); input += 2) {
        prepare(input, arguments.inputs[input], arguments.scratch + unprepared_place(input));
      }
    }
    if (constant_) {
      std::fill_n(at(arguments, constants_), layout_.most_units() * tile_rows_,
                  static_cast<T>(*constant_));
    }
    for (int64_t tile = first; tile < last; ++tile) Tile(*this, arguments, tile).run();
  }

  std::string prepared_form(int input) const override {
    if (!prepared_ || !is_weight(input)) return {};
    std::string form = text("autoregressive ", sizeof(T) == 4 ? "float32 " : "float64 ",
                            input == 1                      ? 0
                            : input == layout_.last_input() ? 2
                                                            : 1,
                            " ", layout_.features, " x ", layout_.parameters, ":");
    for (const int64_t degree : layout_.degrees) form += text(' ', degree);
    return form;
  }
  size_t prepared_bytes(int input) const override { return weight_form(input).bytes(); }
  void prepare(int input, const void* operand, std::byte* prepared) const override {
    const std::vector<int64_t>& degrees = layout_.degrees;
    const auto degree = [&](int64_t unit) { return degrees[static_cast<size_t>(unit)]; };
    const T* weight = static_cast<const T*>(operand);
    T* to = reinterpret_cast<T*>(prepared);
    const int64_t hidden = layout_.hidden, p = layout_.parameters;
    if (input == 1) {
      const auto sees = [&](int64_t feature, int64_t unit) { return feature < degree(unit); };
      first_.write(weight, hidden, sees, to);
    } else if (input == layout_.last_input()) {
      const auto sees = [&](int64_t unit, int64_t column) { return degree(unit) <= column / p; };
      last_.write(weight, layout_.features * p, sees, to);
    } else {
      const auto sees = [&](int64_t from, int64_t unit) { return degree(from) <= degree(unit); };
      further_.write(weight, hidden, sees, to);
    }
  }

 private:
  bool is_weight(int input) const { return input == 1 || (input >= 3 && input % 2 == 1); }
  const BlockedWeight<T>& weight_form(int input) const {
    return input == 1 ? first_ : input == layout_.last_input() ? last_ : further_;
  }
  size_t unprepared_place(int input) const {
    if (input == 1) return unprepared_;
    const auto further = static_cast<size_t>((input - 3) / 2);
    return unprepared_ + first_.bytes() + further * further_.bytes();
  }
  const T* weight(const KernelArguments& arguments, int64_t input) const {
    if (prepared_) return static_cast<const T*>(arguments.inputs[input]);
    return reinterpret_cast<const T*>(arguments.scratch +
                                      unprepared_place(static_cast<int>(input)));
  }
  static T* at(const KernelArguments& arguments, size_t place) {
    return reinterpret_cast<T*>(arguments.scratch + place);
  }

  cpu::GemmShape product(const typename BlockedWeight<T>::Part& part, int64_t rows, int64_t lda,
                         int64_t ldc) const {
    return {.m = rows, .n = part.columns, .k = part.depth, .lda = lda, .ldc = ldc};
  }

  void plan_scratch() {
    const auto elements = [&](int64_t count) {
      return scratch_.add(static_cast<size_t>(count) * sizeof(T));
    };
    size_t gemm = 0;
    for (size_t b = 0; b < layout_.blocks.size(); ++b) {
      for (const BlockedWeight<T>* form : {&first_, &further_, &last_}) {
        const auto& part = form->part(b);
        sums_width_ = std::max(sums_width_, form == &last_ ? 0 : part.width());
        params_width_ = std::max(params_width_, form == &last_ ? part.width() : 0);
        gemm = std::max(gemm, cpu::gemm_scratch_bytes<T>(product(part, tile_rows_, 0, 0)));
      }
    }
    gemm_ = scratch_.add(gemm);
    feature_ = scratch_.add(std::max(whole_->scratch_bytes(), rest_ ? rest_->scratch_bytes() : 0));
    layers_ = elements((layout_.further + 1) * tile_rows_ * layout_.hidden);
    sums_ = elements((layout_.further + 1) * tile_rows_ * sums_width_);
    params_sums_ = elements(tile_rows_ * params_width_);
    params_ = elements(tile_rows_ * layout_.parameters);
    argument_ = elements(tile_rows_);
    result_ = elements(tile_rows_);
    log_ = elements(tile_rows_);
    column_ = elements(tile_rows_ * layout_.most_units());
    constants_ = elements(tile_rows_ * layout_.most_units());
    if (!prepared_) {
      unprepared_ = scratch_.add(
          first_.bytes() + static_cast<size_t>(layout_.further) * further_.bytes() + last_.bytes());
    }
  }

  // The rows of a tile on their way.
  class Tile {
   public:
    Tile(const AutoregressiveInverseKernel& kernel, const KernelArguments& arguments, int64_t tile)
        : k_(kernel),
          layout_(kernel.layout_),
          arguments_(arguments),
          first_row_(tile * kernel.tile_rows_),
          rows_(std::min(kernel.tile_rows_, layout_.rows - first_row_)),
          y_(static_cast<const T*>(arguments.inputs[0]) + first_row_ * layout_.features),
          x_(static_cast<T*>(arguments.outputs[0]) + first_row_ * layout_.features),
          log_abs_det_(static_cast<T*>(arguments.outputs[1]) + first_row_ * layout_.features) {}

    void run() {
      for (size_t b = 0; b < layout_.blocks.size(); ++b) {
        const FeatureBlock& block = layout_.blocks[b];
        start(b);
        if (block.first == block.end) finish_units(b, block.first_unit, block.end_unit, 0);
        for (int64_t d = block.first; d < block.end; ++d) {
          invert(block, d);
          const auto& part = k_.first_.part(b);
          const int64_t seen = layout_.units[static_cast<size_t>(d)];
          const int64_t end = layout_.units[static_cast<size_t>(d) + 1];
          add(part, k_.weight(arguments_, 1), d - block.first, 1, seen - block.first_unit, x_ + d,
              layout_.features, sums(0), k_.sums_width_);
          finish_units(b, seen, end, (d + 1 - block.first) * layout_.parameters);
        }
      }
    }

   private:
    T* layer(int64_t l) const {
      return at(arguments_, k_.layers_) + l * k_.tile_rows_ * layout_.hidden;
    }
    T* sums(int64_t l) const {
      return at(arguments_, k_.sums_) + l * k_.tile_rows_ * k_.sums_width_;
    }

    // Everything before the block.
    void start(size_t b) const {
      const int64_t hidden = layout_.hidden;
      multiply(k_.first_.part(b), k_.weight(arguments_, 1), x_, layout_.features, sums(0),
               k_.sums_width_);
      for (int64_t l = 0; l < layout_.further; ++l) {
        multiply(k_.further_.part(b), k_.weight(arguments_, 3 + 2 * l), layer(l), hidden,
                 sums(l + 1), k_.sums_width_);
      }
      multiply(k_.last_.part(b), k_.weight(arguments_, layout_.last_input()),
               layer(layout_.further), hidden, at(arguments_, k_.params_sums_), k_.params_width_);
    }

    void multiply(const typename BlockedWeight<T>::Part& part, const T* weight, const T* a,
                  int64_t lda, T* c, int64_t ldc) const {
      if (part.columns == 0) return;
      const cpu::GemmShape shape = k_.product(part, rows_, lda, ldc);
      cpu::gemm_run_packed_tiles<T>(shape, a, weight + part.panels, c, {},
                                    arguments_.scratch + k_.gemm_, 0, cpu::gemm_tiles(shape));
    }

    // Goes on with the sums from column `from` on, by rows [row, row + count) within the block.
    void add(const typename BlockedWeight<T>::Part& part, const T* weight, int64_t row,
             int64_t count, int64_t from, const T* a, int64_t lda, T* c, int64_t ldc) const {
      if (from >= part.columns || count == 0) return;
      cpu::add_products<T>(rows_, part.columns - from, count, a, lda,
                           weight + part.within + row * part.width() + from, part.width(), c + from,
                           ldc);
    }

    // x_d and its derivative.
    void invert(const FeatureBlock& block, int64_t d) const {
      const int64_t p = layout_.parameters, features = layout_.features;
      const T* bias = static_cast<const T*>(arguments_.inputs[layout_.last_input() + 1]) + d * p;
      const T* sum = at(arguments_, k_.params_sums_) + (d - block.first) * p;
      T* params = at(arguments_, k_.params_);
      T* argument = at(arguments_, k_.argument_);
      T* result = at(arguments_, k_.result_);
      T* log = at(arguments_, k_.log_);
      for (int64_t i = 0; i < rows_; ++i) {
        argument[i] = y_[i * features + d];
        for (int64_t j = 0; j < p; ++j) {
          params[i * p + j] = sum[i * k_.params_width_ + j] + bias[j];
        }
      }
      const Kernel& inverse = rows_ == k_.tile_rows_ ? *k_.whole_ : *k_.rest_;
      const void* const inputs[] = {argument, params};
      void* const outputs[] = {result, log};
      inverse.run({inputs, outputs, arguments_.scratch + k_.feature_}, 0, inverse.tiles());
      for (int64_t i = 0; i < rows_; ++i) {
        x_[i * features + d] = result[i];
        log_abs_det_[i * features + d] = log[i];
      }
    }

    // The block's units [begin, end), of one degree, see all that they ever will: their values in
    // every layer, and what these add to the sums of the block's units and parameters behind.
    void finish_units(size_t b, int64_t begin, int64_t end, int64_t first_param) const {
      if (begin == end) return;
      const FeatureBlock& block = layout_.blocks[b];
      const int64_t hidden = layout_.hidden;
      const int64_t row = begin - block.first_unit;
      for (int64_t l = 0; l <= layout_.further; ++l) {
        activate(l, block, begin, end);
        const T* values = layer(l) + begin;
        if (l < layout_.further) {
          add(k_.further_.part(b), k_.weight(arguments_, 3 + 2 * l), row, end - begin, row, values,
              hidden, sums(l + 1), k_.sums_width_);
        } else {
          add(k_.last_.part(b), k_.weight(arguments_, layout_.last_input()), row, end - begin,
              first_param, values, hidden, at(arguments_, k_.params_sums_), k_.params_width_);
        }
      }
    }

    void activate(int64_t l, const FeatureBlock& block, int64_t begin, int64_t end) const {
      const int64_t units = end - begin;
      const T* sum = sums(l) + begin - block.first_unit;
      T* column = at(arguments_, k_.column_);
      const T* bias = static_cast<const T*>(arguments_.inputs[l == 0 ? 2 : 2 + 2 * l]) + begin;
      const int64_t bias_step = l > 0 || k_.shared_first_ ? 0 : layout_.hidden;
      bias += bias_step * first_row_;
      for (int64_t i = 0; i < rows_; ++i) {
        for (int64_t u = 0; u < units; ++u) {
          column[i * units + u] = sum[i * k_.sums_width_ + u] + bias[i * bias_step + u];
        }
      }
      const void* const operands[] = {column, at(arguments_, k_.constants_)};
      k_.activate_(operands, column, static_cast<size_t>(rows_ * units));
      T* to = layer(l) + begin;
      for (int64_t i = 0; i < rows_; ++i) {
        std::copy_n(column + i * units, units, to + i * layout_.hidden);
      }
    }

    const AutoregressiveInverseKernel& k_;
    const Layout& layout_;
    const KernelArguments& arguments_;
    int64_t first_row_, rows_;
    const T* y_;
    T* x_;
    T* log_abs_det_;
  };

  Layout layout_;
  int64_t tile_rows_;
  bool shared_first_;
  std::unique_ptr<Kernel> whole_, rest_;  // invert a feature of all of a tile's rows, of the last's
  cpu::TileFunction activate_ = nullptr;
  std::optional<double> constant_;
  bool prepared_ = false;
  BlockedWeight<T> first_, further_, last_;
  int64_t sums_width_ = 0, params_width_ = 0;
  // Places in the scratch memory.
  ScratchPlan scratch_;
  size_t gemm_ = 0, feature_ = 0, layers_ = 0, sums_ = 0, params_sums_ = 0, params_ = 0;
  size_t argument_ = 0, result_ = 0, log_ = 0, column_ = 0, constants_ = 0, unprepared_ = 0;
};

template <typename T>
std::unique_ptr<Kernel> make_autoregressive_inverse(const KernelRequest& request,
                                                    std::string* refusal) {
  Layout layout(request);
  const int64_t tile = layout.tile_rows();
  std::unique_ptr<Kernel> whole, rest;
  whole = make_feature_inverse(request, tile, layout.parameters, refusal);
  if (!whole) return nullptr;
  if (layout.rows % tile != 0) {
    rest = make_feature_inverse(request, layout.rows % tile, layout.parameters, refusal);
    if (!rest) return nullptr;
  }
  return std::make_unique<AutoregressiveInverseKernel<T>>(request, std::move(layout),
                                                          std::move(whole), std::move(rest));
}

}  // namespace

void autoregressive_inverse_kernels(KernelTable& table) {
  table.add("autoregressive_inverse",
            {"highway", [](const KernelRequest& request, std::string* refusal) {
               return request.inputs[0].dtype == DType::float32
                          ? make_autoregressive_inverse<float>(request, refusal)
                          : make_autoregressive_inverse<double>(request, refusal);
             }});
}

}  // namespace castalia
