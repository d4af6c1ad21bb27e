// A selector that reports what a test says, and notes what it is told.
#ifndef RONDO_TESTS_SUPPORT_NOTING_SELECTOR_H_
#define RONDO_TESTS_SUPPORT_NOTING_SELECTOR_H_

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/selector.h"

namespace rondo {

class NotingSelector final : public Selector {
 public:
  // Of the descriptor that can be ready.
  explicit NotingSelector(int fd) : event_{fd, 0} {}

  void Register(int fd, unsigned events) override {
    Note("register", fd, events);
  }
  void Modify(int fd, unsigned events) override { Note("modify", fd, events); }
  void Unregister(int fd) override { Note("unregister", fd, 0); }
  // Never waits.
  std::span<const ReadyEvent> Select(std::optional<Nanoseconds>) override {
    event_.mask = ready;
    return std::span(&event_, ready == 0 ? 0 : 1);
  }
  void Wake() override {}

  // "register 1 r", "modify 1 rw", "unregister 1".
  std::vector<std::string> told;
  // For what it is ready: also for what nobody waits for.
  unsigned ready = 0;

 private:
  void Note(std::string what, int fd, unsigned events) {
    what += " " + std::to_string(fd);
    if (events != 0) what += " ";
    if ((events & kReadable) != 0) what += "r";
    if ((events & kWritable) != 0) what += "w";
    told.push_back(std::move(what));
  }

  ReadyEvent event_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_NOTING_SELECTOR_H_
