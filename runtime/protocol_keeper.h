// What keeps a protocol that may keep it: a transport. The circle is broken by
// ConnectionLost, or by the end of the loop, after which none will come.
#ifndef RONDO_RUNTIME_PROTOCOL_KEEPER_H_
#define RONDO_RUNTIME_PROTOCOL_KEEPER_H_

#include "rondo/runtime/loop_core.h"

namespace rondo::internal {

class ProtocolKeeper {
 public:
  ProtocolKeeper(const ProtocolKeeper&) = delete;
  ProtocolKeeper& operator=(const ProtocolKeeper&) = delete;

  // Lets go of the protocol, which may be the end of this. Called once the
  // loop's tasks are gone, in the order of creation; nothing is told.
  virtual void LoopEnded() = 0;

 protected:
  explicit ProtocolKeeper(LoopCore* core);
  ~ProtocolKeeper() { Unlink(); }

 private:
  friend class ProtocolKeepers;
  void Unlink();

  // Null: not in the list.
  class ProtocolKeepers* list_ = nullptr;
  ProtocolKeeper* previous_ = nullptr;
  ProtocolKeeper* next_ = nullptr;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_PROTOCOL_KEEPER_H_
