// Elements of HTML. `inside` is markup, everything else is written as it is: escape what comes from
// elsewhere.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_HTML_H_
#define CASTALIA_BINDINGS_CLI_REPORT_HTML_H_

#include <string>
#include <vector>

namespace castalia_cli::report {

std::string element(const std::string& name, const std::string& attributes,
                    const std::string& inside);
// A cell of a table, in a class of the style sheet.
std::string cell(const std::string& inside, const std::string& kind = "");
std::string row_head(const std::string& inside, const std::string& kind = "text");
// Titles of columns; those that begin with '<' stand to the left.
std::string table_head(const std::vector<std::string>& titles);
// A table that scrolls where the page is too narrow.
std::string scrolled_table(const std::string& label, const std::string& head,
                           const std::string& rows);

// "data" says that the units are those of the file, which does not name them: "".
std::string units_of(const std::string& units);
std::string with_units(const std::string& text, const std::string& units);   // "3 MeV"
std::string in_brackets(const std::string& text, const std::string& units);  // "energy [MeV]"

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_HTML_H_
