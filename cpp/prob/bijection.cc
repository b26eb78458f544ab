#include "cpp/prob/bijection.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/registry.h"

namespace castalia {
namespace {

using Json = nlohmann::json;

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

// A name and the settings between its parentheses.
struct Entry {
  std::string name;
  std::vector<std::pair<std::string, std::string>> settings;
};

[[noreturn]] void fail_form(const std::string& owner, const std::string& given) {
  fail(Code::invalid_argument, owner, " is '", given,
       "'; a bijection is a name or 'name(setting=value, ...)'");
}

Entry parsed(const std::string& owner, const std::string& given) {
  const std::string whole = trimmed(given);
  const size_t open = whole.find('(');
  Entry entry{.name = trimmed(whole.substr(0, open)), .settings = {}};
  if (entry.name.empty()) fail_form(owner, given);
  if (open == std::string::npos) return entry;
  if (whole.back() != ')') fail_form(owner, given);
  std::string_view rest = std::string_view(whole).substr(open + 1, whole.size() - open - 2);
  while (!trimmed(rest).empty()) {
    const size_t comma = rest.find(',');
    const std::string_view setting = rest.substr(0, comma);
    const size_t equals = setting.find('=');
    if (equals == std::string_view::npos) fail_form(owner, given);
    entry.settings.emplace_back(trimmed(setting.substr(0, equals)),
                                trimmed(setting.substr(equals + 1)));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return entry;
}

// Text stands without quotes; other values are JSON.
Json settings_json(const std::string& owner, const BijectionKind& kind, const Entry& entry) {
  Json out = Json::object();
  for (const auto& [name, value] : entry.settings) {
    if (out.contains(name)) {
      fail(Code::invalid_argument, owner, " gives the setting '", name, "' twice");
    }
    const auto field = std::find_if(kind.fields.begin(), kind.fields.end(),
                                    [&name](const Field& each) { return each.name == name; });
    const bool is_text = field != kind.fields.end() && field->type == FieldType::text;
    Json number = Json::parse(value, nullptr, false);
    out[name] = is_text || number.is_discarded() ? Json(value) : std::move(number);
  }
  return out;
}

}  // namespace

std::span<const BijectionKind* const> bijections() {
  static const std::vector<const BijectionKind*> all = [] {
    std::vector<const BijectionKind*> list = registered_bijections();
    std::sort(list.begin(), list.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    return list;
  }();
  return all;
}

const BijectionKind& find_bijection(const std::string& name) {
  std::vector<std::string> names;
  for (const BijectionKind* each : bijections()) {
    if (each->name == name) return *each;
    names.push_back(each->name);
  }
  fail(Code::not_found, "unknown bijection '", name, "'", suggestion(name, names));
}

MadeBijection make_bijection(const std::string& owner, const std::string& text,
                             const BijectionPlace& place) {
  const Entry entry = parsed(owner, text);
  const BijectionKind* kind = nullptr;
  try {
    kind = &find_bijection(entry.name);
  } catch (const Error& error) {
    fail(error.code(), owner, ": ", error.what());
  }
  const std::string whose = castalia::text(owner, ".", kind->name);
  const FieldValues values(whose, kind->fields, settings_json(owner, *kind, entry).dump());
  const std::string& tails = place.domain.tails;
  if (std::find(kind->tails.begin(), kind->tails.end(), tails) == kind->tails.end()) {
    fail(Code::invalid_argument, whose, " cannot stand in a flow with tails '", tails,
         "': it does not map that domain onto itself");
  }
  return {kind, kind->make(whose, values, place)};
}

std::string bijections_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const BijectionKind* kind : bijections()) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::array();
    for (const Field& field : kind->fields) fields.push_back(describe(field));
    list.push_back({{"name", kind->name},
                    {"summary", kind->summary},
                    {"references", kind->references},
                    {"conditional", kind->conditional},
                    {"analytic_forward", kind->analytic_forward},
                    {"analytic_inverse", kind->analytic_inverse},
                    {"tails", kind->tails},
                    {"fields", fields}});
  }
  return list.dump(2);
}

Value for_each_row(Value log_det, Value x) {
  return broadcast_to(cast(log_det, DType::float64), {x.rows(), 1});
}

}  // namespace castalia
