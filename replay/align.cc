#include "rondo/replay/align.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace rondo {
namespace {

constexpr std::size_t kNone = AlignedItem::kNone;

// For each item of `a`, where its key is in `b`.
std::vector<std::size_t> Match(std::span<const AlignItem> a,
                               std::span<const AlignItem> b) {
  std::vector<std::pair<std::uint64_t, std::size_t>> keys;
  keys.reserve(b.size());
  for (std::size_t j = 0; j < b.size(); ++j) keys.emplace_back(b[j].key, j);
  std::sort(keys.begin(), keys.end());
  std::vector<std::size_t> match(a.size(), kNone);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto found = std::lower_bound(keys.begin(), keys.end(),
                                        std::pair(a[i].key, std::size_t{0}));
    if (found != keys.end() && found->first == a[i].key) {
      match[i] = found->second;
    }
  }
  return match;
}

// Which items of `match` belong to its longest increasing subsequence.
std::vector<bool> InOrder(const std::vector<std::size_t>& match) {
  std::vector<std::size_t> tails;  // Of each length, the item that ends it.
  std::vector<std::size_t> before(match.size(), kNone);
  for (std::size_t i = 0; i < match.size(); ++i) {
    if (match[i] == kNone) continue;
    const auto at = std::lower_bound(
        tails.begin(), tails.end(), match[i],
        [&](std::size_t tail, std::size_t j) { return match[tail] < j; });
    if (at != tails.begin()) before[i] = *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> in_order(match.size(), false);
  for (std::size_t i = tails.empty() ? kNone : tails.back(); i != kNone;
       i = before[i]) {
    in_order[i] = true;
  }
  return in_order;
}

}  // namespace

std::vector<AlignedItem> Align(std::span<const AlignItem> a,
                               std::span<const AlignItem> b) {
  const std::vector<std::size_t> match = Match(a, b);
  const std::vector<bool> in_order = InOrder(match);
  std::vector<bool> matched(b.size(), false);
  for (const std::size_t j : match) {
    if (j != kNone) matched[j] = true;
  }
  std::vector<AlignedItem> items;
  items.reserve(a.size() + b.size());
  std::size_t next = 0;  // The first of `b` that has not been passed.
  const auto pass = [&](std::size_t until) {
    for (; next < until; ++next) {
      if (!matched[next]) items.push_back({AlignStatus::kOnlyB, kNone, next});
    }
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::size_t j = match[i];
    if (j == kNone) {
      items.push_back({AlignStatus::kOnlyA, i, kNone});
      continue;
    }
    if (in_order[i]) pass(j);
    const bool same = a[i].content == b[j].content;
    const AlignStatus status = !same         ? AlignStatus::kChanged
                               : in_order[i] ? AlignStatus::kSame
                                             : AlignStatus::kMoved;
    items.push_back({status, i, j});
  }
  pass(b.size());
  return items;
}

}  // namespace rondo
