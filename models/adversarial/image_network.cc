#include "models/adversarial/image_network.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"

namespace castalia {
namespace {

// A latent number that lies too far out is drawn again up to so often, and then cut.
constexpr int64_t kDraws = 16;
// How nearly the total that a row is told is the sum of its cells: data may have been rounded.
constexpr double kTotalsAgree = 0.01;

int64_t cells_of(const Grid& shape) {
  int64_t cells = 1;
  for (const int64_t extent : shape) cells *= extent;
  return cells;
}

Grid shape_of(const Specification& s) {
  const Grid shape = s.integers("shape");
  if (shape.empty() || shape.size() > 3) {
    fail(Code::invalid_argument, s.architecture().name, ".shape has ", shape.size(),
         " extents: give one to three, such as [height, width]");
  }
  constexpr int64_t kMostCells = 1 << 20;
  for (int64_t cells = 1; const int64_t extent : shape) {
    cells *= extent;
    if (cells <= kMostCells) continue;
    fail(Code::out_of_range, s.architecture().name, ".shape has more than ", kMostCells, " cells");
  }
  const int64_t smallest = s.integer("smallest");
  if (grids_up_to(shape, smallest).size() < 2) {
    fail(Code::invalid_argument, s.architecture().name,
         ".shape has no extent above smallest = ", smallest, ": there is nothing to enlarge");
  }
  return shape;
}

// An Error when a field that only energies have is set for others.
void check_cells(const Specification& s) {
  const std::string& owner = s.architecture().name;
  const int64_t total = s.integer("total_column");
  const int64_t width = s.integer("context_features");
  if (total >= width) {
    fail(Code::out_of_range, owner, ".total_column is ", total, ", but context_features is ",
         width);
  }
  if (s.text("cells") == "energies") return;
  for (const char* field : {"total_column", "threshold"}) {
    const bool set = field == std::string("threshold") ? s.real(field) > 0 : total >= 0;
    if (set) fail(Code::invalid_argument, owner, ".", field, " is for cells = 'energies'");
  }
}

}  // namespace

ImageNetwork::ImageNetwork(const Specification& s)
    : PreprocessedNetwork(s, s.integer("cell_features"), std::span<const std::string>()),
      grids_(grids_up_to(shape_of(s), s.integer("smallest"))),
      cell_features_(s.integer("cell_features")),
      view_({.cells = cells_of(grids_.back()),
             .cell_features = cell_features_,
             .energies = s.text("cells") == "energies",
             .softness = s.real("softness"),
             .threshold = s.real("threshold")}),
      total_column_(s.integer("total_column")),
      latent_(s.integer("latent")),
      normal_(s.text("latent_distribution") == "normal"),
      truncation_(s.real("truncation")) {
  check_cells(s);
  if (truncation_ > 0 && !normal_) {
    fail(Code::invalid_argument, s.architecture().name,
         ".truncation is for latent_distribution = 'normal'");
  }
}

void ImageNetwork::fit_preprocessing(std::span<const double> x, std::span<const double> context) {
  check_rows(x, {}, 0);
  set_preprocessing(view_.chains(x));
  fit_tables(x, context);
  check_rows({}, context, 0);
}

void ImageNetwork::check_rows(std::span<const double> x, std::span<const double> context,
                              int64_t first_row) const {
  view_.check(x, first_row);
  PreprocessedNetwork::check_rows({}, context, first_row);
  if (total_column_ < 0) return;
  const auto width = static_cast<size_t>(context_features());
  const auto cells = static_cast<size_t>(features());
  for (size_t i = static_cast<size_t>(total_column_); i < context.size(); i += width) {
    const size_t row = i / width;
    const double told = context[i];
    const auto of_row = [&] {
      return text("context row ", first_row + static_cast<int64_t>(row), ", column ", total_column_,
                  ": the value is ", told);
    };
    if (!(told > 0)) fail(Code::out_of_range, of_row(), "; totals are above 0");
    if (x.empty()) continue;
    double sum = 0;
    for (const double cell : x.subspan(row * cells, cells)) sum += cell;
    if (std::abs(sum - told) > kTotalsAgree * told) {
      fail(Code::out_of_range, of_row(), ", but the cells add up to ", sum);
    }
  }
}

void ImageNetwork::declare(Trace& trace) {
  const auto rows = [&trace](const char* name, int64_t columns) {
    return columns > 0 ? trace.graph().input(name, {trace.dtype(), {1, columns}}) : Value();
  };
  const Value told = rows("condition", context_features());
  for (const Value& images : made(trace, rows("latent", latent_), told)) score(trace, images, told);
}

ImageNetwork::Contest ImageNetwork::contest(Trace& trace, Value x, Value context) {
  const Value told = prepared_context(trace, context);
  const Value of_row = total(context);
  const auto seen = [&](Value cells) {
    return as_images(cast(view_.coordinates(cells, preprocessing(), of_row), trace.dtype()),
                     grids_.back());
  };
  std::vector<Value> images = made(trace, latent(trace, x.rows(), Draw::whole), told);
  images.back() = seen(finished(images, context));
  Contest contest;
  const Value real = seen(x);
  for (const Value& each : images) {
    contest.games.push_back({.real = pooled_like(real, each),
                             .made = each,
                             .critic = [this, &trace, told](Value seen_images) {
                               return score(trace, seen_images, told);
                             }});
  }
  return contest;
}

Value ImageNetwork::sample(Trace& trace, int64_t rows, Value context) {
  const Value z = latent(trace, rows, Draw::truncated);
  return finished(made(trace, z, prepared_context(trace, context)), context);
}

Value ImageNetwork::latent(Trace& trace, int64_t rows, Draw draw) const {
  if (!normal_) return uniform_sample(trace, rows, latent_, 1.0, kBaseStage);
  if (draw == Draw::whole || truncation_ == 0) {
    return normal_sample(trace, rows, latent_, kBaseStage);
  }
  const Value candidates = normal_sample(trace, rows, kDraws * latent_, kBaseStage);
  const Value limit = trace.graph().scalar(truncation_, trace.dtype());
  const auto candidate = [&](int64_t i) {
    return slice(candidates, 1, i * latent_, (i + 1) * latent_);
  };
  Value z = clamp(candidate(kDraws - 1), -truncation_, truncation_);
  for (int64_t i = kDraws - 1; i-- > 0;) {
    z = select(less_equal(abs(candidate(i)), limit), candidate(i), z);
  }
  return z;
}

std::vector<Value> ImageNetwork::made(Trace& trace, Value latent, Value condition) const {
  const Trace::Part part(trace, "generator");
  std::vector<Value> images = generate(trace, latent, condition);
  for (Value& each : images) each = view_.rectified(each);
  return images;
}

// Each size of images has a critic of its own.
Value ImageNetwork::score(Trace& trace, Value images, Value condition) const {
  const Trace::Part part(trace, kCritic);
  const Grid grid = spatial_extents(images.shape());
  if (grid == grids_.back()) return criticise(trace, images, condition);
  const auto stage = std::ranges::find(grids_, grid) - grids_.begin();
  const Trace::Part of_stage(trace, text("stage_", stage));
  return criticise(trace, images, condition);
}

Value ImageNetwork::pooled_like(Value images, Value coarse) const {
  for (size_t i = grids_.size(); images.shape() != coarse.shape();) {
    images = pooled_to(images, grids_[--i - 1]);
  }
  return images;
}

Value ImageNetwork::total(Value context) const {
  return total_column_ < 0 ? Value() : slice(context, 1, total_column_, total_column_ + 1);
}

// Cells in the user's units.
Value ImageNetwork::finished(const std::vector<Value>& made, Value context) const {
  return view_.cells(cast(as_rows(made.back()), DType::float64), preprocessing(), total(context));
}

std::vector<Field> image_fields(const std::string& latent_distribution, std::vector<Field> own) {
  std::vector<Field> fields = {
      {.name = "shape",
       .type = FieldType::integer_list,
       .default_value = "",
       .meaning = "cells along each axis of an image, [height, width] or [depth, height, width]; a "
                  "row of the data has them with the last axis fastest",
       .least = 1,
       .greatest = 65536},
      {.name = "cell_features",
       .type = FieldType::integer,
       .default_value = "1",
       .meaning = "numbers of each cell, beside each other in a row of the data",
       .least = 1,
       .greatest = 256},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "columns of the context that the images are generated for",
       .least = 0,
       .greatest = 65536},
      {.name = "cells",
       .type = FieldType::text,
       .default_value = R"("energies")",
       .meaning = "what the numbers are: energies, 0 or above and seen by their logarithms, or "
                  "reals, standardised",
       .choices = {"energies", "reals"}},
      {.name = "softness",
       .type = FieldType::real,
       .default_value = "1e-3",
       .meaning = "of energies: the share s of the largest cell, or of the total, where the "
                  "coordinate of a cell, log(1 + share / s), turns from linear to logarithmic",
       .least = 1e-9,
       .greatest = 1e3},
      {.name = "threshold",
       .type = FieldType::real,
       .default_value = "0",
       .meaning = "energies below it are 0, true ones and made ones, in the unit of the data",
       .least = 0,
       .greatest = 1e12},
      {.name = "total_column",
       .type = FieldType::integer,
       .default_value = "-1",
       .meaning =
           "the column of the context that holds the sum of all energies of the image, which "
           "generated cells are scaled to; -1: none does",
       .least = -1,
       .greatest = 65535},
      {.name = "latent",
       .type = FieldType::integer,
       .default_value = "100",
       .meaning = "random numbers that an image is made from",
       .least = 1,
       .greatest = 65536},
      {.name = "latent_distribution",
       .type = FieldType::text,
       .default_value = text('"', latent_distribution, '"'),
       .meaning = "theirs: standard normal, or uniform in (-1, 1)",
       .choices = {"normal", "uniform"}},
      {.name = "truncation",
       .type = FieldType::real,
       .default_value = "0",
       .meaning =
           "of samples, not in training: normal numbers farther from 0 are drawn again, which "
           "gives images closer to typical ones (1809.11096); 0: none",
       .least = 0,
       .greatest = 10},
      {.name = "smallest",
       .type = FieldType::integer,
       .default_value = "4",
       .meaning =
           "an image starts from few cells, and an axis of the shape is halved, rounding up, "
           "while it has more than these",
       .least = 1,
       .greatest = 64},
      {.name = "context_preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "one chain of steps a column of the context, such as 'log; standardise'; empty: "
                  "standardise"}};
  for (Field& each : own) fields.push_back(std::move(each));
  return with_common_fields(std::move(fields));
}

}  // namespace castalia
