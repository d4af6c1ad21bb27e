// Names do not depend on the schedule: the same thing is called the same
// whatever else came before it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "rondo/replay/decision_observer.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"
#include "rondo/simnet/scenario.h"
#include "rondo/tests/support/busy_hosts.h"

namespace rondo {
namespace {

// Every single decision that would not have been dull.
class Alternatives final : public DecisionObserver {
 public:
  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t) override {
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      all.push_back(
          Decision::GoFirst(point, candidates.id(0), candidates.id(i)));
    }
  }
  void OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
              std::uint64_t) override {
    all.push_back(Decision::Draw(stream, k, n - 1, n));
  }

  std::vector<Decision> all;
};

// Who an identity is: host, boot, path or name.
using Who = std::tuple<std::string, std::int64_t, std::string>;

// What has which name, over any number of runs.
struct Names {
  std::map<Identity, Who> who;
  std::map<Who, Identity> id;
  std::map<Identity, std::string> handles;  // Identity to host and label.

  void Learn(const Trace& trace) {
    for (const Record& record : trace.records) {
      const Stamp& stamp = StampOf(record);
      if (const auto* const str = std::get_if<StrRecord>(&record)) {
        // A stream of draws is named by whoever draws first.
        const bool stream =
            str->path.ends_with("segments") || str->path.ends_with("acks");
        Pair(str->id, stream ? Who("", 0, str->path)
                             : Who(stamp.host, stamp.boot, str->path));
      } else if (const auto* const res = std::get_if<ResRecord>(&record)) {
        Pair(res->resource, Who("", 0, res->name));
      } else if (const auto* const it = std::get_if<ItRecord>(&record)) {
        for (const RunEntry& run : it->run) {
          const std::string what = Label(*it, run);
          const auto [place, is_new] = handles.emplace(run.handle, what);
          EXPECT_EQ(place->second, what) << "one identity, two handles";
        }
      }
    }
  }

 private:
  void Pair(Identity identity, const Who& whose) {
    const auto [place, is_new] = who.emplace(identity, whose);
    EXPECT_EQ(place->second, whose) << "one identity, two paths";
    const auto [other, is_first] = id.emplace(whose, identity);
    EXPECT_EQ(other->second, identity)
        << std::get<2>(whose) << " of " << std::get<0>(whose)
        << " has two identities";
  }

  // Whether it is a step or a wake-up, the k-th step of a task is one thing.
  static std::string Label(const ItRecord& it, const RunEntry& run) {
    std::string label(it.label(run));
    if (run.task != 0) label = std::to_string(run.task);
    return it.stamp.host + "/" + std::to_string(it.stamp.boot) + " " + label;
  }
};

// The handles that ran on a host, in no order.
std::set<Identity> Ran(const Trace& trace, const std::string& host) {
  std::set<Identity> ran;
  for (const Record& record : trace.records) {
    const auto* const it = std::get_if<ItRecord>(&record);
    if (it == nullptr || it->stamp.host != host) continue;
    for (const RunEntry& run : it->run) {
      EXPECT_TRUE(ran.insert(run.handle).second) << "one identity ran twice";
    }
  }
  return ran;
}

std::multiset<std::string> Outputs(const Trace& trace) {
  std::multiset<std::string> texts;
  for (const Record& record : trace.records) {
    if (const auto* const out = std::get_if<OutRecord>(&record)) {
      texts.insert(out->text);
    }
  }
  return texts;
}

struct DecidedRun {
  Trace trace;
  RunOutcome outcome;
};

DecidedRun RunWith(const Scenario& scenario, const Tape& tape,
                   LegalityMode mode, DecisionObserver* observer = nullptr) {
  DecidedRun run;
  ExecuteOptions options;
  options.sink = &run.trace;
  options.level = kTraceEverything;
  run.outcome = RerunTape(MakeRunOnce(scenario, options), tape, mode,
                          {.observer = observer})
                    .outcome;
  return run;
}

