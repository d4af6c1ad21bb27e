// What ends when its loop does, however long the program keeps it: a transport,
// and the circle that it makes with its protocol. (Sockets: io_table.h.)
#ifndef RONDO_RUNTIME_ENDS_WITH_LOOP_H_
#define RONDO_RUNTIME_ENDS_WITH_LOOP_H_

#include "rondo/runtime/loop_core.h"

namespace rondo::internal {

class EndsWithLoop {
 public:
  EndsWithLoop(const EndsWithLoop&) = delete;
  EndsWithLoop& operator=(const EndsWithLoop&) = delete;

  // Called once the loop's tasks are gone, in the order of creation, on the
  // loop's thread; nobody is told anything any more. May be the end of this.
  virtual void LoopEnded() = 0;

 protected:
  explicit EndsWithLoop(LoopCore* core);
  ~EndsWithLoop() { Unlink(); }

  void Unlink();

 private:
  friend class LoopEnd;

  class LoopEnd* list_ = nullptr;  // Null: not in the list.
  EndsWithLoop* previous_ = nullptr;
  EndsWithLoop* next_ = nullptr;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_ENDS_WITH_LOOP_H_
