// An item is handed to a receiver that is already cancelled.
//
// A channel without capacity: what is sent goes into the hands of a receiver
// that waits. If that one is cancelled before it runs, it throws, and the item
// in its hands is gone, though it counts as sent.
//
// Source: agronholm/anyio#147.

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

template <bool kFixed>
class Channel {
 public:
  // Hands `item` to the first receiver that waits; false if there is none.
  bool TrySend(int item) {
    while (!receivers_.empty()) {
      rondo::Future<int> hands = receivers_.front();
      receivers_.pop_front();
      if (hands.done()) continue;
      hands.SetResult(item);
      return true;
    }
    return false;
  }

  rondo::Coro<int> Receive() {
    if (!returned_.empty()) {
      const int item = returned_.front();
      returned_.pop_front();
      co_return item;
    }
    const rondo::Future<int> hands = rondo::CreateFuture<int>();
    receivers_.push_back(hands);
    try {
      co_return co_await hands;
    } catch (const rondo::CancelledError&) {
      std::erase(receivers_, hands);  // Not there any more if it was served.
      // The fix: what it was handed goes to the next.
      if (kFixed && !hands.cancelled() && !TrySend(hands.result())) {
        returned_.push_back(hands.result());
      }
      throw;
    }
  }

 private:
  std::deque<rondo::Future<int>> receivers_;
  std::deque<int> returned_;
};

// What has been sent and received.
struct Counts {
  int sent = 0;
  int received = 0;
};

template <bool kFixed>
rondo::Coro<> ReceiveWithinLimit(Channel<kFixed>* channel, Counts* counts) {
  try {
    co_await rondo::WaitFor(channel->Receive(), 100ms);
    ++counts->received;
  } catch (const rondo::TimeoutError&) {
    // It has other things to do.
  }
}

template <bool kFixed>
rondo::Coro<> ReceiveAll(Channel<kFixed>* channel, Counts* counts) {
  for (;;) {
    co_await channel->Receive();
    ++counts->received;
  }
}

template <bool kFixed>
void ThreeReceivers(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    Channel<kFixed> channel;
    Counts counts;
    for (const char* name : {"impatient 1", "impatient 2"}) {
      rondo::CreateTask(ReceiveWithinLimit(&channel, &counts), name);
    }
    rondo::CreateTask(ReceiveAll(&channel, &counts), "patient");
    for (int item = 0; item < 3; ++item) {
      co_await rondo::Sleep(90ms);
      if (channel.TrySend(item)) ++counts.sent;
    }
    co_await rondo::Sleep(10s);
    if (counts.received < counts.sent) {
      sim.Fail("lost item", std::to_string(counts.sent) + " items were sent, " +
                                std::to_string(counts.received) + " received");
    }
  });
}

}  // namespace

RONDO_SCENARIO(ItemToCancelledReceiver) { ThreeReceivers<false>(sim); }
RONDO_SCENARIO(ItemToCancelledReceiverFixed) { ThreeReceivers<true>(sim); }
