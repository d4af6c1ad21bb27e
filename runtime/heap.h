// A binary heap whose order among equal elements is that of Python's heapq:
// the same comparisons in the same order.
//
// If a comparison throws, nothing has moved.
// Source: heapq.heappush, heapq.heappop.
#ifndef RONDO_RUNTIME_HEAP_H_
#define RONDO_RUNTIME_HEAP_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace rondo::internal {

template <class T, class Less>
void HeapPush(std::vector<T>& heap, T item, Less& less) {
  std::size_t to = heap.size();
  while (to > 0 && less(item, heap[(to - 1) / 2])) to = (to - 1) / 2;
  std::size_t hole = heap.size();
  heap.push_back(std::move(item));
  for (; hole > to; hole = (hole - 1) / 2) {
    std::swap(heap[hole], heap[(hole - 1) / 2]);
  }
}

// Takes a least element out. REQUIRES: the heap is not empty.
template <class T, class Less>
T HeapPop(std::vector<T>& heap, Less& less) {
  // The last element is put to the leaf at the end of the path of the lesser
  // children, and from there up to its place.
  const std::size_t size = heap.size() - 1;
  std::size_t to = 0;
  for (std::size_t child = 1; child < size; child = 2 * to + 1) {
    const std::size_t right = child + 1;
    if (right < size && !less(heap[child], heap[right])) child = right;
    to = child;
  }
  while (to > 0 && less(heap[size], heap[to])) to = (to - 1) / 2;
  T item = std::move(heap[size]);
  heap.pop_back();
  if (size == 0) return item;
  // Each on the way to the root takes the place of its parent.
  for (; to > 0; to = (to - 1) / 2) std::swap(item, heap[to]);
  std::swap(item, heap[0]);
  return item;
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_HEAP_H_