void EverySingleDeviationKeepsNames(LegalityMode mode) {
  Alternatives alternatives;
  const DecidedRun dull = RunWith(BusyHosts, Tape(), mode, &alternatives);
  ASSERT_TRUE(dull.outcome.passed()) << dull.outcome.message;
  ASSERT_GT(alternatives.all.size(), 50u);
  Names names;
  names.Learn(dull.trace);
  const std::set<Identity> work = Ran(dull.trace, "n3");
  ASSERT_GT(work.size(), 15u);
  const std::size_t known = names.who.size();
  std::set<std::uint64_t> digests = {dull.outcome.digest};
  for (const Decision& decision : alternatives.all) {
    const DecidedRun run = RunWith(BusyHosts, Tape({decision}), mode);
    SCOPED_TRACE(decision.ToString());
    ASSERT_TRUE(run.outcome.passed()) << run.outcome.message;
    digests.insert(run.outcome.digest);
    names.Learn(run.trace);
    // n3 does the same work in any order, so the same steps by name.
    EXPECT_EQ(Ran(run.trace, "n3"), work);
    EXPECT_EQ(Outputs(run.trace), Outputs(dull.trace));
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(digests.size(), alternatives.all.size() / 2);
  // Nothing has turned up under any schedule that had no name before.
  EXPECT_EQ(names.who.size(), known);
}

TEST(IdentitiesTest, EverySingleDeviationKeepsNamesInContractMode) {
  EverySingleDeviationKeepsNames(LegalityMode::kContract);
}

TEST(IdentitiesTest, EverySingleDeviationKeepsNamesInAdversarialMode) {
  EverySingleDeviationKeepsNames(LegalityMode::kAdversarial);
}

// Every draw, as (stream, k).
std::map<std::pair<Identity, std::uint64_t>, std::uint64_t> Draws(
    const Trace& trace) {
  std::map<std::pair<Identity, std::uint64_t>, std::uint64_t> draws;
  for (const Record& record : trace.records) {
    const auto* const draw = std::get_if<DrawRecord>(&record);
    if (draw == nullptr) continue;
    EXPECT_TRUE(
        draws.emplace(std::pair(draw->stream, draw->k), draw->value).second);
  }
  return draws;
}

TEST(IdentitiesTest, MoreHostsShiftNeitherDrawsNorRandomNumbersNorNames) {
  Trace few, more;
  ExecuteOptions options;
  options.simulation.seed = 99;
  options.level = kTraceEverything;
  options.sink = &few;
  ASSERT_TRUE(Execute(BusyHosts, options).passed());
  options.sink = &more;
  ASSERT_TRUE(Execute(BusyHostsAndMore, options).passed());
  const auto draws = Draws(few);
  const auto more_draws = Draws(more);
  ASSERT_GT(draws.size(), 10u);
  EXPECT_GT(more_draws.size(), draws.size());
  for (const auto& [key, value] : draws) {
    const auto found = more_draws.find(key);
    ASSERT_NE(found, more_draws.end());
    EXPECT_EQ(found->second, value);
  }
  const std::multiset<std::string> more_texts = Outputs(more);
  for (const std::string& text : Outputs(few)) {
    EXPECT_TRUE(more_texts.contains(text)) << text;
  }
  for (const char* host : {"n1", "n2", "n3", "main"}) {
    EXPECT_EQ(Ran(few, host), Ran(more, host)) << host;
  }
  Names names;
  names.Learn(few);
  names.Learn(more);
}

TEST(IdentitiesTest, ARestartedHostHasNamesOfItsOwn) {
  const Scenario scenario = [](Simulation& sim) {
    Host& host = sim.AddHost("n1", []() -> Coro<> {
      CreateTask([]() -> Coro<> { co_return; }, "worker");
      co_return;
    });
    sim.Run([&]() -> Coro<> {
      co_await RunningLoop().CreateTask([]() -> Coro<> { co_return; });
      host.Crash();
      host.Restart();
      co_await RunningLoop().CreateTask([]() -> Coro<> { co_return; });
    });
  };
  const DecidedRun run = RunWith(scenario, Tape(), LegalityMode::kContract);
  Names names;
  names.Learn(run.trace);
  EXPECT_EQ(names.id.count(Who("n1", 0, "main/worker")), 1u);
  EXPECT_EQ(names.id.count(Who("n1", 1, "main/worker")), 1u);
}

}  // namespace
}  // namespace rondo
