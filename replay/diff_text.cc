#include "rondo/replay/diff_text.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/diff.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace_names.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

std::string Padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// "1 choice", "2 choices".
std::string Count(std::size_t count, const std::string& noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

class DiffPrinter {
 public:
  DiffPrinter(const TraceDiff& diff, const DiffNames& names)
      : diff_(diff),
        names_(names),
        width_(std::max(names.a.size(), names.b.size())) {}

  std::string Print() {
    Sides();
    for (const DiffDetail& note : diff_.header) {
      Line("note: ", note.field, ": ", names_.a, " ", note.a, ", ", names_.b,
           " ", note.b);
    }
    if (!diff_.differs()) {
      Line("the same: ", Count(diff_.same_iterations, "iteration"), ", ",
           Count(diff_.same_records, "record"), ", chain ",
           Hex(diff_.same_chain));
      return text_;
    }
    Line("class: ", std::string(DiffClassName(diff_.diff_class)));
    Place();
    for (const DiffDetail& detail : diff_.details) Detail(detail);
    Causes();
    if (diff_.place.has_value()) Rest();
    return text_;
  }

 private:
  void Line(const auto&... pieces) { absl::StrAppend(&text_, pieces..., "\n"); }

  void Sides() {
    const std::size_t path =
        std::max(names_.path_a.size(), names_.path_b.size());
    const auto side = [&](const std::string& name, const std::string& file,
                          const DiffSide& is) {
      Line(Padded(name, width_), "  ",
           path == 0 ? "" : Padded(file, path) + "  ", is.mode, ", ",
           Count(static_cast<std::size_t>(is.iterations), "iteration"), ", ",
           is.end);
    };
    side(names_.a, names_.path_a, diff_.a);
    side(names_.b, names_.path_b, diff_.b);
  }

  void Place() {
    if (!diff_.place.has_value()) return;
    const DiffPlace& place = *diff_.place;
    std::string where = "first difference: ";
    if (place.host.empty()) {
      absl::StrAppend(&where, "the world");
    } else {
      absl::StrAppend(&where, "host ", place.host, ", iteration ", place.n);
      if (place.boot != 0) absl::StrAppend(&where, " of boot ", place.boot);
    }
    if (place.t.has_value())
      absl::StrAppend(&where, ", t=", TimeText(*place.t));
    if (!diff_.lanes.empty()) absl::StrAppend(&where, ", lanes: ", diff_.lanes);
    Line(where);
    Line("  ", Count(diff_.same_iterations, "iteration"),
         " before it the same, chain ", Hex(diff_.same_chain), "; ",
         LineText(names_.a, place.line_a), ", ",
         LineText(names_.b, place.line_b));
  }

  static std::string LineText(const std::string& name, std::size_t line) {
    return line == 0 ? absl::StrCat(name, " has ended")
                     : absl::StrCat(name, " line ", line);
  }

  void Detail(const DiffDetail& detail) {
    const std::string field = absl::StrCat("  ", detail.field, "  ");
    Line(field, Padded(names_.a, width_), "  ", detail.a);
    Line(std::string(field.size(), ' '), Padded(names_.b, width_), "  ",
         detail.b);
  }

  void Causes() {
    const bool one = SameSteps(diff_.cause_a, diff_.cause_b);
    Steps(one ? "cause" : absl::StrCat("cause, ", names_.a), diff_.cause_a);
    if (!one) Steps(absl::StrCat("cause, ", names_.b), diff_.cause_b);
    Steps(absl::StrCat("from there to the end of ", names_.a, " (", diff_.a.end,
                       ")"),
          diff_.effect_a);
    Steps(absl::StrCat("from there to the end of ", names_.b, " (", diff_.b.end,
                       ")"),
          diff_.effect_b);
  }

  static bool SameSteps(const std::vector<CauseStep>& a,
                        const std::vector<CauseStep>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const CauseStep& x, const CauseStep& y) {
                        return x.handle == y.handle && x.n == y.n;
                      });
  }

  void Steps(const std::string& title, const std::vector<CauseStep>& steps) {
    if (steps.empty()) return;
    Line(title, ":");
    for (const CauseStep& step : steps) {
      Line("  ", step.host, " iteration ", step.n, " ", TimeText(step.t), "  ",
           step.name, step.before ? "  (in both)" : "");
    }
  }

  void Rest() {
    const DiffCounts& counts = diff_.counts;
    Line("after alignment: ", Count(counts.choices, "choice"), ", ",
         Count(counts.inputs, "input"), "; ", counts.moved, " moved, ",
         counts.changed, " changed, ", counts.only_a, " only ", names_.a, ", ",
         counts.only_b, " only ", names_.b, ", ", counts.same, " the same");
    for (const DiffItem& item : diff_.items) {
      std::string line = absl::StrCat(
          "  ",
          Padded(Status(item.status), std::max<std::size_t>(7, width_ + 5)),
          "  ", Padded(item.kind, 6), "  ");
      if (!item.host.empty()) absl::StrAppend(&line, item.host, "  ");
      Line(line, item.text);
    }
    const std::size_t all =
        counts.moved + counts.changed + counts.only_a + counts.only_b;
    if (all > diff_.items.size()) {
      Line("  … and ", all - diff_.items.size(), " more");
    }
    Command();
  }

  std::string Status(AlignStatus status) const {
    if (status == AlignStatus::kOnlyA) return "only " + names_.a;
    if (status == AlignStatus::kOnlyB) return "only " + names_.b;
    return std::string(AlignStatusName(status));
  }

  // What shows the place again.
  void Command() {
    if (names_.path_a.empty() || diff_.place->host.empty()) return;
    Line("see it: rondo show ", names_.path_a, " --host ", diff_.place->host,
         " --from ", diff_.place->n, " --to ", diff_.place->n);
  }

  const TraceDiff& diff_;
  const DiffNames& names_;
  std::size_t width_;
  std::string text_;
};

