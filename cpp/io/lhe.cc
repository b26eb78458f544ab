#include <charconv>
#include <utility>

#include "cpp/base/text.h"
#include "cpp/io/events.h"

namespace castalia {
namespace {

// Appends the numbers of a line, in the C locale whatever the host's is.
class Line {
 public:
  Line& operator<<(int64_t value) { return put(value); }
  Line& operator<<(int32_t value) { return put(value); }
  Line& operator<<(double value) { return put(value, std::chars_format::scientific, 16); }
  std::string end() { return std::exchange(text_, std::string()) + '\n'; }

 private:
  template <typename... Arguments>
  Line& put(Arguments... arguments) {
    std::array<char, 32> digits;
    const auto [end, _] = std::to_chars(digits.data(), digits.data() + digits.size(), arguments...);
    text_ += ' ';
    text_.append(digits.data(), end);
    return *this;
  }

  std::string text_;
};

// Text as it may stand in XML, also within quotes.
std::string escaped(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

// The weights of generated events are all alike and say nothing about the cross section.
constexpr int32_t kUnweighted = 3;
// Spin unknown, by the accord.
constexpr double kUnknownSpin = 9;

}  // namespace

LheWriter::LheWriter(const std::string& path, RunInfo run) : EventWriter(path, std::move(run)) {
  Line line;
  file_.write("<LesHouchesEvents version=\"3.0\">\n<init>\n");
  line << run_.beams[0] << run_.beams[1] << run_.beam_energies[0] << run_.beam_energies[1];
  // No parton densities are named: group 0, set 0 for both beams.
  line << 0 << 0 << 0 << 0 << kUnweighted << 1;
  file_.write(line.end());
  constexpr double kLargestWeight = 1;
  line << run_.cross_section << run_.cross_section_error << kLargestWeight << run_.process;
  file_.write(line.end());
  file_.write(text("<generator name=\"", escaped(run_.generator), "\" version=\"",
                   escaped(run_.version), "\">", escaped(run_.description),
                   "</generator>\n</init>\n"));
}

void LheWriter::write_checked(const Event& event, int64_t) {
  Line line;
  file_.write("<event>\n");
  line << static_cast<int64_t>(event.particles.size()) << run_.process << event.weight
       << event.scale << event.alpha_qed << event.alpha_qcd;
  file_.write(line.end());
  for (const Particle& p : event.particles) {
    constexpr double kLifetime = 0;
    line << p.id << p.status << p.mothers[0] << p.mothers[1] << p.colours[0] << p.colours[1] << p.px
         << p.py << p.pz << p.energy << p.mass << kLifetime << kUnknownSpin;
    file_.write(line.end());
  }
  file_.write("</event>\n");
}

void LheWriter::write_end() { file_.write("</LesHouchesEvents>\n"); }

}  // namespace castalia
