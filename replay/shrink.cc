#include "rondo/replay/shrink.h"

#include <algorithm>
#include <compare>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

// What can go in chunks of a sixteenth goes before anything finer is tried.
constexpr std::size_t kCoarse = 16;

// The less, the better: see the header.
struct Cost {
  LegalityMode mode = LegalityMode::kContract;
  std::size_t faults = 0;
  std::size_t picks = 0;
  std::size_t draws = 0;
  std::uint64_t draw_sum = 0;
  std::size_t holds = 0;
  std::uint64_t iterations = 0;

  friend auto operator<=>(const Cost&, const Cost&) = default;
};

Cost CostOf(const Tape& tape, LegalityMode mode, const RunOutcome& outcome) {
  const auto holds = std::ranges::count(tape.decisions(), DecisionKind::kHold,
                                        &Decision::kind);
  return {.mode = mode,
          .faults = tape.faults(),
          .picks = tape.picks(),
          .draws = tape.draws(),
          .draw_sum = tape.draw_sum(),
          .holds = static_cast<std::size_t>(holds),
          .iterations = outcome.iterations};
}

bool SameSubject(const Decision& a, const Decision& b) {
  return a.is_draw() == b.is_draw() && a.point == b.point &&
         a.subject == b.subject;
}

// The tape without the decisions for which `drop` holds.
template <typename Drop>
Tape Dropping(const Tape& tape, Drop drop) {
  std::vector<bool> keep;
  for (const Decision& decision : tape.decisions()) {
    keep.push_back(!drop(decision));
  }
  return tape.Only(keep);
}

// The tape with the decision at `index` replaced.
Tape Replacing(const Tape& tape, std::size_t index, const Decision& by) {
  std::vector<Decision> decisions(tape.decisions().begin(),
                                  tape.decisions().end());
  decisions[index] = by;
  return Tape(std::move(decisions));
}

// Notes every single deviation that a run could have taken.
class AlternativesObserver final : public DecisionObserver {
 public:
  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t) override {
    if (point == PickPoint::kFault) return;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      alternatives_.push_back(
          Decision::GoFirst(point, candidates.id(0), candidates.id(i)));
    }
  }
  void OnDraw(Identity, std::uint64_t, std::uint64_t, std::uint64_t) override {}

  std::vector<Decision> Take() { return std::move(alternatives_); }

 private:
  std::vector<Decision> alternatives_;
};

class Shrinker {
 public:
  Shrinker(const RunOnce& run_once, const Signature& signature,
           const ShrinkOptions& options)
      : run_once_(run_once), signature_(signature), options_(options) {}

  ShrinkResult Run(const Tape& tape, LegalityMode mode);

 private:
  RerunResult Replay(const Tape& tape, LegalityMode mode,
                     DecisionObserver* observer = nullptr);
  void Accept(RerunResult run, LegalityMode mode);
  bool Try(const Tape& tape, LegalityMode mode);
  bool Try(const Tape& tape) { return Try(tape, best_.mode); }
  bool Exhausted() const { return best_.replays >= options_.max_replays; }

  // The passes return whether the tape became better.
  bool DropKinds();
  bool DropSubjects();
  bool DropChunks(std::size_t least);
  bool MergeSubjects();
  bool HoldsToGoFirst();
  bool TrySingles();
  bool LowerDraws();
  bool LowerDraw(const Decision& draw);
  // Whether no decision can go or be lowered by one; finds the neighbour.
  bool CheckMinimal();
  bool CheckNeighbour(const Tape& tape, const Decision& removed);

  const RunOnce& run_once_;
  const Signature& signature_;
  const ShrinkOptions& options_;
  ShrinkResult best_;
  Cost cost_;
  // Tapes that did not help: only asked for membership.
  // tidy: allow(hash-order) only membership is asked for
  absl::flat_hash_set<std::uint64_t> rejected_;
};

RerunResult Shrinker::Replay(const Tape& tape, LegalityMode mode,
                             DecisionObserver* observer) {
  RerunResult run = RerunTape(
      run_once_, tape, mode,
      {.iteration_budget = options_.iteration_budget, .observer = observer});
  ++best_.replays;
  if (options_.progress != nullptr) {
    options_.progress(
        {.replays = best_.replays, .decisions = best_.tape.size()});
  }
  return run;
}

