// Whole reports: what they conclude, and that any content gives a page that can be read.
#include "bindings/cli/report/report.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace castalia_cli::report {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

std::vector<double> normal(size_t n, unsigned seed, double mean = 0) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> law(mean, 1);
  std::vector<double> out(n);
  for (double& value : out) value = law(engine);
  return out;
}

Content content_of(std::vector<Column> columns) {
  Content out;
  out.title = "a.h5 against b.h5";
  out.command = "castalia evaluate";
  out.generated = {"a.h5:x",
                   columns.empty() ? 0 : static_cast<int64_t>(columns[0].generated.size())};
  out.reference = {"b.h5:x",
                   columns.empty() ? 0 : static_cast<int64_t>(columns[0].reference.size())};
  out.columns = std::move(columns);
  return out;
}

Json figure(const char* name, Json value, Json deviation) {
  return {{"name", name},      {"value", value},    {"error", 0.1},
          {"null_value", 0.0}, {"null_error", 0.1}, {"deviation", deviation}};
}

// Why a page is not well-formed XML, as a reader of one would see it; empty where it is.
std::string fault_of(const std::string& page) {
  std::vector<std::string> open;
  std::set<std::string> ids;
  size_t at = page.find('\n');  // behind the document type
  while ((at = page.find('<', at)) != std::string::npos) {
    const size_t end = page.find('>', at);
    if (end == std::string::npos) return "a tag without end";
    const std::string tag = page.substr(at + 1, end - at - 1);
    const size_t name_end = tag.find_first_of(" /", tag[0] == '/' ? 1 : 0);
    const std::string name = tag.substr(0, name_end);
    if (name[0] == '/') {
      if (open.empty() || open.back() != name.substr(1)) return "unexpected <" + name + ">";
      open.pop_back();
    } else if (tag.back() != '/') {
      if (!std::isalpha(static_cast<unsigned char>(name[0]))) return "a tag <" + name + ">";
      open.push_back(name);
    }
    if (const size_t id = tag.find(" id=\""); id != std::string::npos) {
      const std::string value = tag.substr(id + 5, tag.find('"', id + 5) - id - 5);
      if (!ids.insert(value).second) return "two elements " + value;
    }
    at = end;
    if (name == "style") at = page.find("</style", at);
  }
  if (!open.empty()) return "<" + open.back() + "> is not closed";
  // Every '&' begins an entity that XML knows.
  for (size_t i = 0; (i = page.find('&', i)) != std::string::npos; ++i) {
    const std::string name = page.substr(i, page.find(';', i) - i + 1);
    if (name != "&amp;" && name != "&lt;" && name != "&gt;" && name != "&quot;" &&
        name != "&#39;") {
      return "entity " + name;
    }
  }
  for (const char* word : {"nan", "NaN", "inf\"", "inf "}) {
    if (page.find(word) != std::string::npos) return std::string("the word ") + word;
  }
  return "";
}

void expect_sound(const Report& report) {
  EXPECT_EQ(fault_of(page(report)), "");
  // Whoever reads the twin gets numbers or null.
  EXPECT_FALSE(Json::parse(twin(report).dump()).is_discarded());
  EXPECT_EQ(table(report).find("nan"), std::string::npos);
}

TEST(Report, OfEqualSamplesIsIndistinguishable) {
  std::vector<Column> columns;
  for (unsigned i = 0; i < 30; ++i) {
    columns.push_back(
        {"x" + std::to_string(i), "GeV", "", normal(3000, 2 * i), normal(3000, 2 * i + 1)});
  }
  const Report report = judge(content_of(std::move(columns)));
  EXPECT_EQ(report.verdict, Verdict::indistinguishable) << report.sentence;
  EXPECT_NE(report.sentence.find("30 comparisons"), std::string::npos) << report.sentence;
  expect_sound(report);
}

TEST(Report, NamesThePlantedDifference) {
  std::vector<Column> columns = {{"good", "", "", normal(3000, 1), normal(3000, 2)},
                                 {"bad_one", "", "", normal(3000, 3, 0.3), normal(3000, 4)}};
  const Report report = judge(content_of(std::move(columns)));
  EXPECT_EQ(report.verdict, Verdict::differs);
  EXPECT_NE(report.sentence.find("“bad one”"), std::string::npos) << report.sentence;
  EXPECT_EQ(report.worst_first.front(), 1u);
  EXPECT_EQ(report.observations[0].verdict, Verdict::indistinguishable);
  EXPECT_EQ(report.observations[1].verdict, Verdict::differs);
  expect_sound(report);
}

