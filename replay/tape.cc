#include "rondo/replay/tape.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_format.h"
#include "rondo/runtime/identity.h"

namespace rondo {

std::string_view DecisionKindName(DecisionKind kind) {
  switch (kind) {
    case DecisionKind::kGoFirst:
      return "go first";
    case DecisionKind::kHold:
      return "hold";
    case DecisionKind::kDraw:
      return "draw";
  }
  __builtin_unreachable();
}

Decision Decision::GoFirst(PickPoint point, Identity over, Identity chosen) {
  return {DecisionKind::kGoFirst, point, over, 0, chosen, 0};
}

Decision Decision::Hold(PickPoint point, Identity held, Identity until) {
  return {DecisionKind::kHold, point, held, 0, until, 0};
}

Decision Decision::Draw(Identity stream, std::uint64_t k, std::uint64_t value,
                        std::uint64_t n) {
  return {DecisionKind::kDraw, PickPoint::kReady, stream, k, value, n};
}

std::string Decision::ToString() const {
  const std::string point_name(PickPointName(point));
  switch (kind) {
    case DecisionKind::kGoFirst:
      return absl::StrFormat("%s: %016x goes before %016x", point_name, answer,
                             subject);
    case DecisionKind::kHold:
      return absl::StrFormat("%s: %016x waits for %016x", point_name, subject,
                             answer);
    case DecisionKind::kDraw:
      return absl::StrFormat("draw: %016x[%d] = %d of %d", subject, k, answer,
                             n);
  }
  __builtin_unreachable();
}

Tape Tape::Without(std::size_t index) const {
  std::vector<Decision> rest = decisions_;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(index));
  return Tape(std::move(rest));
}

Tape Tape::Only(const std::vector<bool>& keep) const {
  std::vector<Decision> kept;
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (keep[i]) kept.push_back(decisions_[i]);
  }
  return Tape(std::move(kept));
}

std::size_t Tape::faults() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      decisions_, [](const Decision& d) { return d.is_fault(); }));
}

std::size_t Tape::draws() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      decisions_, [](const Decision& d) { return d.is_draw(); }));
}

std::size_t Tape::picks() const { return size() - draws() - faults(); }

std::uint64_t Tape::draw_sum() const {
  std::uint64_t sum = 0;
  for (const Decision& decision : decisions_) {
    if (!decision.is_draw()) continue;
    if (__builtin_add_overflow(sum, decision.answer, &sum)) {
      return std::numeric_limits<std::uint64_t>::max();
    }
  }
  return sum;
}

std::uint64_t Tape::Digest() const {
  std::uint64_t digest = MixBits(decisions_.size());
  for (const Decision& d : decisions_) {
    digest = Combine(digest, static_cast<std::uint64_t>(d.kind) << 8 |
                                 static_cast<std::uint64_t>(d.point));
    digest = Combine(digest, d.subject);
    digest = Combine(digest, d.k);
    digest = Combine(digest, d.answer);
    digest = Combine(digest, d.n);
  }
  return digest;
}

std::string Tape::ToString() const {
  std::string text;
  for (const Decision& decision : decisions_) {
    text += decision.ToString();
    text += '\n';
  }
  return text;
}

}  // namespace rondo
