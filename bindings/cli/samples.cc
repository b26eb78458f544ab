#include "bindings/cli/samples.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace castalia_cli {
namespace {

constexpr Layout kLayouts[] = {
    {"showers", "incident_energies", "calorimeter", "showers in the layout of the CaloChallenge"},
    {"particle_features", "", "jets", "jets in the layout of JetNet"},
    {"particles", "", "kinematics", "four-momenta of particles"},
};

// Rows that are copied at a time.
constexpr int64_t kChunk = 8192;

std::string known_layouts() {
  std::string out;
  for (const Layout& layout : kLayouts)
    out += std::string(out.empty() ? "" : ", ") + layout.dataset;
  return out;
}

}  // namespace

bool has_dataset(const std::string& path, const std::string& dataset) {
  int32_t rank = 0;
  int64_t shape[CASTALIA_MAX_RANK];
  const castalia_status status = castalia_hdf5_shape(path.c_str(), dataset.c_str(), &rank, shape);
  if (status == CASTALIA_NOT_FOUND) return false;
  check(status);
  return true;
}

const Layout* layout_of(const std::string& dataset) {
  const std::string name = dataset.substr(dataset.rfind('/') + 1);
  for (const Layout& layout : kLayouts) {
    if (name == layout.dataset) return &layout;
  }
  return nullptr;
}

Place find_sample(const std::string& text, const std::string& other) {
  Place out;
  std::error_code ignored;
  const size_t colon = text.rfind(':');
  // A file may have a colon in its name.
  if (colon == std::string::npos || std::filesystem::exists(text, ignored)) {
    out.path = text;
  } else {
    out.path = text.substr(0, colon);
    out.dataset = text.substr(colon + 1);
  }
  if (out.dataset.empty() && !other.empty() && has_dataset(out.path, other)) out.dataset = other;
  for (const Layout& layout : kLayouts) {
    if (out.dataset.empty() && has_dataset(out.path, layout.dataset)) out.dataset = layout.dataset;
  }
  if (out.dataset.empty()) {
    // The library's own message says what there is.
    int32_t rank = 0;
    int64_t shape[CASTALIA_MAX_RANK];
    castalia_hdf5_shape(out.path.c_str(), "", &rank, shape);
    throw Failure("'" + out.path + "' has no data set of a known layout (" + known_layouts() +
                  "); name one: " + out.path + ":DATASET (" + castalia_last_error() + ")");
  }
  const Layout* layout = layout_of(out.dataset);
  if (layout != nullptr && layout->condition[0] != '\0') {
    const size_t slash = out.dataset.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : out.dataset.substr(0, slash + 1);
    if (has_dataset(out.path, folder + layout->condition)) {
      out.condition = folder + layout->condition;
    }
  }
  return out;
}

Sample sample_of(Dataset data, bool weighted) {
  Sample out;
  out.data = std::move(data);
  out.weighted = weighted;
  check(castalia_dataset_shape(out.data.get(), &out.events, &out.features, &out.context_features));
  return out;
}

Sample open_sample(castalia_context* context, const Place& place, int64_t most) {
  const auto name = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  Sample all =
      sample_of(make<Dataset>(castalia_dataset_open, context, place.path.c_str(),
                              place.dataset.c_str(), name(place.condition), name(place.weights)),
                !place.weights.empty());
  if (most <= 0 || all.events <= most) return all;
  return make_sample(context, read_rows(all, 0, most), all.features, all.context_features);
}

Sample make_sample(castalia_context* context, Rows rows, int64_t features,
                   int64_t context_features) {
  const int64_t events = static_cast<int64_t>(rows.x.size()) / std::max<int64_t>(features, 1);
  const castalia_array x = view(rows.x, {events, features});
  castalia_array condition{}, weights{};
  if (context_features > 0) condition = view(rows.condition, {events, context_features});
  const bool weighted = !rows.weights.empty();
  if (weighted) weights = view(rows.weights, {events});
  return sample_of(
      make<Dataset>(castalia_dataset_create, context, &x,
                    context_features > 0 ? &condition : nullptr, weighted ? &weights : nullptr),
      weighted);
}

Rows read_rows(const Sample& sample, int64_t first, int64_t rows) {
  Rows out;
  out.x.resize(static_cast<size_t>(rows * sample.features));
  out.condition.resize(static_cast<size_t>(rows * sample.context_features));
  const castalia_array x = view(out.x, {rows, sample.features});
  const castalia_array condition = view(out.condition, {rows, sample.context_features});
  check(castalia_dataset_read(sample.data.get(), first, &x,
                              sample.context_features > 0 ? &condition : nullptr));
  if (sample.weighted) {
    out.weights.resize(static_cast<size_t>(rows));
    const castalia_array weights = view(out.weights, {rows});
    check(castalia_dataset_weights(sample.data.get(), first, &weights));
  }
  return out;
}

std::vector<double> weights_of(const Sample& sample) {
  if (!sample.weighted) return {};
  std::vector<double> out(static_cast<size_t>(sample.events));
  const castalia_array weights = view(out, {sample.events});
  check(castalia_dataset_weights(sample.data.get(), 0, &weights));
  return out;
}

std::vector<std::vector<double>> columns_of(const Sample& sample, int64_t most) {
  const int64_t width = std::min(sample.features, most);
  std::vector<std::vector<double>> out(static_cast<size_t>(width));
  for (auto& column : out) column.reserve(static_cast<size_t>(sample.events));
  for (int64_t done = 0; done < sample.events;) {
    const int64_t rows = std::min(kChunk, sample.events - done);
    const Rows chunk = read_rows(sample, done, rows);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < width; ++j) {
        out[static_cast<size_t>(j)].push_back(
            chunk.x[static_cast<size_t>(i * sample.features + j)]);
      }
    }
    done += rows;
  }
  return out;
}

}  // namespace castalia_cli
