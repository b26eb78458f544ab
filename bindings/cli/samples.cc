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

Sample sample_of(Dataset data) {
  Sample out;
  out.data = std::move(data);
  check(castalia_dataset_shape(out.data.get(), &out.events, &out.features, &out.context_features));
  return out;
}

Sample open_sample(castalia_context* context, const Place& place, int64_t most) {
  Sample all = sample_of(make<Dataset>(castalia_dataset_open, context, place.path.c_str(),
                                       place.dataset.c_str(),
                                       place.condition.empty() ? nullptr : place.condition.c_str(),
                                       static_cast<const char*>(nullptr)));
  if (most <= 0 || all.events <= most) return all;
  const Rows rows = read_rows(all, 0, most);
  return make_sample(context, rows.x, all.features, rows.condition, all.context_features);
}

Sample make_sample(castalia_context* context, const std::vector<double>& x, int64_t features,
                   const std::vector<double>& condition, int64_t context_features) {
  const int64_t rows = static_cast<int64_t>(x.size()) / std::max<int64_t>(features, 1);
  // The library reads what the view points to, and copies it.
  const castalia_array events = view(const_cast<std::vector<double>&>(x), {rows, features});
  castalia_array given{};
  if (context_features > 0) {
    given = view(const_cast<std::vector<double>&>(condition), {rows, context_features});
  }
  return sample_of(make<Dataset>(castalia_dataset_create, context, &events,
                                 context_features > 0 ? &given : nullptr,
                                 static_cast<const castalia_array*>(nullptr)));
}

Rows read_rows(const Sample& sample, int64_t first, int64_t rows) {
  Rows out;
  out.x.resize(static_cast<size_t>(rows * sample.features));
  out.condition.resize(static_cast<size_t>(rows * sample.context_features));
  const castalia_array x = view(out.x, {rows, sample.features});
  const castalia_array condition = view(out.condition, {rows, sample.context_features});
  check(castalia_dataset_read(sample.data.get(), first, &x,
                              sample.context_features > 0 ? &condition : nullptr));
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
