#include "rondo/replay/decision_names.h"

#include <cstdio>

namespace rondo {

void DecisionNames::OnPick(PickPoint, const CandidateView& candidates,
                           std::size_t) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto place = names_.lower_bound(candidates.id(i));
    if (place != names_.end() && place->first == candidates.id(i)) continue;
    names_.emplace_hint(place, candidates.id(i), candidates.label(i));
  }
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
  return decision.ToString();
}

std::string DecisionNames::Describe(const Tape& tape) const {
  std::string text;
  for (const Decision& decision : tape.decisions()) {
    text += Describe(decision) + "\n";
  }
  return text;
}

}  // namespace rondo
