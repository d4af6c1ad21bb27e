#include "rondo/runtime/heap.h"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rondo::internal {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Item = std::pair<int, int>;  // Its key, and its number.

bool KeyLess(const Item& a, const Item& b) { return a.first < b.first; }

// The expected values of both tests are those of CPython 3.13's heapq, given
// the same items.
TEST(HeapTest, EqualItemsComeInTheOrderOfHeapq) {
  std::vector<Item> heap;
  int number = 0;
  for (const int key : {5, 5, 1, 1, 5, 1, 3, 3, 3, 1, 5, 3}) {
    HeapPush(heap, Item(key, number++), KeyLess);
  }
  std::vector<Item> order;
  while (!heap.empty()) order.push_back(HeapPop(heap, KeyLess));
  EXPECT_THAT(order,
              ElementsAre(Pair(1, 2), Pair(1, 5), Pair(1, 3), Pair(1, 9),
                          Pair(3, 6), Pair(3, 11), Pair(3, 7), Pair(3, 8),
                          Pair(5, 0), Pair(5, 10), Pair(5, 4), Pair(5, 1)));
}

TEST(HeapTest, AsHeapqInALongMixOfPushesAndPops) {
  std::vector<Item> heap;
  std::uint64_t state = 1;
  std::uint64_t digest = 14695981039346656037u;
  int popped = 0;
  for (int step = 0; step < 20000; ++step) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t random = state >> 33;
    const unsigned pushes = step / 2000 % 2 == 0 ? 3 : 1;  // Of four.
    if (random % 4 < pushes || heap.empty()) {
      const int key = static_cast<int>((random >> 8) % 16);
      HeapPush(heap, Item(key, step), KeyLess);
    } else {
      const Item item = HeapPop(heap, KeyLess);
      digest =
          (digest ^ static_cast<std::uint64_t>(item.second)) * 1099511628211u;
      ++popped;
    }
  }
  EXPECT_EQ(popped, 9931);
  EXPECT_EQ(heap.size(), 138u);
  EXPECT_EQ(digest, 0xf3583375ee3aa9a4u);
}

TEST(HeapTest, ItemsNeedOnlyBeMovable) {
  const auto less = [](const std::unique_ptr<int>& a,
                       const std::unique_ptr<int>& b) { return *a < *b; };
  std::vector<std::unique_ptr<int>> heap;
  for (const int value : {2, 1, 3}) {
    HeapPush(heap, std::make_unique<int>(value), less);
  }
  for (const int value : {1, 2, 3}) EXPECT_EQ(*HeapPop(heap, less), value);
  EXPECT_TRUE(heap.empty());
}

TEST(HeapTest, AComparisonThatThrowsChangesNothing) {
  int left = 1000;
  const auto less = [&left](int a, int b) {
    if (left-- == 0) throw std::runtime_error("enough");
    return a < b;
  };
  std::vector<int> heap;
  for (const int value : {9, 8, 7, 6, 5, 4, 3, 2, 1}) {
    HeapPush(heap, value, less);
  }
  const std::vector<int> before = heap;
  for (const int after : {0, 1, 2, 3}) {
    left = after;
    EXPECT_THROW(HeapPop(heap, less), std::runtime_error) << after;
    EXPECT_EQ(heap, before);
  }
  left = 1;
  EXPECT_THROW(HeapPush(heap, 0, less), std::runtime_error);
  EXPECT_EQ(heap, before);
}

}  // namespace
}  // namespace rondo::internal