// 3.2 standard deviations are remarkable in one comparison and are not in forty.
TEST(Report, WeighsADeviationByHowManyWereLookedAt) {
  Content one = content_of({});
  one.judgements.push_back({{"metric", "m"}, {"figures", {figure("m", 1, 3.2)}}});
  EXPECT_EQ(judge(std::move(one)).verdict, Verdict::hint);
  Content many = content_of({});
  Json figures = Json::array({figure("m", 1, 3.2)});
  for (int i = 0; i < 39; ++i) figures.push_back(figure("f", 1, 0.5));
  many.judgements.push_back({{"metric", "m"}, {"figures", figures}});
  const Report report = judge(std::move(many));
  EXPECT_EQ(report.verdict, Verdict::indistinguishable);
  EXPECT_EQ(report.findings[0].verdict, Verdict::hint);
  expect_sound(report);
}

TEST(Report, ReadsWhatMetricsSay) {
  Content content = content_of({});
  content.training = Source{"t.h5:x", 10};
  content.judgements.push_back(
      {{"metric", "mmd"},
       {"figures", {figure("one", 0.7, -6.0), figure("two", nullptr, nullptr)}}});
  content.judgements.push_back({{"metric", "few"}, {"failure", "few needs <100> events"}});
  content.floors.push_back({{"metric", "mmd"}, {"figures", {figure("one", 0.25, 0.1)}}});
  const Report report = judge(std::move(content));
  ASSERT_EQ(report.findings.size(), 3u);
  EXPECT_EQ(report.findings[0].verdict, Verdict::differs);  // better than equal is no better
  EXPECT_DOUBLE_EQ(report.findings[0].floor, 0.25);
  EXPECT_TRUE(report.findings[0].quoted);
  EXPECT_FALSE(report.findings[1].quoted);
  EXPECT_EQ(report.findings[1].verdict, Verdict::not_judged);
  EXPECT_EQ(report.findings[2].verdict, Verdict::not_judged);
  EXPECT_NE(page(report).find("few needs &lt;100&gt; events"), std::string::npos);
  EXPECT_NE(table(report).find("few needs <100> events"), std::string::npos);
  EXPECT_EQ(twin(report)["figures"][0]["verdict"], "differs");
  expect_sound(report);
}

// What the metrics of columns say, column by column.
TEST(Report, ReadsWhatMetricsSayOfColumns) {
  Content content = content_of({{"a", "", "", normal(100, 1), normal(100, 2), normal(100, 3)},
                                {"b", "", "", normal(100, 4), normal(100, 5), normal(100, 6)}});
  content.training = Source{"t.h5:x", 100};
  const auto judgement = [](const char* metric, Json details) {
    return Json{{"metric", metric}, {"details", std::move(details)}};
  };
  content.column_judgements = {
      judgement("chi_square",
                {{"chi_square_per_degree_of_freedom", {1.0, 5.0}}, {"degrees_of_freedom", {0, 9}}}),
      judgement("separation_power", {{"separation_power", {0.1, 0.2}},
                                     {"separation_power_null_value", {0.3, nullptr}}}),
      {{"metric", "wasserstein"}, {"failure", "few events"}}};
  content.column_floors = {judgement("separation_power", {{"separation_power", {0.7, 0.8}}})};
  const Report report = judge(std::move(content));
  const Distance &a = report.observations[0].distance, &b = report.observations[1].distance;
  EXPECT_TRUE(std::isnan(a.shape_deviation));  // one bin says nothing
  EXPECT_EQ(b.ndf, 9);
  EXPECT_DOUBLE_EQ(b.shape_deviation, normal_deviate(45, 9));
  EXPECT_DOUBLE_EQ(a.separation_expected, 0.3);
  EXPECT_TRUE(std::isnan(b.separation_expected));
  EXPECT_TRUE(std::isnan(b.wasserstein));
  EXPECT_DOUBLE_EQ(report.observations[1].floor->separation, 0.8);
  EXPECT_EQ(report.observations[1].verdict, Verdict::hint);
  expect_sound(report);
}