void Shrinker::Accept(RerunResult run, LegalityMode mode) {
  cost_ = CostOf(run.used, mode, run.outcome);
  best_.tape = std::move(run.used);
  best_.mode = mode;
  best_.outcome = std::move(run.outcome);
}

bool Shrinker::Try(const Tape& tape, LegalityMode mode) {
  if (Exhausted()) return false;
  const std::uint64_t digest =
      Combine(tape.Digest(), static_cast<std::uint64_t>(mode));
  if (rejected_.contains(digest)) return false;
  RerunResult run = Replay(tape, mode);
  if (run.outcome.signature() == signature_ &&
      CostOf(run.used, mode, run.outcome) < cost_) {
    Accept(std::move(run), mode);
    return true;
  }
  rejected_.insert(digest);
  return false;
}

bool Shrinker::DropKinds() {
  bool better = Try(Tape());
  better |=
      Try(Dropping(best_.tape, [](const Decision& d) { return d.is_draw(); }));
  for (const PickPoint point :
       {PickPoint::kFault, PickPoint::kEvent, PickPoint::kReady}) {
    better |= Try(Dropping(best_.tape, [point](const Decision& d) {
      return !d.is_draw() && d.point == point;
    }));
  }
  return better;
}

// All draws of one stream, all picks about one candidate.
bool Shrinker::DropSubjects() {
  bool better = false;
  std::size_t i = 0;
  while (i < best_.tape.size()) {
    const Decision first = best_.tape[i];
    const Tape rest = Dropping(best_.tape, [&first](const Decision& d) {
      return SameSubject(d, first);
    });
    if (rest.size() + 1 < best_.tape.size() && Try(rest)) {
      better = true;
    } else {
      ++i;
    }
  }
  return better;
}

// From the end: what comes last disturbs the least.
bool Shrinker::DropChunks(std::size_t least) {
  bool better = false;
  for (std::size_t chunk = std::max<std::size_t>(best_.tape.size() / 2, 1);
       chunk >= least; chunk /= 2) {
    std::size_t end = best_.tape.size();
    while (end > 0) {
      const std::size_t begin = end - std::min(chunk, end);
      std::vector<bool> keep(best_.tape.size(), true);
      std::fill(keep.begin() + static_cast<std::ptrdiff_t>(begin),
                keep.begin() + static_cast<std::ptrdiff_t>(end), false);
      better |= Try(best_.tape.Only(keep));
      end = std::min(begin, best_.tape.size());
    }
  }
  return better;
}

// Several about X: X waits for one of those that went before it.
bool Shrinker::MergeSubjects() {
  bool better = false;
  for (std::size_t i = 0; i < best_.tape.size(); ++i) {
    const Decision first = best_.tape[i];
    const auto earlier = best_.tape.decisions().first(i);
    const bool seen = std::ranges::any_of(
        earlier, [&first](const Decision& d) { return SameSubject(d, first); });
    if (first.is_draw() || seen) continue;
    std::vector<Identity> before;
    std::vector<bool> keep;
    for (const Decision& d : best_.tape.decisions()) {
      const bool same = SameSubject(d, first);
      keep.push_back(!same || before.empty());
      if (same) before.push_back(d.answer);
    }
    if (before.size() < 2) continue;
    const Tape merged = best_.tape.Only(keep);
    for (std::size_t j = before.size(); j > 0; --j) {
      const Decision hold =
          Decision::Hold(first.point, first.subject, before[j - 1]);
      if (Try(Replacing(merged, i, hold))) {
        better = true;
        break;
      }
    }
  }
  return better;
}

bool Shrinker::HoldsToGoFirst() {
  bool better = false;
  for (std::size_t i = 0; i < best_.tape.size(); ++i) {
    const Decision d = best_.tape[i];
    if (d.kind != DecisionKind::kHold) continue;
    better |= Try(Replacing(best_.tape, i,
                            Decision::GoFirst(d.point, d.subject, d.answer)));
  }
  return better;
}

