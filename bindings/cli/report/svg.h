// A drawing, written line by line. Colours and fonts come from the style sheet of the page, so that
// a drawing follows its light and its dark form; `kind` names a class of it.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_SVG_H_
#define CASTALIA_BINDINGS_CLI_REPORT_SVG_H_

#include <string>

namespace castalia_cli::report {

class Svg {
 public:
  // `id` is unique on the page; title and description are for those who do not see the drawing.
  Svg(double width, double height, const std::string& id, const std::string& title,
      const std::string& description);

  void line(double x0, double y0, double x1, double y1, const std::string& kind);
  void rectangle(double x, double y, double width, double height, const std::string& kind);
  // A path in the language of SVG; an empty one draws nothing. `fill` is a colour of its own.
  void path(const std::string& way, const std::string& kind, const std::string& fill = "");
  // `anchor`: start, middle or end. `turned` by a right angle, to be read from below.
  void text(double x, double y, const std::string& words, const std::string& kind,
            const std::string& anchor = "start", bool turned = false);
  // What follows is drawn inside of this rectangle only, until unclip().
  void clip(double x, double y, double width, double height);
  void unclip();

  std::string str() const { return out_ + "</svg>"; }

 private:
  std::string id_, out_;
  int clips_ = 0;
};

// Steps of a path.
std::string move_to(double x, double y);
std::string line_to(double x, double y);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_SVG_H_
