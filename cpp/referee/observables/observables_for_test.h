// What the tests of the sets of observables share.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_FOR_TEST_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_FOR_TEST_H_

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/observables/observables.h"

namespace castalia::referee {

inline std::string golden_path(const std::string& name) {
  return "tests/golden/observables/" + name;
}

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(golden_path(name));
  return nlohmann::json::parse(file);
}

inline Dataset make_dataset(int64_t rows, std::vector<double> x, std::vector<double> context = {}) {
  Dataset data;
  data.rows = rows;
  data.features = rows == 0 ? 0 : static_cast<int64_t>(x.size()) / rows;
  data.context_features = rows == 0 ? 0 : static_cast<int64_t>(context.size()) / rows;
  data.x = std::move(x);
  data.context = std::move(context);
  return data;
}

inline Observables compute_for_test(const std::string& set, const Dataset& data,
                                    const std::string& fields = "", int threads = 1) {
  ThreadPool pool(threads);
  return compute_observables(find_observable_set(set), data, fields, pool);
}

// The table and the details have the same bits with one thread and with several, and a row has them
// wherever it stands.
inline void expect_same_bits(const std::string& set, const Dataset& data,
                             const std::string& fields) {
  const Observables one = compute_for_test(set, data, fields, 1);
  for (const int threads : {2, 5}) {
    const Observables other = compute_for_test(set, data, fields, threads);
    EXPECT_EQ(one.table.values, other.table.values) << threads << " threads";
    EXPECT_EQ(one.table.event, other.table.event);
    ASSERT_EQ(one.details.size(), other.details.size());
    for (size_t i = 0; i < one.details.size(); ++i) {
      EXPECT_EQ(one.details[i].values, other.details[i].values) << one.details[i].name;
    }
  }
  if (!one.table.event.empty()) return;
  const int64_t last = data.rows - 1;
  Dataset alone = data;
  alone.rows = 1;
  alone.x.assign(data.x.begin() + last * data.features, data.x.end());
  alone.context.assign(data.context.begin() + last * data.context_features, data.context.end());
  const ObservableTable table = compute_for_test(set, alone, fields).table;
  EXPECT_EQ(table.values,
            std::vector<double>(one.table.row(last), one.table.row(last) + one.table.width()));
}

// Runs the function, which must throw an Error of this code whose message holds every word.
template <typename Function>
void expect_error(Code code, const std::vector<std::string>& words, Function&& function) {
  try {
    function();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is not in: " << error.what();
    }
  }
}

// Reproducible numbers.
inline double random_uniform(uint64_t event, uint32_t feature) {
  return uniform(Stream{.seed = 2026, .event = event}, feature);
}
inline double random_normal(uint64_t event, uint32_t feature) {
  return normal(Stream{.seed = 2027, .event = event}, feature);
}

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_OBSERVABLES_FOR_TEST_H_
