// Times one metric on two samples, for bench/referee/measure_referee.py.
//
// usage: referee_timing GENERATED REFERENCE COLUMNS THREADS METRIC [OPTIONS [REPETITIONS]]
// The files hold float32 rows. Prints one JSON object: seconds (the least), and the figures.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/referee/metric.h"

namespace {

using castalia::Code;
using castalia::Dataset;

Dataset read(const char* path, int64_t columns) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) castalia::fail(Code::io_error, "cannot read ", path);
  const auto count = static_cast<size_t>(in.tellg()) / sizeof(float);
  std::vector<float> values(count);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(count * sizeof(float)));
  Dataset out;
  out.rows = static_cast<int64_t>(count) / columns;
  out.features = columns;
  out.x.assign(values.begin(), values.end());
  return out;
}

int measure(int argc, char** argv) {
  if (argc < 6) castalia::fail(Code::invalid_argument, "see the head of referee_timing.cc");
  const int64_t columns = std::stoll(argv[3]);
  const Dataset generated = read(argv[1], columns);
  const Dataset reference = read(argv[2], columns);
  castalia::ThreadPool pool(std::stoi(argv[4]));
  castalia::referee::Work work{.pool = pool, .seed = 1};
  const castalia::referee::Metric& metric = castalia::referee::find_metric(argv[5]);
  double seconds = 1e300;
  std::string result;
  for (int repetition = 0; repetition < (argc > 7 ? std::stoi(argv[7]) : 1); ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    result = castalia::referee::evaluate(metric, {&generated, &reference, &reference},
                                         argc > 6 ? argv[6] : "", work);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    seconds = std::min(seconds, passed.count());
  }
  const nlohmann::ordered_json out = {
      {"metric", metric.name},
      {"seconds", seconds},
      {"figures", nlohmann::ordered_json::parse(result)["figures"]}};
  std::cout << out.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
