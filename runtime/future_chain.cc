#include "rondo/runtime/future_chain.h"

#include <string>

namespace rondo::internal {
namespace {

class LinkTable;

// A loop's future, for other threads to hold.
struct Link {
  FutureRef<FutureCore> future;  // Empty once the two are no longer chained.
  LinkTable* table;
  std::list<std::shared_ptr<Link>>::iterator place;
};

// The links of a loop that are not empty.
class LinkTable final : public LoopPart {
 public:
  ~LinkTable() override {
    while (!links_.empty()) Empty(*links_.front());
  }

  std::shared_ptr<Link> Add(FutureCore* future) {
    auto link = std::make_shared<Link>();
    link->future = FutureRef<FutureCore>::Share(future);
    link->table = this;
    link->place = links_.insert(links_.end(), link);
    return link;
  }

  // Returns what was in it.
  static FutureRef<FutureCore> Empty(Link& link) {
    FutureRef<FutureCore> future = std::move(link.future);
    if (!future) return future;
    const std::shared_ptr<Link> last = *link.place;  // Perhaps the last.
    link.table->links_.erase(link.place);
    return future;
  }

 private:
  std::list<std::shared_ptr<Link>> links_;
};

std::shared_ptr<Link> LinkTo(FutureCore* future) {
  std::unique_ptr<LoopPart>& links = future->core()->Hooks().links;
  if (links == nullptr) links = std::make_unique<LinkTable>();
  return static_cast<LinkTable&>(*links).Add(future);
}

}  // namespace

std::unique_ptr<NodeInfo> NameReturn(LoopCore* core, std::string_view label) {
  if (!core->watched) return nullptr;
  auto info = std::make_unique<NodeInfo>();
  info->kind = HandleKind::kCallback;
  info->name = "chain_set_state";
  info->cause = core->RunningIdentity();
  core->NameChild(info.get(), label);
  return info;
}

void Chain(FutureCore* to, const std::shared_ptr<ConcurrentCore>& from,
           ToLoop carry, std::unique_ptr<NodeInfo> info) {
  AddDoneCallback(to, HandleKind::kFutureDone, "chain_check_cancel",
                  [from](FutureCore* done) {
                    if (done->cancelled()) from->Cancel();
                  });
  Inbox::Item item;
  if (info != nullptr) {
    item.origin = std::make_unique<Inbox::Origin>();
    item.origin->source = "executor";
    item.origin->info = std::move(info);
  }
  from->AddDoneCallback(
      [link = LinkTo(to), item = std::move(item), carry,
       remote = RemoteLoop(to->core()->inbox)](ConcurrentCore& ended) mutable {
        item.function = [link = std::move(link), carry,
                         source = ended.shared_from_this()] {
          const FutureRef<FutureCore> future = LinkTable::Empty(*link);
          if (future && !future->done()) carry(future.get(), *source);
        };
        remote.Post(std::move(item));  // Unless the loop is closed.
      });
}

void Chain(const std::shared_ptr<ConcurrentCore>& to, FutureCore* from,
           ToThread carry) {
  const std::shared_ptr<Link> link = LinkTo(from);
  to->AddDoneCallback(
      [link, remote = RemoteLoop(from->core()->inbox)](ConcurrentCore& ended) {
        if (!ended.cancelled()) return;
        const auto cancel = [link] {
          if (link->future) link->future->Cancel({});
        };
        remote.Post({cancel, "cancel"});
      });
  AddDoneCallback(from, HandleKind::kFutureDone, "chain_set_state",
                  [link, carry, end = CancelAtEnd(to)](FutureCore* done) {
                    LinkTable::Empty(*link);
                    if (done->cancelled()) (*end).Cancel();
                    if ((*end).Begin()) carry(*end, done);
                  });
}

}  // namespace rondo::internal
