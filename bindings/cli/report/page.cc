// The page. What comes from files or the command line passes through escaped().
#include <algorithm>
#include <cmath>

#include "bindings/cli/report/details.h"
#include "bindings/cli/report/html.h"
#include "bindings/cli/report/plot.h"
#include "bindings/cli/report/report.h"
#include "bindings/cli/report/style.h"
#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

const char* style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::indistinguishable: return "good";
    case Verdict::hint: return "hint";
    case Verdict::differs: return "bad";
    case Verdict::not_judged: break;
  }
  return "none";
}

std::string badge(Verdict verdict) {
  return element("span", "class=\"badge " + std::string(style_of(verdict)) + "\"", words(verdict));
}

std::string anchor(size_t observation) { return "o" + std::to_string(observation); }

std::string compared(const Content& content) {
  std::string rows;
  const auto add = [&](const char* role, const Source& source) {
    rows += "<tr>" + row_head(role) + cell(count(source.events)) +
            cell(escaped(source.place), "wrap") + "</tr>\n";
  };
  add("generated", content.generated);
  add("reference", content.reference);
  if (content.training) add("training", *content.training);
  std::string out =
      scrolled_table("What was compared", table_head({"<sample", "events", "<from"}), rows);
  if (!content.observables.empty()) {
    out +=
        element("p", "class=\"soft\"", "Observables: " + escaped(content.observables) + ".") + "\n";
  }
  for (const std::string& remark : content.remarks) out += element("p", "", escaped(remark)) + "\n";
  return out;
}

std::string metrics_table(const Report& report) {
  const bool floors = report.content.training.has_value();
  std::string rows;
  for (const Finding& each : report.findings) {
    rows += "<tr>";
    const std::string name = escaped(spoken(each.figure));
    const std::string metric = escaped(spoken(each.metric));
    if (each.quoted) {
      rows += row_head(each.figure == each.metric ? name : metric + ": " + name);
    } else {
      rows += row_head(name, "text minor");
    }
    if (!each.failure.empty()) {
      rows += element("td", "class=\"wrap\" colspan=\"" + std::string(floors ? "4" : "3") + "\"",
                      escaped(each.failure));
    } else {
      rows +=
          cell(measured(each.value, each.error)) + cell(measured(each.null_value, each.null_error));
      if (floors) rows += cell(measured(each.floor, each.floor_error));
      rows += cell(sigmas(each.deviation));
    }
    rows += cell(badge(each.verdict), "text") + "</tr>\n";
  }
  std::vector<std::string> titles = {"<metric", "value", "if equal"};
  if (floors) titles.push_back("training sample");
  titles.insert(titles.end(), {"deviation", "<verdict"});
  std::string out = "<h2 id=\"metrics\">Metrics</h2>\n";
  out += element("p", "class=\"soft\"",
                 "Each value with one standard deviation; “if equal” is what two samples of one "
                 "distribution with these numbers of events give, and the deviation is counted "
                 "from there in its standard deviations: a " +
                     std::string("hint from 3, a difference from 5.") +
                     (floors ? " “Training sample” is the metric of the training events: what a "
                               "generator that learned from them can hardly improve on."
                             : ""));
  return out + scrolled_table("Metrics", table_head(titles), rows);
}

std::string observations_table(const Report& report) {
  const bool floors = report.content.training.has_value();
  std::string rows;
  for (const size_t i : report.worst_first) {
    const Observation& each = report.observations[i];
    const Distance& distance = each.distance;
    const std::string link =
        "<a href=\"#" + anchor(i) + "\">" + escaped(spoken(each.column->name)) + "</a>";
    rows += "<tr>" + row_head(link) + cell(number(distance.chi2_per_ndf, 3)) +
            cell(std::to_string(distance.ndf));
    if (floors) rows += cell(each.floor ? number(each.floor->chi2_per_ndf, 3) : "–");
    const std::string units = escaped(units_of(each.column->units));
    rows += cell(number(distance.separation, 3)) + cell(number(distance.separation_expected, 2)) +
            cell(with_units(number(distance.wasserstein, 3), units)) +
            cell(with_units(number(distance.wasserstein_expected, 2), units)) +
            cell(sigmas(distance.mean_deviation)) + cell(sigmas(distance.shape_deviation)) +
            cell(badge(each.verdict), "text") + "</tr>\n";
  }
  std::vector<std::string> titles = {"<observable", "χ²/ndf", "ndf"};
  if (floors) titles.push_back("training χ²/ndf");
  titles.insert(titles.end(),
                {"separation", "if equal", "W₁", "if equal", "mean", "shape", "<verdict"});
  return "<h2 id=\"observables\">Observables, worst first</h2>\n" +
         element("p", "class=\"soft\"",
                 "χ² and separation power ½ Σ (p − q)² / (p + q) are of bins that share out the "
                 "reference evenly, by the metrics “chi square” and “separation power”; W₁, the "
                 "Wasserstein distance, needs no bins. “Mean” is the difference of the means and "
                 "“shape” the normal deviate of χ², both in standard deviations; the greater of "
                 "the two decides. Events count by their weights.") +
         scrolled_table("Observables", table_head(titles), rows);
}

std::string bins_of(const Observation& each) {
  const Binning& binning = each.binning;
  const std::string units = each.column->units;
  std::string out = count(binning.bins) + (binning.bins == 1 ? " bin" : " bins");
  const double width = binning.edge(1) - binning.edge(0);
  if (binning.axis.logarithmic) {
    out += " of equal ratio";
  } else if (binning.bins > 1) {
    out += " of " + with_units(number(width, 3), units);
  }
  out += " from " + number(binning.axis.lower, 5) + " to " +
         with_units(number(binning.axis.upper, 5), units);
  return out + ".";
}

