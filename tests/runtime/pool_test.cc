#include "rondo/runtime/pool.h"

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/poison.h"
#include "rondo/runtime/seeded_random.h"

namespace rondo::internal {
namespace {

struct Owner {
  int deaths = 0;
};
void CountDeath(void* owner) { ++static_cast<Owner*>(owner)->deaths; }

std::uintptr_t Number(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block);
}

TEST(PoolTest, BlocksAreAlignedAsTheirSizeAsks) {
  Owner owner;
  Pool* const pool = Pool::Create(&owner, CountDeath);
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t size = 8; size <= 2048; size += 8) {
    void* const block = pool->Allocate(size);
    EXPECT_EQ(Number(block) % (size % 16 == 0 ? 16 : 8), 0u) << size;
    blocks.push_back({block, size});
  }
  for (const auto& [block, size] : blocks) Pool::Free(block, size);
  pool->Release();
  EXPECT_EQ(owner.deaths, 1);
}

TEST(PoolTest, AFreedBlockIsTheNextOfItsSize) {
  Pool* const pool = Pool::Create(nullptr, nullptr);
  void* const first = pool->Allocate(64);
  void* const other = pool->Allocate(72);
  Pool::Free(first, 64);
  EXPECT_EQ(pool->Allocate(64), first);
  Pool::Free(first, 64);
  Pool::Free(other, 72);
  pool->Release();
}

// How many page faults this process has had that needed no disk.
long Faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(PoolTest, WhatIsReservedCostsNoPageFault) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  constexpr std::size_t kBlock = 1024;
  Pool* const pool = Pool::Create(nullptr, nullptr);
  pool->Reserve(kBytes);
  std::vector<void*> blocks(kBytes / kBlock);
  [[maybe_unused]] const long before = Faults();
  for (void*& block : blocks) {
    block = pool->Allocate(kBlock);
    std::memset(block, 1, kBlock);
  }
  // Under ASan, the poisoned shadow is touched as well.
#ifndef RONDO_POISONS
  EXPECT_LT(Faults() - before, 16);
#endif
  for (void* const block : blocks) Pool::Free(block, kBlock);
  pool->Release();
}

TEST(PoolTest, WhatIsReservedAndNotUsedGoesWithThePool) {
  Owner owner;
  Pool* const pool = Pool::Create(&owner, CountDeath);
  pool->Reserve(0);
  pool->Reserve(std::size_t{80} << 20);
  Pool::Free(pool->Allocate(64), 64);
  pool->Release();
  EXPECT_EQ(owner.deaths, 1);  // And no leak.
}

TEST(PoolTest, ABlockKnowsItsPool) {
  Owner a_owner, b_owner;
  Pool* const a = Pool::Create(&a_owner, nullptr);
  Pool* const b = Pool::Create(&b_owner, nullptr);
  void* const of_a = a->Allocate(48);
  void* const of_b = b->Allocate(48);
  EXPECT_EQ(Pool::Of(of_a)->owner(), &a_owner);
  EXPECT_EQ(Pool::Of(of_b)->owner(), &b_owner);
  // It goes back to where it came from, whoever frees it.
  Pool::Free(of_b, 48);
  EXPECT_EQ(b->Allocate(48), of_b);
  Pool::Free(of_b, 48);
  Pool::Free(of_a, 48);
  a->Release();
  b->Release();
}

TEST(PoolTest, LivesUntilItsLastBlockIsBack) {
  for (const std::size_t size : {std::size_t{64}, std::size_t{4096}}) {
    Owner owner;
    Pool* const pool = Pool::Create(&owner, CountDeath);
    void* const block = pool->Allocate(size);
    pool->Release();
    EXPECT_EQ(owner.deaths, 0) << size;
    std::memset(block, 1, size);
    Pool::Free(block, size);
    EXPECT_EQ(owner.deaths, 1) << size;
  }
}

TEST(PoolTest, BlocksInUseNeverOverlap) {
  constexpr std::uint64_t kSeed = 20240607;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  struct Block {
    unsigned char* at;
    std::size_t size;
    unsigned char fill;
  };
  Pool* const pool = Pool::Create(nullptr, nullptr);
  std::vector<Block> blocks;
  const auto check_and_free = [&](const Block& block) {
    for (std::size_t i = 0; i < block.size; ++i) {
      ASSERT_EQ(block.at[i], block.fill);
    }
    Pool::Free(block.at, block.size);
  };
  for (int i = 0; i < 50'000; ++i) {
    if (!blocks.empty() && random.Below(5) < 2) {
      std::swap(blocks[random.Below(blocks.size())], blocks.back());
      check_and_free(blocks.back());
      blocks.pop_back();
    } else {
      const std::size_t size = 8 + random.Below(1500);
      const auto fill = static_cast<unsigned char>(random.Below(256));
      auto* const at = static_cast<unsigned char*>(pool->Allocate(size));
      std::memset(at, fill, size);
      blocks.push_back({at, size, fill});
    }
  }
  for (const Block& block : blocks) check_and_free(block);
  pool->Release();
}

TEST(PoolTest, JitterMovesTheAddressesAndNothingElse) {
  const auto distances = [](std::uint64_t seed) {
    SetPoolJitter(seed);
    Pool* const pool = Pool::Create(nullptr, nullptr);
    SetPoolJitter(0);
    std::vector<std::uintptr_t> result;
    std::array<void*, 64> blocks;
    for (void*& block : blocks) {
      block = pool->Allocate(64);
      EXPECT_EQ(Number(block) % 16, 0u);
      result.push_back(Number(block) - Number(blocks[0]));
    }
    for (void* block : blocks) Pool::Free(block, 64);
    pool->Release();
    return result;
  };
  EXPECT_EQ(distances(0), distances(0));
  EXPECT_NE(distances(0), distances(1));
  EXPECT_NE(distances(1), distances(2));
}

#ifdef RONDO_POISONS
TEST(PoolTest, FreeBlocksArePoisoned) {
  Pool* const pool = Pool::Create(nullptr, nullptr);
  void* const block = pool->Allocate(64);
  EXPECT_EQ(__asan_region_is_poisoned(block, 64), nullptr);
  Pool::Free(block, 64);
  EXPECT_EQ(__asan_region_is_poisoned(block, 64), block);
  pool->Release();
}
#endif

}  // namespace
}  // namespace rondo::internal
