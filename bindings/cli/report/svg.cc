#include "bindings/cli/report/svg.h"

#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + coordinate(value) + "\"";
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escaped(value) + "\"";
}

}  // namespace

Svg::Svg(double width, double height, const std::string& id, const std::string& title,
         const std::string& description)
    : id_(escaped(id)) {
  out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " +
         coordinate(width) + " " + coordinate(height) + "\"" + attribute("width", width) +
         attribute("height", height) + " aria-labelledby=\"" + id_ + "-t " + id_ + "-d\">" +
         "<title id=\"" + id_ + "-t\">" + escaped(title) + "</title><desc id=\"" + id_ + "-d\">" +
         escaped(description) + "</desc>\n";
}

void Svg::line(double x0, double y0, double x1, double y1, const std::string& kind) {
  path(move_to(x0, y0) + line_to(x1, y1), kind);
}

void Svg::rectangle(double x, double y, double width, double height, const std::string& kind) {
  out_ += "<rect" + attribute("class", kind) + attribute("x", x) + attribute("y", y) +
          attribute("width", width) + attribute("height", height) + "/>\n";
}

void Svg::path(const std::string& way, const std::string& kind, const std::string& fill) {
  if (way.empty()) return;
  out_ += "<path" + attribute("class", kind) + (fill.empty() ? "" : attribute("fill", fill)) +
          attribute("d", way) + "/>\n";
}

void Svg::text(double x, double y, const std::string& words, const std::string& kind,
               const std::string& anchor, bool turned) {
  out_ += "<text" + attribute("class", kind) + attribute("text-anchor", anchor);
  if (turned) {
    out_ += " transform=\"translate(" + coordinate(x) + " " + coordinate(y) + ") rotate(-90)\"";
  } else {
    out_ += attribute("x", x) + attribute("y", y);
  }
  out_ += ">" + escaped(words) + "</text>\n";
}

void Svg::clip(double x, double y, double width, double height) {
  const std::string name = id_ + "-c" + std::to_string(clips_++);
  out_ += "<clipPath id=\"" + name + "\"><rect" + attribute("x", x) + attribute("y", y) +
          attribute("width", width) + attribute("height", height) +
          "/></clipPath><g clip-path=\"url(#" + name + ")\">\n";
}

void Svg::unclip() { out_ += "</g>\n"; }

std::string move_to(double x, double y) { return "M" + coordinate(x) + " " + coordinate(y); }
std::string line_to(double x, double y) { return "L" + coordinate(x) + " " + coordinate(y); }

}  // namespace castalia_cli::report
