// Who is called when a descriptor is ready.
//
// Each descriptor has at most one reader and one writer. A readiness event
// queues the reader first, then the writer, every time anew.
//
// Source: selectors' key data in asyncio.selector_events.
#ifndef RONDO_RUNTIME_IO_TABLE_H_
#define RONDO_RUNTIME_IO_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/node.h"
#include "rondo/runtime/pool_allocator.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

struct LoopCore;

// What a call has received for a caller who was cancelled before he saw it.
struct Unseen {
  Unseen(SysResult r, std::string d, SocketAddress f, bool t)
      : result(r), data(std::move(d)), from(std::move(f)), truncated(t) {}

  SysResult result;  // Negative: an error.
  std::string data;
  SocketAddress from;
  bool truncated;
};

// What who connects or accepts a socket knows of it without asking.
struct Origin {
  SocketAddress peer;
  std::optional<SocketAddress> local;
  bool no_delay = false;  // SocketOption::kNoDelay is set.
};

// A call that has received, and whose caller does not know yet.
class Receiving {
 public:
  // Puts what it has received into the table.
  virtual void GiveUp() = 0;

 protected:
  ~Receiving() = default;
};

// Who closes a descriptor, but behind IoTable::Release.
class DescriptorOwner {
 public:
  // The loop is closed: closes the descriptor.
  virtual void LoopEnded() = 0;

 protected:
  ~DescriptorOwner() = default;
};

class IoTable {
 public:
  explicit IoTable(LoopCore* core) : core_(core) {}
  IoTable(const IoTable&) = delete;
  IoTable& operator=(const IoTable&) = delete;
  ~IoTable() { Clear(); }

  // Makes `node` (one reference is taken over) what `direction` (kReadable or
  // kWritable) of `fd` calls; cancels what was there.
  void Set(int fd, unsigned direction, Node* node);
  // Returns whether there was one; cancels it.
  bool Remove(int fd, unsigned direction);
  // What Set put there last, or null.
  Node* Find(int fd, unsigned direction) const;

  // The registration of a descriptor that is owned rests while there is nothing
  // to call. Throws: ValueError if it is owned already.
  void Own(int fd, DescriptorOwner* owner);
  // REQUIRES: it is owned.
  void ChangeOwner(int fd, DescriptorOwner* owner) {
    entries_[Index(fd)].owner = owner;
  }
  // It is a transport's.
  void Claim(int fd);
  bool claimed(int fd) const { return Has(fd) && entries_[Index(fd)].claimed; }
  // The library has made it, to listen: nobody else sets its options.
  void MarkOurs(int fd) { At(fd).ours = true; }
  bool ours(int fd) const { return Has(fd) && entries_[Index(fd)].ours; }
  // To be filled, for the transport that is to have it.
  Origin& NewOrigin(int fd);
  // Null: nobody knows.
  PoolPtr<Origin> TakeOrigin(int fd) {
    return Has(fd) ? std::move(entries_[Index(fd)].origin) : nullptr;
  }
  // Removes what is set. As if it had never been: it is to be closed.
  void Release(int fd);

  // The one who has received from `fd`; null: nobody.
  void SetReceiving(int fd, Receiving* call) { At(fd).receiving = call; }
  Receiving* receiving(int fd) const {
    return Has(fd) ? entries_[Index(fd)].receiving : nullptr;
  }
  // For the next one who receives from `fd`, behind what is there.
  void Keep(int fd, Unseen unseen);
  // The first of it, or null. Who has received gives it up.
  Unseen* Kept(int fd);
  void DropKept(int fd);

  // How many descriptors have one in `direction`.
  std::size_t Count(unsigned direction) const;

  // Queues the nodes of the descriptors that are ready; removes those that
  // were cancelled.
  void Process(std::span<const ReadyEvent> events);

  // Forgets what is to be called, without telling the selector.
  void Clear();
  // The loop is closed: tells the owners, in the order of Own.
  void EndOwners();

 private:
  struct Entry {
    Node* reader = nullptr;
    Node* writer = nullptr;
    DescriptorOwner* owner = nullptr;
    std::uint64_t since = 0;  // When it was owned last: a number.
    bool claimed = false;
    bool ours = false;
    Receiving* receiving = nullptr;
    PoolPtr<Origin> origin;
    std::unique_ptr<std::deque<Unseen>> unseen;  // Null: none.

    unsigned mask() const {
      return (reader != nullptr ? kReadable : 0) |
             (writer != nullptr ? kWritable : 0);
    }
    Node*& of(unsigned direction) {
      return direction == kReadable ? reader : writer;
    }
  };

  static std::size_t Index(int fd) { return static_cast<std::size_t>(fd); }
  bool Has(int fd) const { return fd >= 0 && Index(fd) < entries_.size(); }
  // Makes room for it.
  Entry& At(int fd);
  void Queue(int fd, unsigned direction);

  LoopCore* core_;
  std::uint64_t owned_ = 0;     // How often a descriptor was.
  std::vector<Entry> entries_;  // By descriptor.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_IO_TABLE_H_
