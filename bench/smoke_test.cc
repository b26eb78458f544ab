// Castalia's side of every workload runs, at a tiny size. Nothing is timed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "bench/interface/model_tasks.h"
#include "bench/interface/referee_tasks.h"
#include "bench/networks/tasks.h"
#include "bench/worker.h"

namespace castalia::bench {
namespace {

struct Case {
  const char* workload;
  const char* mode;
  int64_t batch;
  int64_t parameters;  // counted by hand from the architecture
};

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.workload) + "_" + info.param.mode;
}

// Two repetitions give a finite result, and more threads give the same bits.
void expect_same_on_threads(const Case& each, std::unique_ptr<Task> (*make)(const Request&, int)) {
  const Request request{each.workload, each.mode, each.batch};
  double results[2];
  for (const int threads : {1, 2}) {
    const std::unique_ptr<Task> task = make(request, threads);
    EXPECT_EQ(task->parameters(), each.parameters);
    task->run();
    task->run();
    results[threads - 1] = task->check();
  }
  EXPECT_TRUE(std::isfinite(results[0]));
  EXPECT_EQ(results[0], results[1]);
}

class Modelled : public testing::TestWithParam<Case> {};
TEST_P(Modelled, RunsTheSameOnThreads) { expect_same_on_threads(GetParam(), make_model_task); }

constexpr int64_t kCoupling = 6 * 128 + 128 + 128 * 128 + 128 + 128 * 138 + 138;
INSTANTIATE_TEST_SUITE_P(Workloads, Modelled,
                         testing::Values(Case{"P1", "train", 16, 8 * kCoupling},
                                         Case{"P2", "sample", 3, 8 * kCoupling},
                                         Case{"P2", "log_prob", 3, 8 * kCoupling},
                                         Case{"P14", "call", 1, 1 * 8 + 8 + 8 * 11 + 11}),
                         name_of);
constexpr int64_t kVelocity = (13 + 1) * 256 + 3 * (256 + 1) * 256 + (256 + 1) * 12;
INSTANTIATE_TEST_SUITE_P(Continuous, Modelled, testing::Values(Case{"P9", "sample", 3, kVelocity}),
                         name_of);

constexpr int64_t kShowers =
    504 * 378 + 2 * 378 + 378 + 378 * 378 + 378 + 378 * 504 * 23 + 504 * 23;
INSTANTIATE_TEST_SUITE_P(Showers, Modelled, testing::Values(Case{"P3", "sample", 2, 8 * kShowers}),
                         name_of);

// Each normalisation has a scale, a bias and two running statistics.
constexpr int64_t kImageGenerator =
    128 * 16 * 256 + 4 * (256 + 128 + 64) + 16 * (256 * 128 + 128 * 64 + 64 * 3) + 3;
constexpr int64_t kCritic = 16 * (3 * 64 + 64 * 128 + 128 * 256) + 64 + 128 + 256 + 16 * 256 + 1;
INSTANTIATE_TEST_SUITE_P(Images, Modelled,
                         testing::Values(Case{"P6", "train", 2, kImageGenerator + kCritic}),
                         name_of);

// A dense layer of normalised weights has a length beside the bias for every unit.
constexpr int64_t normalised(int64_t inputs, int64_t outputs) { return (inputs + 2) * outputs; }
constexpr int64_t kEpic = normalised(2 * 128 + 10, 128) + normalised(128, 10) +
                          normalised(128 + 10, 128) + normalised(128, 128);
constexpr int64_t kCloudGenerator =
    normalised(3, 128) + normalised(10, 128) + normalised(128, 10) + 6 * kEpic + normalised(128, 3);
constexpr int64_t kCloudCritic = normalised(3, 128) + normalised(128, 128) + normalised(256, 128) +
                                 normalised(128, 10) + 3 * kEpic + normalised(266, 128) +
                                 normalised(128, 128) + normalised(128, 1);
INSTANTIATE_TEST_SUITE_P(Clouds, Modelled,
                         testing::Values(Case{"P8", "sample", 2, kCloudGenerator + kCloudCritic},
                                         Case{"P8", "train", 2, kCloudGenerator + kCloudCritic}),
                         name_of);

constexpr int64_t dense(int64_t inputs, int64_t outputs) { return inputs * outputs + outputs; }

