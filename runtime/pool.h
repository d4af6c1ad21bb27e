// Memory for coroutine frames and loop nodes: size-classed free lists.
//
// A loop's frames, futures, tasks and handles come from one pool, in chunks of
// 2 MiB, on huge pages once there are many. A block finds its pool and the
// pool's owner through its chunk's header, so blocks carry no header of their
// own (but for those of more than 1 KiB, which are the allocator's). The pool
// lives until its owner has let go *and* the last block has come back: a
// future that outlives its loop stays valid.
//
// Under AddressSanitizer free blocks are poisoned. `SetPoolJitter` makes the
// addresses irregular, for the determinism check.
//
// Thread-safety: one thread a pool; SetPoolJitter before the first pool.
#ifndef RONDO_RUNTIME_POOL_H_
#define RONDO_RUNTIME_POOL_H_

#include <cstddef>
#include <cstdint>

#include "rondo/runtime/poison.h"

namespace rondo::internal {

class Pool {
 public:
  // Makes a pool owned by `owner` (any pointer the caller wants back), with
  // `on_last` called, if not null, after Release once the last block is back.
  static Pool* Create(void* owner, void (*on_last)(void* owner));

  // The pool of blocks made outside any loop, one for each thread.
  static Pool* ForThread();

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Gives back a pool's ownership.
  void Release();

  // Has room for `bytes` more, in memory that was touched: until it is full,
  // blocks of at most kMaxBlock bytes cost neither system calls nor page
  // faults. Throws: std::bad_alloc.
  void Reserve(std::size_t bytes);

  // Returns `size` bytes aligned to 8, or to 16 if size is a multiple of 16.
  void* Allocate(std::size_t size) {
    const std::size_t index = (size + 7) / 8;
    if (index < kClasses && free_[index] != nullptr) [[likely]] {
      FreeBlock* block = free_[index];
      Unpoison(block, index * 8);
      free_[index] = block->next;
      ++allocated_;
      return block;
    }
    return index < kClasses ? AllocateFresh(index * 8) : AllocateLarge(size);
  }

  // Returns a block of `size` bytes to the pool it came from.
  static void Free(void* block, std::size_t size) {
    const std::size_t index = (size + 7) / 8;
    if (index >= kClasses) [[unlikely]] {
      FreeLarge(block, size);
      return;
    }
    Of(block)->Put(static_cast<FreeBlock*>(block), index);
  }

  // The pool, and the pool's owner, of a block of at most kMaxBlock bytes.
  static Pool* Of(const void* block) {
    return *reinterpret_cast<Pool* const*>(
        reinterpret_cast<std::uintptr_t>(block) & ~(kChunkBytes - 1));
  }
  // The owner of the pool of such a block.
  static void* OwnerOf(const void* block) {
    return reinterpret_cast<void* const*>(
        reinterpret_cast<std::uintptr_t>(block) & ~(kChunkBytes - 1))[1];
  }
  void* owner() const { return owner_; }

  // How many blocks were ever handed out.
  std::uint64_t allocated() const { return allocated_; }

  static constexpr std::size_t kChunkBytes = std::size_t{2} << 20;
  static constexpr std::size_t kMaxBlock = 1024;

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  static constexpr std::size_t kClasses = kMaxBlock / 8 + 1;

  Pool(void* owner, void (*on_last)(void* owner));
  ~Pool();

  void Put(FreeBlock* block, std::size_t index) {
    block->next = free_[index];
    free_[index] = block;
    Poison(block, index * 8);
    ++freed_;
    if (released_) [[unlikely]] {
      DieIfUnused();
    }
  }

  // A block that was never used, of a multiple of 8 bytes up to kMaxBlock.
  void* AllocateFresh(std::size_t bytes);
  void* AllocateRare(std::size_t bytes);
  void* AllocateLarge(std::size_t size);
  // Where a block would come in the chunk, which may be too full for it.
  char* PlaceFor(std::size_t bytes) const {
    // 8 further where a multiple of 16 would begin at an odd 8.
    const auto next = reinterpret_cast<std::uintptr_t>(next_);
    return next_ + (next & ~bytes & 8);
  }
  void* Carve(std::size_t bytes);
  void* CarveJittered(std::size_t index);
  struct Chunk* TakeChunk();
  void AddChunk();
  void DieIfUnused();
  static void FreeLarge(void* block, std::size_t size);

  FreeBlock* free_[kClasses] = {};
  std::uint64_t allocated_ = 0;
  std::uint64_t freed_ = 0;
  bool released_ = false;
  char* next_ = nullptr;
  char* end_ = nullptr;
  struct Chunk* chunks_ = nullptr;
  struct Chunk* reserved_ = nullptr;  // Not yet used.
  std::size_t chunk_count_ = 0;
  void* owner_;
  void (*on_last_)(void* owner);
  std::uint64_t jitter_;
};

// Makes every pool created from now on hand out irregular addresses.
void SetPoolJitter(std::uint64_t seed);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POOL_H_