// Shares of all events, so that samples of different sizes lie on each other.
Steps steps_of(const Observation& each) {
  Steps out;
  const auto share = [](const Histogram& histogram, std::vector<double>& shares,
                        std::vector<double>& errors) {
    const double all = histogram.total() > 0 ? histogram.total() : 1;
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      shares.push_back(histogram.counts[i] / all);
      errors.push_back(std::sqrt(histogram.squares[i]) / all);
    }
  };
  for (int i = 0; i <= each.binning.bins; ++i) out.edges.push_back(each.binning.edge(i));
  share(each.generated, out.generated, out.generated_error);
  share(each.reference, out.reference, out.reference_error);
  return out;
}

// Events, or a sum of weights.
std::string amount(double sum) {
  return sum == std::floor(sum) && sum < 1e15 ? count(static_cast<int64_t>(sum)) : number(sum, 4);
}

std::string means_of(const Observation& each) {
  const std::string& units = each.column->units;
  return "mean " + with_units(number(each.generated_summary.mean, 5), units) + " generated, " +
         with_units(number(each.reference_summary.mean, 5), units) + " reference";
}

// The moments, and what the drawing does not show.
std::string summary_table(const Observation& each) {
  const bool not_finite = each.generated_summary.not_finite + each.reference_summary.not_finite > 0;
  std::vector<std::string> titles = {"<sample", "mean", "spread", "below", "above"};
  if (not_finite) titles.push_back("not finite");
  const auto row = [&](const char* name, const Summary& summary, const Histogram& histogram) {
    return "<tr>" + row_head(name) + cell(number(summary.mean, 5)) +
           cell(number(summary.spread, 4)) + cell(amount(histogram.below)) +
           cell(amount(histogram.above)) + (not_finite ? cell(count(summary.not_finite)) : "") +
           "</tr>\n";
  };
  return "<table class=\"small\">" + table_head(titles) + "<tbody>" +
         row("generated", each.generated_summary, each.generated) +
         row("reference", each.reference_summary, each.reference) + "</tbody></table>\n";
}

std::string observation_figure(const Observation& each, size_t i) {
  const Column& column = *each.column;
  const std::string name = spoken(column.name);
  const std::string numbers = "χ²/ndf " + number(each.distance.chi2_per_ndf, 3) + " (" +
                              std::to_string(each.distance.ndf) + ") · separation " +
                              number(each.distance.separation, 3) + " · W₁ " +
                              with_units(number(each.distance.wasserstein, 3), column.units);
  const Labels labels = {anchor(i) + "s", name + ", generated and reference",
                         std::string(words(each.verdict)) + "; " + numbers + "; " + means_of(each),
                         in_brackets(name, column.units), "share of events"};
  std::string caption =
      "<div class=\"head\">" + element("h3", "", escaped(name)) + badge(each.verdict) + "</div>";
  if (!column.meaning.empty()) caption += element("p", "", escaped(column.meaning));
  const std::string drawing = each.generated.total() + each.reference.total() > 0
                                  ? draw_steps(steps_of(each), each.binning.axis, labels)
                                  : element("p", "class=\"soft\"", "No events to draw.");
  return "<figure id=\"" + anchor(i) + "\"><figcaption>" + caption + "</figcaption>\n" + drawing +
         element("p", "class=\"numbers\"", escaped(numbers)) + summary_table(each) +
         element("p", "", escaped(bins_of(each))) + "</figure>\n";
}

std::string settings_section(const Content& content) {
  std::string out = "<h2 id=\"settings\">How to make this report again</h2>\n";
  if (!content.command.empty()) out += "<pre>" + escaped(content.command) + "</pre>\n";
  if (!content.settings.empty()) {
    out += "<pre>" + escaped(content.settings.dump(2, ' ', false, Json::error_handler_t::replace)) +
           "</pre>\n";
  }
  return out;
}

}  // namespace

std::string page(const Report& report) {
  const Content& content = report.content;
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head>"
      "<meta charset=\"utf-8\"/>"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
      "<meta name=\"generator\" content=\"castalia evaluate\"/>\n<title>" +
      escaped(content.title) + "</title>\n<style>" + kStyle + "</style></head>\n<body><main>\n";
  out += element("h1", "", escaped(content.title)) + "\n";
  out += "<div class=\"verdict " + std::string(style_of(report.verdict)) + "\"><b>" +
         words(report.verdict) + "</b>" + element("p", "", escaped(report.sentence)) + "</div>\n";
  out += compared(content);
  if (!report.findings.empty()) out += metrics_table(report);
  if (!report.observations.empty()) {
    out += observations_table(report);
    out +=
        "<h2 id=\"plots\">Distributions</h2>\n"
        "<p class=\"soft\">Grey: the reference; points: generated, with their statistical errors. "
        "Below, their ratio with the reference’s own error as a band, triangles where it "
        "leaves the panel, and the pull, the difference in units of its error, in colour from "
        "3.</p>\n<div class=\"plots\">\n";
    for (size_t i = 0; i < report.observations.size(); ++i) {
      out += observation_figure(report.observations[i], i);
    }
    out += "</div>\n";
  }
  return out + details_section(content.details) + settings_section(content) +
         "</main></body></html>\n";
}

}  // namespace castalia_cli::report
