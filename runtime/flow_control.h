// High and low water marks: when a protocol is asked to stop writing, and to
// go on.
//
// Source: asyncio.transports._FlowControlMixin.
#ifndef RONDO_RUNTIME_FLOW_CONTROL_H_
#define RONDO_RUNTIME_FLOW_CONTROL_H_

#include <cstddef>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

// Both limits; `default_high` if neither is given. Throws: ValueError unless
// low <= high.
WriteBufferLimits FillIn(const WriteBufferLimits& limits,
                         std::size_t default_high);

class FlowControl {
 public:
  explicit FlowControl(LoopCore* core) : core_(core) {}

  // Throws: ValueError unless low <= high.
  void SetLimits(const WriteBufferLimits& limits);
  WriteBufferLimits limits() const { return {low_, high_}; }

  // After the buffer has grown to `size` (or the limits have changed): pauses
  // above the high-water mark. What the protocol throws is reported.
  void Grown(std::size_t size, BaseProtocol* protocol) {
    if (size > high_ && !paused_) [[unlikely]] {
      Pause(protocol);
    }
  }
  // After it has shrunk: resumes at the low-water mark.
  void Shrunk(std::size_t size, BaseProtocol* protocol) {
    if (paused_ && size <= low_) [[unlikely]] {
      Resume(protocol);
    }
  }
  bool paused() const { return paused_; }

 private:
  void Pause(BaseProtocol* protocol);
  void Resume(BaseProtocol* protocol);

  LoopCore* core_;
  std::size_t high_ = 64 * 1024;
  std::size_t low_ = 16 * 1024;
  bool paused_ = false;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_FLOW_CONTROL_H_
