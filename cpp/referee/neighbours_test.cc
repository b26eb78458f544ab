#include "cpp/referee/neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

// `step` > 0 puts rows on a grid, where many distances are equal.
Rows random_rows(int64_t count, int64_t columns, uint64_t seed, double step) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(100, 1);  // far from the origin
  Rows out{count, columns, {}, {}};
  for (int64_t i = 0; i < count * columns; ++i) {
    const double x = normal(random);
    out.x.push_back(step > 0 ? std::round(x / step) * step : x);
  }
  double sum = 0;
  for (int64_t r = 0; r < count; ++r) {
    out.weights.push_back(1 + static_cast<double>(r % 3));
    sum += out.weights.back();
  }
  for (double& weight : out.weights) weight /= sum;
  return out;
}

struct Scene {
  Scene(int64_t columns, double step)
      : left_rows(random_rows(333, columns, 1, step)),
        right_rows(random_rows(421, columns, 2, step)),
        frame(common_frame(left_rows, right_rows)),
        left(left_rows, frame.centre, frame.factor),
        right(right_rows, frame.centre, frame.factor) {}

  Rows left_rows, right_rows;
  Frame frame;
  Points<float> left, right;
};

double distance(const Points<float>& a, int64_t i, const Points<float>& b, int64_t j) {
  return exact_distance(a.row(i), b.row(j), a.columns());
}

TEST(Neighbours, AreThoseOfASort) {
  for (const auto& [columns, step] :
       {std::pair<int64_t, double>{1, 0}, {2, 0.25}, {5, 0}, {40, 0}, {40, 1}}) {
    const Scene scene(columns, step);
    ThreadPool pool(2);
    Work work{.pool = pool};
    const std::vector<double> left_radii(333, 0.0), right_radii(421, 0.0);
    const AcrossSamples across =
        compare_neighbourhoods(scene.left, left_radii, scene.right, right_radii, 4, work);
    struct Found {
      const Points<float>& queries;
      const Points<float>& data;
      Neighbours neighbours;
    };
    for (const auto& [queries, data, found] :
         {Found{scene.left, scene.left, nearest(scene.left, 4, work)},
          Found{scene.right, scene.right, nearest(scene.right, 4, work)},
          Found{scene.left, scene.right, across.of_left},
          Found{scene.right, scene.left, across.of_right}}) {
      const bool same = &queries == &data;
      for (int64_t i = 0; i < queries.count(); ++i) {
        std::vector<std::pair<double, int64_t>> all;
        for (int64_t j = 0; j < data.count(); ++j) {
          if (!same || i != j) all.emplace_back(distance(queries, i, data, j), j);
        }
        std::sort(all.begin(), all.end());
        for (int64_t n = 0; n < 4; ++n) {
          const auto at = static_cast<size_t>(i * 4 + n);
          EXPECT_EQ(found.distance[at], all[static_cast<size_t>(n)].first);
          EXPECT_EQ(found.row[at], all[static_cast<size_t>(n)].second) << columns << ' ' << step;
        }
      }
    }
  }
}

TEST(Neighbours, BallsHoldWhatIsNearerThanTheirRadius) {
  for (const auto& [columns, step] : {std::pair<int64_t, double>{2, 0.25}, {40, 0}, {40, 1}}) {
    const Scene scene(columns, step);
    ThreadPool pool(3);
    Work work{.pool = pool};
    std::vector<double> left_radii, right_radii;
    const Neighbours near_left = nearest(scene.left, 3, work);
    const Neighbours near_right = nearest(scene.right, 3, work);
    for (int64_t i = 0; i < scene.left.count(); ++i) left_radii.push_back(near_left.farthest(i));
    for (int64_t j = 0; j < scene.right.count(); ++j) right_radii.push_back(near_right.farthest(j));
    for (const bool alone : {true, false}) {
      const BallCounts found =
          alone ? count_in_balls(scene.left, left_radii, scene.right, right_radii, work)
                : compare_neighbourhoods(scene.left, left_radii, scene.right, right_radii, 2, work)
                      .balls;
      std::vector<int64_t> around_right(right_radii.size(), 0), inside_right(right_radii.size(), 0);
      std::vector<double> weight_right(right_radii.size(), 0.0);
      for (size_t i = 0; i < left_radii.size(); ++i) {
        int64_t around = 0;
        int64_t inside = 0;
        double weight = 0;
        for (size_t j = 0; j < right_radii.size(); ++j) {
          const double d =
              distance(scene.left, static_cast<int64_t>(i), scene.right, static_cast<int64_t>(j));
          if (d < left_radii[i]) {
            ++inside;
            weight += scene.right.weight(static_cast<int64_t>(j));
            ++around_right[j];
          }
          if (d < right_radii[j]) {
            ++around;
            ++inside_right[j];
            weight_right[j] += scene.left.weight(static_cast<int64_t>(i));
          }
        }
        EXPECT_EQ(found.inside_left[i], inside);
        EXPECT_EQ(found.balls_around_left[i], around);
        EXPECT_NEAR(found.weight_inside_left[i], weight, 1e-15);
      }
      EXPECT_EQ(found.balls_around_right, around_right);
      EXPECT_EQ(found.inside_right, inside_right);
      for (size_t j = 0; j < right_radii.size(); ++j) {
        EXPECT_NEAR(found.weight_inside_right[j], weight_right[j], 1e-15);
      }
    }
  }
}

TEST(Neighbours, NeedMoreRowsThanNeighbours) {
  const Scene scene(2, 0);
  ThreadPool pool(1);
  Work work{.pool = pool};
  try {
    nearest(scene.left, 333, work);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::empty_data);
    EXPECT_NE(std::string(error.what()).find("at least 334"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace castalia::referee
