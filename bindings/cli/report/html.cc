#include "bindings/cli/report/html.h"

namespace castalia_cli::report {
namespace {

constexpr const char* kNoBreak = "\u00A0";

std::string in_class(const std::string& kind) {
  return kind.empty() ? "" : "class=\"" + kind + "\"";
}

}  // namespace

std::string element(const std::string& name, const std::string& attributes,
                    const std::string& inside) {
  const std::string space = attributes.empty() ? "" : " ";
  return "<" + name + space + attributes + ">" + inside + "</" + name + ">";
}

std::string cell(const std::string& inside, const std::string& kind) {
  return element("td", in_class(kind), inside);
}

std::string row_head(const std::string& inside, const std::string& kind) {
  return element("th", "scope=\"row\" " + in_class(kind), inside);
}

std::string table_head(const std::vector<std::string>& titles) {
  std::string out;
  for (const std::string& title : titles) {
    const bool left = title.front() == '<';
    out += element("th", left ? "scope=\"col\" class=\"text\"" : "scope=\"col\"",
                   left ? title.substr(1) : title);
  }
  return "<thead><tr>" + out + "</tr></thead>\n";
}

std::string scrolled_table(const std::string& label, const std::string& head,
                           const std::string& rows) {
  return "<div class=\"scroll\"><table aria-label=\"" + label + "\">" + head + "<tbody>\n" + rows +
         "</tbody></table></div>\n";
}

std::string units_of(const std::string& units) { return units == "data" ? "" : units; }

std::string with_units(const std::string& text, const std::string& units) {
  return units_of(units).empty() ? text : text + kNoBreak + units;
}

std::string in_brackets(const std::string& text, const std::string& units) {
  return units_of(units).empty() ? text : text + " [" + units + "]";
}

}  // namespace castalia_cli::report
