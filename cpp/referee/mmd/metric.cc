// The maximum mean discrepancy with several kernels.
#include "cpp/referee/metric.h"
#include "cpp/base/status.h"
#include "cpp/referee/kernel_sums.h"
#include "cpp/referee/prepare.h"

namespace castalia::referee {
namespace {

std::vector<Kernel> chosen_kernels(const FieldValues& values, double median, int64_t columns) {
  std::vector<Kernel> kernels;
  for (const std::string& name : values.texts("kernels")) {
    if (name == "gaussian") {
      for (const double factor : values.reals("bandwidths")) {
        kernels.push_back({.form = Kernel::Form::gaussian,
                           .name = text("gaussian_", factor),
                           .width = factor * median});
      }
    } else if (name == "polynomial") {
      kernels.push_back({.form = Kernel::Form::polynomial,
                         .name = "polynomial",
                         .slope = 1 / static_cast<double>(columns),
                         .degree = static_cast<int>(values.integer("degree"))});
    } else {
      kernels.push_back({.form = Kernel::Form::energy, .name = "energy"});
    }
  }
  if (kernels.empty()) {
    fail(Code::invalid_argument, "mmd: kernels and bandwidths leave nothing to compute");
  }
  return kernels;
}

Judgement evaluate_mmd(const Comparison& comparison, const FieldValues& values, Work& work) {
  RowPair rows = prepared(comparison, values, work.seed, 2, "mmd");
  // The polynomial kernel depends on the origin.
  subtract_reference_mean(rows);
  const auto& [generated, reference] = rows;
  const double median = median_distance(generated, reference, work.seed);
  const std::vector<Kernel> kernels = chosen_kernels(values, median, reference.columns);

  const std::vector<Discrepancy> all = discrepancies(generated, reference, kernels, work);
  Judgement out;
  for (size_t i = 0; i < kernels.size(); ++i) {
    out.figures.push_back({.name = kernels[i].name,
                           .value = all[i].value,
                           .error = all[i].error,
                           .null_value = 0,
                           .null_error = all[i].null_error});
    out.details.push_back({"biased." + kernels[i].name, all[i].biased});
  }
  out.details.push_back({"median_distance", median});
  out.details.push_back({"events.generated", static_cast<double>(generated.count)});
  out.details.push_back({"events.reference", static_cast<double>(reference.count)});
  return out;
}

}  // namespace

const Metric& mmd_metric() {
  static const Metric metric{
      .name = "mmd",
      .family = "kernel",
      .summary = "maximum mean discrepancy, squared, with Gaussian, polynomial and energy kernels",
      .description =
          "The unbiased estimate of E k(x, x') + E k(y, y') - 2 E k(x, y), one figure a kernel: "
          "gaussian_<f> is exp(-|x - y|^2 / (2 s^2)), s being f times the median distance of the "
          "pooled events; polynomial is (x.y / columns + 1)^degree about the reference's mean; "
          "energy is -|x - y|. It is zero on average for equal distributions and can be negative. "
          "The errors are those of a U-statistic: the variance of what each event adds, and the "
          "degenerate part, which is all that is left for equal distributions. Weights multiply "
          "the terms.",
      .references = {"Gretton et al., JMLR 13 (2012) 723"},
      .fields = {{.name = "kernels",
                  .type = FieldType::text_list,
                  .default_value = R"(["gaussian", "polynomial", "energy"])",
                  .meaning = "kernels to evaluate",
                  .choices = {"gaussian", "polynomial", "energy"}},
                 {.name = "bandwidths",
                  .type = FieldType::real_list,
                  .default_value = "[0.5, 1, 2]",
                  .meaning = "widths of the Gaussian kernel, in median distances",
                  .least = 1e-6,
                  .greatest = 1e6},
                 {.name = "degree",
                  .type = FieldType::integer,
                  .default_value = "3",
                  .meaning = "degree of the polynomial kernel",
                  .least = 1,
                  .greatest = 8},
                 events_field(10000),
                 scaling_field("standardise")},
      .evaluate = evaluate_mmd};
  return metric;
}

}  // namespace castalia::referee
