#include "rondo/replay/decision_names.h"

#include <cstdio>

#include "rondo/replay/flag_values.h"

namespace rondo {

void DecisionNames::OnPick(PickPoint, const CandidateView& candidates,
                           std::size_t) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto place = names_.lower_bound(candidates.id(i));
    if (place != names_.end() && place->first == candidates.id(i)) continue;
    names_.emplace_hint(place, candidates.id(i), candidates.label(i));
  }
}

void DecisionNames::OnMeaning(const DrawMeaning& meaning) {
  next_.what.assign(meaning.what);
  next_.least = meaning.least;
}

void DecisionNames::OnDraw(Identity stream, std::uint64_t k, std::uint64_t,
                           std::uint64_t value) {
  if (value != 0 && !next_.what.empty()) meanings_[{stream, k}] = next_;
  next_.what.clear();
}

std::string DecisionNames::NameOf(Identity id) const {
  const auto found = names_.find(id);
  if (found != names_.end() && !found->second.empty()) return found->second;
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx",
                static_cast<unsigned long long>(id));
  return digits;
}

std::string DecisionNames::Describe(const Decision& decision) const {
  switch (decision.kind) {
    case DecisionKind::kGoFirst:
      return std::string(PickPointName(decision.point)) + ": " +
             NameOf(decision.answer) + " goes before " +
             NameOf(decision.subject);
    case DecisionKind::kHold:
      return std::string(PickPointName(decision.point)) + ": " +
             NameOf(decision.subject) + " waits until " +
             NameOf(decision.answer) + " has gone";
    case DecisionKind::kDraw:
      break;
  }
  const auto found = meanings_.find({decision.subject, decision.k});
  if (found == meanings_.end()) return decision.ToString();
  const auto& [what, least] = found->second;
  const auto more = Nanoseconds(static_cast<Nanoseconds::rep>(decision.answer));
  return "draw: " + what + ": " + DurationText(least + more) + " instead of " +
         DurationText(least);
}

std::string DecisionNames::Describe(const Tape& tape) const {
  std::string text;
  for (const Decision& decision : tape.decisions()) {
    text += Describe(decision) + "\n";
  }
  return text;
}

}  // namespace rondo
