// The dull run: asyncio's order, the least delay, no fault.
#ifndef RONDO_REPLAY_FIFO_STRATEGY_H_
#define RONDO_REPLAY_FIFO_STRATEGY_H_

#include "rondo/replay/strategy.h"

namespace rondo {

class FifoStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "fifo"; }
  void Begin(const RunPlan&) override {}
  std::size_t Pick(PickPoint, const CandidateView&, std::uint64_t) override {
    return 0;
  }
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t) override {
    return 0;
  }
};

}  // namespace rondo

#endif  // RONDO_REPLAY_FIFO_STRATEGY_H_
