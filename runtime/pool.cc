#include "rondo/runtime/pool.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include "rondo/runtime/huge_allocator.h"
#include "rondo/runtime/identity.h"

namespace rondo::internal {

// Pool::Of and Pool::OwnerOf read the first two.
struct Chunk {
  Pool* pool;
  void* owner;
  Chunk* next;
};

namespace {

// Of a chunk, what is not for blocks.
constexpr std::size_t kChunkHeader = 64;

// How many chunks a pool has before it asks for huge pages.
constexpr std::size_t kOrdinaryChunks = 4;

// Before a block that is too large for the chunks.
struct alignas(16) LargeHeader {
  Pool* pool;
};

// Pools may outlive the cache, at the end of a thread or of the program.
constinit thread_local bool cache_is_gone = false;

// Chunks that this thread has used and may use again: a scenario that runs
// thousands of times must not ask the kernel for memory each time.
struct ChunkCache {
  static constexpr std::size_t kMost = 16;

  std::array<Chunk*, kMost> chunks;
  std::size_t size = 0;

  ~ChunkCache() {
    while (size > 0) FreeHuge(chunks[--size]);
    cache_is_gone = true;
  }
};

thread_local ChunkCache chunk_cache;
std::uint64_t jitter_seed = 0;

}  // namespace

void SetPoolJitter(std::uint64_t seed) { jitter_seed = seed; }

Pool* Pool::Create(void* owner, void (*on_last)(void* owner)) {
  return new Pool(owner, on_last);
}

Pool* Pool::ForThread() {
  struct Holder {
    Pool* pool = Create(nullptr, nullptr);
    ~Holder() { pool->Release(); }
  };
  thread_local Holder holder;
  return holder.pool;
}

Pool::Pool(void* owner, void (*on_last)(void* owner))
    : owner_(owner), on_last_(on_last), jitter_(jitter_seed) {}

Pool::~Pool() {
  for (Chunk** list : {&chunks_, &reserved_}) {
    while (Chunk* const chunk = *list) {
      *list = chunk->next;
      Unpoison(chunk, kChunkBytes);
      if (!cache_is_gone && chunk_cache.size < ChunkCache::kMost) {
        chunk_cache.chunks[chunk_cache.size++] = chunk;
      } else {
        FreeHuge(chunk);
      }
    }
  }
}

void Pool::Release() {
  released_ = true;
  DieIfUnused();
}

void Pool::DieIfUnused() {
  if (freed_ != allocated_) return;
  void* const owner = owner_;
  void (*const on_last)(void*) = on_last_;
  delete this;
  if (on_last != nullptr) on_last(owner);
}

Chunk* Pool::TakeChunk() {
  if (!cache_is_gone && chunk_cache.size > 0) {
    return chunk_cache.chunks[--chunk_cache.size];
  }
  // A burst of a million tasks is twice as fast on huge pages. (But where
  // the host of a virtual machine gives out memory at the first touch, that
  // one takes 5 ms a chunk.) Most loops never need so many chunks.
  const bool huge = chunk_count_ >= kOrdinaryChunks;
  void* const memory = huge ? AllocateHuge(kChunkBytes)
                            : std::aligned_alloc(kChunkBytes, kChunkBytes);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<Chunk*>(memory);
}

void Pool::AddChunk() {
  Chunk* chunk = reserved_;
  if (chunk != nullptr) {
    reserved_ = chunk->next;
  } else {
    chunk = TakeChunk();
    ++chunk_count_;
  }
  chunk->pool = this;
  chunk->owner = owner_;
  chunk->next = chunks_;
  chunks_ = chunk;
  next_ = reinterpret_cast<char*>(chunk) + kChunkHeader;
  end_ = reinterpret_cast<char*>(chunk) + kChunkBytes;
  Poison(next_, kChunkBytes - kChunkHeader);
}

void Pool::Reserve(std::size_t bytes) {
  constexpr std::size_t kRoom = kChunkBytes - kChunkHeader;
  for (std::size_t had = 0; had < bytes; had += kRoom) {
    Chunk* const chunk = TakeChunk();
    ++chunk_count_;
    std::memset(static_cast<void*>(chunk), 0, kChunkBytes);
    chunk->next = reserved_;
    reserved_ = chunk;
  }
}

void* Pool::Carve(std::size_t bytes) {
  char* block = PlaceFor(bytes);
  if (end_ - block < static_cast<std::ptrdiff_t>(bytes)) {
    AddChunk();
    block = next_;
  }
  next_ = block + bytes;
  return block;
}

// A burst takes its blocks here.
void* Pool::AllocateFresh(std::size_t bytes) {
  char* const block = PlaceFor(bytes);
  const bool full = end_ - block < static_cast<std::ptrdiff_t>(bytes);
  if (full || jitter_ != 0) [[unlikely]] {
    return AllocateRare(bytes);
  }
  next_ = block + bytes;
  Unpoison(block, bytes);
  ++allocated_;
  return block;
}

void* Pool::AllocateRare(std::size_t bytes) {
  void* const block = jitter_ == 0 ? Carve(bytes) : CarveJittered(bytes / 8);
  Unpoison(block, bytes);
  ++allocated_;
  return block;
}

void* Pool::AllocateLarge(std::size_t size) {
  auto* const large =
      static_cast<LargeHeader*>(::operator new(sizeof(LargeHeader) + size));
  large->pool = this;
  ++allocated_;
  return large + 1;
}

// Fills the class's free list with a batch of blocks in a shuffled order and
// with holes between them, and takes one.
void* Pool::CarveJittered(std::size_t index) {
  constexpr std::size_t kBatch = 16;
  std::array<FreeBlock*, kBatch> batch;
  for (FreeBlock*& block : batch) {
    jitter_ = MixBits(jitter_);
    if (jitter_ % 4 == 0) Carve(16 * (1 + jitter_ / 4 % 8));
    block = static_cast<FreeBlock*>(Carve(index * 8));
    // Nobody may rely on what was there before.
    Unpoison(block, index * 8);
    std::memset(static_cast<void*>(block), static_cast<int>(jitter_ & 0xff),
                index * 8);
    Poison(block, index * 8);
  }
  for (std::size_t i = kBatch - 1; i > 0; --i) {
    jitter_ = MixBits(jitter_);
    std::swap(batch[i], batch[jitter_ % (i + 1)]);
  }
  for (std::size_t i = 1; i < kBatch; ++i) {
    Unpoison(batch[i], index * 8);
    batch[i]->next = free_[index];
    Poison(batch[i], index * 8);
    free_[index] = batch[i];
  }
  return batch[0];
}

void Pool::FreeLarge(void* block, std::size_t size) {
  LargeHeader* const large = static_cast<LargeHeader*>(block) - 1;
  Pool* const pool = large->pool;
  ::operator delete(large, sizeof(LargeHeader) + size);
  ++pool->freed_;
  if (pool->released_) pool->DieIfUnused();
}

}  // namespace rondo::internal