// A locally connected layer has weights and biases of its own at every cell.
constexpr int64_t kStreams = 36 * (5 * 98 + 14 * 14 + 14 * 8);  // of first images
constexpr int64_t kNarrow = 4 * 97 + 13 * 13 + 13 * 7;          // before the last layer
constexpr int64_t kCells = 3 * 96 + 12 * 12 + 12 * 6;
constexpr int64_t kShowerGenerator =
    dense(1, 2 * 1024) + dense(1024, kStreams) + 3 * dense(4 * 36, 16) +
    kNarrow * dense(4 * 16, 6) + kCells * dense(4 * 6, 1) + (kCells - 3 * 96) * dense(9 * 2, 1) +
    dense(1024, 64) + dense(64, 1);
constexpr int64_t kShowerCritic =
    3 * dense(4, 64) + kCells * (dense(9 * 64, 16) + dense(9 * 16, 8) + dense(9 * 8, 8)) +
    dense(kCells * 8 + 8 + 1, 256) + 256 * 10 * 5 + dense(266, 1);
INSTANTIATE_TEST_SUITE_P(LayeredShowers, Modelled,
                         testing::Values(Case{"P5", "sample", 2, kShowerGenerator + kShowerCritic},
                                         Case{"P5", "train", 2, kShowerGenerator + kShowerCritic}),
                         name_of);

class Network : public testing::TestWithParam<Case> {};
TEST_P(Network, RunsTheSameOnThreads) { expect_same_on_threads(GetParam(), make_network_task); }

constexpr int64_t kGenerator = dense(64, 256) + dense(256, 512) + dense(512, 504);
constexpr int64_t kEncoder =
    27 * (1 * 16 + 16 * 32 + 32 * 64) + 16 + 32 + 64 + dense(64 * 64, 2 * 32);
constexpr int64_t kDecoder =
    dense(32, 64 * 64) + 64 * 64 * 32 + 32 + 27 * 32 * 16 + 16 + 64 * 16 * 1 + 1;
INSTANTIATE_TEST_SUITE_P(Showers, Network, testing::Values(Case{"P3", "sample", 2, 8 * kShowers}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Workloads, Network,
                         testing::Values(Case{"P4", "sample", 3, kGenerator},
                                         Case{"P7", "train", 1, kEncoder + kDecoder},
                                         Case{"P14", "call", 1, 1 * 8 + 8 + 8 * 11 + 11},
                                         Case{"limit", "read", 100, 50},
                                         Case{"limit", "product", 20, 0},
                                         Case{"limit", "triad", 1200, 100}),
                         name_of);

class Referee : public testing::TestWithParam<const char*> {};
TEST_P(Referee, RunsTheSameOnThreads) {
  constexpr int64_t kShowers = 100;
  constexpr int64_t kCells = 504;
  for (const char* name : {"generated", "reference"}) {
    std::vector<float> values(kShowers * kCells);
    uint32_t state = name[0];
    for (float& each : values) each = static_cast<float>((state = state * 1664525 + 1) >> 20);
    std::ofstream(testing::TempDir() + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
  setenv("CASTALIA_BENCH_SHOWERS", testing::TempDir().c_str(), 1);
  expect_same_on_threads({"M", GetParam(), kShowers, 2 * kShowers * kCells}, make_referee_task);
}
INSTANTIATE_TEST_SUITE_P(Workloads, Referee,
                         testing::Values("kolmogorov_smirnov", "separation_power", "mmd",
                                         "manifold"));

TEST(Worker, AnswersRequestsAndErrors) {
  std::istringstream requests(
      "run castalia 0\nprepare limit triad 1200 castalia\nrun castalia 0\ndrop\nrun castalia "
      "0\nprepare limit triad none\nhello\n");
  std::ostringstream answers;
  serve([](const Request& request) { return make_network_task(request, 1); }, requests, answers);
  std::istringstream lines(answers.str());
  std::string starts;
  for (std::string line; std::getline(lines, line);) starts += line.substr(0, line.find(' ')) + " ";
  EXPECT_EQ(starts, "error ok ok ok error error error ");
}

TEST(Worker, MeasuresMemory) {
  // Three arrays of together 96 MiB.
  std::istringstream requests("memory limit triad 100663296\n");
  std::ostringstream answers;
  serve([](const Request& request) { return make_network_task(request, 1); }, requests, answers);
  std::istringstream words(answers.str());
  std::string ok;
  double bytes = 0;
  words >> ok >> bytes;
  EXPECT_EQ(ok, "ok");
  EXPECT_GE(bytes, 90.0 * 1024 * 1024);
  EXPECT_LE(bytes, 960.0 * 1024 * 1024);  // sanitizers keep notes of their own
}

}  // namespace
}  // namespace castalia::bench