Json SideJson(const DiffSide& side, const std::string& path) {
  Json json = Json::object();
  json["path"] = path;
  json["mode"] = side.mode;
  json["seed"] = Hex(side.seed);
  json["iterations"] = side.iterations;
  json["end"] = side.end;
  return json;
}

Json DetailsJson(const std::vector<DiffDetail>& details) {
  Json list = Json::array();
  for (const DiffDetail& detail : details) {
    Json json = Json::object();
    json["field"] = detail.field;
    json["a"] = detail.a;
    json["b"] = detail.b;
    list.push_back(json);
  }
  return list;
}

Json StepsJson(const std::vector<CauseStep>& steps) {
  Json list = Json::array();
  for (const CauseStep& step : steps) {
    Json json = Json::object();
    json["handle"] = Hex(step.handle);
    json["name"] = step.name;
    json["host"] = step.host;
    json["n"] = step.n;
    json["t"] = step.t;
    json["before"] = step.before;
    list.push_back(json);
  }
  return list;
}

Json PlaceJson(const DiffPlace& place) {
  Json json = Json::object();
  json["host"] = place.host;
  json["boot"] = place.boot;
  json["n"] = place.n;
  json["t"] = place.t.has_value() ? Json(*place.t) : Json();
  json["line_a"] = place.line_a;
  json["line_b"] = place.line_b;
  return json;
}

Json CountsJson(const DiffCounts& counts) {
  Json json = Json::object();
  json["same"] = counts.same;
  json["moved"] = counts.moved;
  json["changed"] = counts.changed;
  json["only_a"] = counts.only_a;
  json["only_b"] = counts.only_b;
  json["choices"] = counts.choices;
  json["inputs"] = counts.inputs;
  return json;
}

Json ItemsJson(const std::vector<DiffItem>& items) {
  constexpr const char* kStatus[] = {"same", "changed", "moved", "only_a",
                                     "only_b"};
  Json list = Json::array();
  for (const DiffItem& item : items) {
    Json json = Json::object();
    json["status"] = kStatus[static_cast<std::size_t>(item.status)];
    json["kind"] = item.kind;
    json["host"] = item.host;
    json["text"] = item.text;
    json["line_a"] = item.line_a;
    json["line_b"] = item.line_b;
    list.push_back(json);
  }
  return list;
}

}  // namespace

std::string DiffText(const TraceDiff& diff, const DiffNames& names) {
  return DiffPrinter(diff, names).Print();
}

Json DiffJson(const TraceDiff& diff, const DiffNames& names) {
  Json json = Json::object();
  json["class"] = DiffClassName(diff.diff_class);
  json["a"] = SideJson(diff.a, names.path_a);
  json["b"] = SideJson(diff.b, names.path_b);
  json["header"] = DetailsJson(diff.header);
  json["place"] = diff.place.has_value() ? PlaceJson(*diff.place) : Json();
  json["lanes"] = diff.lanes;
  json["details"] = DetailsJson(diff.details);
  json["same_iterations"] = diff.same_iterations;
  json["same_records"] = diff.same_records;
  json["same_chain"] = Hex(diff.same_chain);
  json["cause_a"] = StepsJson(diff.cause_a);
  json["cause_b"] = StepsJson(diff.cause_b);
  json["effect_a"] = StepsJson(diff.effect_a);
  json["effect_b"] = StepsJson(diff.effect_b);
  json["counts"] = CountsJson(diff.counts);
  json["items"] = ItemsJson(diff.items);
  return json;
}

}  // namespace rondo