// A sample whose weights undo a shift is the other again, on the page too.
TEST(Report, CountsEventsByTheirWeights) {
  Content content = content_of({{"x", "", "", normal(4000, 1, 0.5), normal(4000, 2)}});
  for (const double x : content.columns[0].generated) {
    content.weights.generated.push_back(std::exp(0.125 - 0.5 * x));
  }
  Content plain = content_of({content.columns[0]});
  const Report weighted = judge(std::move(content)), unweighted = judge(std::move(plain));
  EXPECT_EQ(unweighted.verdict, Verdict::differs);
  EXPECT_EQ(weighted.verdict, Verdict::indistinguishable);
  EXPECT_NEAR(weighted.observations[0].generated_summary.mean, 0, 0.08);
  expect_sound(weighted);
}

TEST(Report, EscapesWhatComesFromFiles) {
  const std::string evil = "</title><script>alert('&')</script>\x01\xff\"";
  Content content = content_of({{evil, evil, evil, normal(50, 1), normal(50, 2)}});
  content.title = content.command = content.observables = evil;
  content.generated.place = content.reference.place = evil;
  content.remarks = {evil};
  content.details = {{evil, evil, evil, {2, 2}, {1, 2, 3, 4}, {1, 2, 3, 4}},
                     {evil, evil, evil, {3}, {1, 2, 3}, {1, 2, 3}}};
  content.judgements.push_back({{"metric", evil}, {"figures", {figure("f", 1, 2)}}});
  content.settings = {{evil, evil}};
  const Report report = judge(std::move(content));
  EXPECT_EQ(page(report).find("<script"), std::string::npos);
  EXPECT_EQ(fault_of(page(report)), "");
  EXPECT_NO_THROW(twin(report).dump(2, ' ', false, Json::error_handler_t::replace));
}

// Whatever the samples hold, the page can be read and shows no "nan".
TEST(Report, IsSoundForAnyColumns) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> samples[] = {{},
                                         {1.5},
                                         {0, 0, 0, 0},
                                         {nan, infinity, 1},
                                         {nan},
                                         {-kMost, kMost},
                                         {1e-320, 2e-320, 1e300},
                                         {-1, 0, 1e-300},
                                         {1, 2, 3, 2, 2, 1},
                                         normal(1000, 5)};
  for (const auto& generated : samples) {
    for (const auto& reference : samples) {
      Content content = content_of({{"x", "data", "", generated, reference, generated}});
      content.training = Source{"t", 1};
      expect_sound(judge(std::move(content)));
    }
  }
  expect_sound(judge(content_of({})));
}

TEST(Report, DrawsDetailsOfAnyShape) {
  const double nan = std::nan("");
  Content content = content_of({});
  content.details = {
      {"layer_0_mean", "MeV", "", {2, 3}, {0, 1e-9, 1e4, nan, -1, 3}, {0, 0, 0, 0, 0, 0}},
      {"layer_0_row_edges", "mm", "", {3}, {0, 1, 5}, {0, 1, 5}},
      {"layer_0_column_edges", "mm", "", {4}, {0, 1, 5, 6}, {0, 1, 5, 6}},
      {"cube", "", "", {2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 3, 4, 5, 6, 7, 9}},
      {"strip", "", "", {1, 4}, {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"spectrum", "", "", {3}, {0, 5, 0}, {0, 4, 0}},
      {"spectrum_edges", "MeV", "", {4}, {1, 10, 100, 1000}, {1, 10, 100, 1000}},
      {"nothing", "", "", {4}, {0, 0, 0, 0}, {nan, 0, 0, 0}},
      {"wild", "", "", {3}, {kMost, -kMost, nan}, {1, 2, kMost}},
      {"wrong", "", "", {5}, {1, 2}, {1, 2}},
      {"hollow", "", "", {0, 4}, {}, {}},
      {"single", "", "", {}, {1}, {1}}};
  const Report report = judge(std::move(content));
  const std::string text = page(report);
  EXPECT_EQ(fault_of(text), "");
  EXPECT_NE(text.find("2 rows from 0 to 5 mm, 3 columns from 0 to 6 mm"), std::string::npos);
  for (const char* name : {"cube, 0", "cube, 1", "strip", "spectrum"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
  for (const char* name : {"row edges", "wrong", "hollow", "single"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace castalia_cli::report