// All picks for one: each alternative of the run without any picks, those
// that speak of what the tape speaks of first.
bool Shrinker::TrySingles() {
  if (best_.tape.picks() < 2) return false;
  const Tape tape = best_.tape;
  const Tape base = Dropping(
      tape, [](const Decision& d) { return !d.is_draw() && !d.is_fault(); });
  AlternativesObserver observer;
  Replay(base, best_.mode, &observer);
  std::vector<Decision> singles;
  std::vector<Decision> others;
  std::ranges::partition_copy(
      observer.Take(), std::back_inserter(singles), std::back_inserter(others),
      [&tape](const Decision& single) {
        return std::ranges::any_of(
            tape.decisions(), [&single](const Decision& d) {
              return d.subject == single.subject || d.answer == single.answer;
            });
      });
  singles.insert(singles.end(), others.begin(), others.end());
  if (singles.size() > options_.max_singles) {
    singles.resize(options_.max_singles);
  }
  for (const Decision& single : singles) {
    Tape candidate = base;
    candidate.Add(single);
    if (Try(candidate)) return true;
  }
  return false;
}

bool Shrinker::LowerDraw(const Decision& draw) {
  bool better = false;
  std::uint64_t too_low = 0;
  std::uint64_t value = draw.answer;
  while (too_low + 1 < value && !Exhausted()) {
    const std::uint64_t middle = too_low + (value - too_low) / 2;
    const auto at = std::ranges::find_if(
        best_.tape.decisions(), [&draw](const Decision& d) {
          return d.is_draw() && d.subject == draw.subject && d.k == draw.k;
        });
    if (at == best_.tape.decisions().end()) return better;
    Decision lower = *at;
    lower.answer = middle;
    const auto index =
        static_cast<std::size_t>(at - best_.tape.decisions().begin());
    if (Try(Replacing(best_.tape, index, lower))) {
      better = true;
      value = middle;
    } else {
      too_low = middle;
    }
  }
  return better;
}

bool Shrinker::LowerDraws() {
  bool better = false;
  const Tape tape = best_.tape;
  for (const Decision& decision : tape.decisions()) {
    if (decision.is_draw()) better |= LowerDraw(decision);
  }
  return better;
}

bool Shrinker::CheckNeighbour(const Tape& tape, const Decision& removed) {
  RerunResult run = Replay(tape, best_.mode);
  if (run.outcome.signature() == signature_ &&
      CostOf(run.used, best_.mode, run.outcome) < cost_) {
    Accept(std::move(run), best_.mode);
    return false;
  }
  if (run.outcome.passed() && !best_.neighbour.has_value()) {
    best_.neighbour = {tape, std::move(run.outcome), removed};
  }
  return true;
}

bool Shrinker::CheckMinimal() {
  best_.neighbour.reset();
  const Tape tape = best_.tape;
  for (std::size_t i = tape.size(); i > 0; --i) {
    if (Exhausted()) return false;
    const Decision decision = tape[i - 1];
    if (decision.is_draw() && decision.answer > 1) {
      Decision lower = decision;
      --lower.answer;
      if (!CheckNeighbour(Replacing(tape, i - 1, lower), decision)) {
        return false;
      }
    }
    if (!CheckNeighbour(tape.Without(i - 1), decision)) return false;
  }
  return true;
}

ShrinkResult Shrinker::Run(const Tape& tape, LegalityMode mode) {
  RerunResult first = Replay(tape, mode);
  if (first.outcome.signature() != signature_) {
    best_.tape = tape;
    best_.mode = mode;
    best_.outcome = std::move(first.outcome);
    return std::move(best_);
  }
  Accept(std::move(first), mode);
  while (!Exhausted()) {
    if (best_.mode != LegalityMode::kContract) {
      Try(best_.tape, LegalityMode::kContract);
    }
    bool better = DropKinds();
    better |= DropChunks(best_.tape.size() / kCoarse + 1);
    better |= DropSubjects();
    better |= MergeSubjects();
    better |= DropChunks(1);
    better |= HoldsToGoFirst();
    better |= LowerDraws();
    if (better || TrySingles()) continue;
    if (CheckMinimal()) {
      best_.minimal = true;
      break;
    }
  }
  if (!best_.minimal) best_.neighbour.reset();
  return std::move(best_);
}

}  // namespace

ShrinkResult Shrink(const RunOnce& run_once, const Tape& tape,
                    LegalityMode mode, const Signature& signature,
                    const ShrinkOptions& options) {
  return Shrinker(run_once, signature, options).Run(tape, mode);
}

}  // namespace rondo
