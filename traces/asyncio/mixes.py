#!/usr/bin/env python3.13
"""Random programs of locks and queues, and what CPython made of them.

    traces/asyncio/mixes.py > traces/asyncio/mixes.txt

A program is a few tasks that each do a list of operations on the same locks,
events, semaphores, conditions, barriers and queues, or cancel one another. Each
operation that ends writes a line: turn of the loop, task, operation, and a
result or an exception. `leaves` tasks end when cancelled, `stays` tasks go on.
After 60 turns everything is cancelled in every turn, and all locks are freed,
so that every program ends.

The same table of operations is in tests/conformance/mixes.cc.
"""
import asyncio
import inspect
import random

PROGRAMS = 200
TURNS = 60

# name: (how many there are of what it works on, bound of its argument).
SIZES = {
    "yield": (0, 0),
    "cancel": (0, 0),
    "uncancel": (0, 0),
    "lock.acquire": (2, 0),
    "lock.release": (2, 0),
    "event.set": (1, 0),
    "event.clear": (1, 0),
    "event.wait": (1, 0),
    "semaphore.acquire": (3, 0),
    "semaphore.release": (3, 0),
    "condition.acquire": (2, 0),
    "condition.release": (2, 0),
    "condition.wait": (2, 0),
    "condition.wait_for": (2, 4),
    "condition.notify": (2, 3),
    "condition.notify_all": (2, 0),
    "count": (0, 0),
    "barrier.wait": (2, 0),
    "barrier.reset": (2, 0),
    "barrier.abort": (2, 0),
    "queue.put": (3, 5),
    "queue.put_nowait": (3, 5),
    "queue.get": (3, 0),
    "queue.get_nowait": (3, 0),
    "queue.task_done": (3, 0),
    "queue.join": (3, 0),
    "queue.shutdown": (3, 2),
}
# Each program is about one of these, or about all. What stands twice is done
# twice as often.
ABOUT = [
    "lock.acquire lock.release",
    "event.wait event.wait event.set event.clear",
    "semaphore.acquire semaphore.release",
    "lock.acquire lock.release condition.acquire condition.release"
    " condition.wait condition.wait_for condition.notify"
    " condition.notify_all count",
    "barrier.wait barrier.wait barrier.wait barrier.reset barrier.abort",
    "queue.put queue.put queue.get queue.get queue.put_nowait"
    " queue.get_nowait queue.task_done queue.join queue.shutdown",
    "queue.put queue.get queue.put_nowait queue.get_nowait cancel",
]
LOCKED = ("condition.wait", "condition.notify")  # Beginnings of names.


def operations(rng, about, tasks):
    """Yields (name, object, argument), now and then with a lock around it."""
    for _ in range(rng.randrange(4, 15)):
        name = rng.choice(["yield", "cancel", "uncancel"] + 2 * about)
        count, bound = SIZES[name]
        which = rng.randrange(count) if count else 0
        if name == "cancel":
            which = rng.randrange(tasks)
        operation = (name, which, rng.randrange(bound) if bound else 0)
        if name.startswith(LOCKED) and rng.random() < 0.8:
            yield ("condition.acquire", which, 0)
            yield operation
            yield ("condition.release", which, 0)
        elif name != "queue.shutdown" or rng.random() < 0.2:
            yield operation


def program(rng):
    about = rng.choice(ABOUT + [" ".join(ABOUT)]).split()
    tasks = rng.randrange(3, 8)
    return [
        (rng.choice(["leaves", "stays"]), [*operations(rng, about, tasks)])
        for _ in range(tasks)
    ]


class World:
    def __init__(self):
        self.lock = [asyncio.Lock(), asyncio.Lock()]
        self.event = [asyncio.Event()]
        self.semaphore = [
            asyncio.Semaphore(1),
            asyncio.Semaphore(2),
            asyncio.BoundedSemaphore(1),
        ]
        self.condition = [asyncio.Condition(), asyncio.Condition(self.lock[1])]
        self.barrier = [asyncio.Barrier(2), asyncio.Barrier(3)]
        self.queue = [
            asyncio.Queue(2),
            asyncio.PriorityQueue(3),
            asyncio.LifoQueue(1),
        ]
        self.counter = 0
        self.turn = 0
        self.tasks = []
        self.lines = []

    def call(self, name, which, argument):
        if name == "yield":
            return asyncio.sleep(0)
        if name == "count":
            self.counter += 1
            return None
        if name == "cancel":
            return int(self.tasks[which].cancel(f"by turn {self.turn}"))
        if name == "uncancel":
            return asyncio.current_task().uncancel()
        kind, method = name.split(".")
        arguments = [argument] if SIZES[name][1] else []
        if method == "wait_for":
            arguments = [lambda: self.counter >= argument]
        return getattr(getattr(self, kind)[which], method)(*arguments)

    async def run(self, number, cancelled, todo):
        for name, which, argument in todo:
            end = ""
            try:
                result = self.call(name, which, argument)
                if inspect.isawaitable(result):
                    result = await result
                end = str(result) if type(result) is int else "ok"
            except asyncio.CancelledError as error:
                end = f"CancelledError {error}".strip()
                if cancelled == "leaves":
                    raise
            except Exception as error:
                end = type(error).__name__
            finally:
                self.lines.append(f"{self.turn} {number} {name} {which} {end}")

    async def main(self, specs):
        for number, spec in enumerate(specs):
            self.tasks.append(asyncio.create_task(self.run(number, *spec)))
        for self.turn in range(2 * TURNS):
            if self.turn >= TURNS:
                self.end()
            await asyncio.sleep(0)

    def end(self):
        for lock in (*self.lock, self.condition[0]):
            if lock.locked():
                lock.release()
        for task in self.tasks:
            task.cancel()


def main():
    rng = random.Random(27)
    for number in range(PROGRAMS):
        specs = program(rng)
        world = World()
        asyncio.run(world.main(specs))
        print(f"program {number}")
        for cancelled, todo in specs:
            text = ["%s %d %d" % operation for operation in todo]
            print(f"task {cancelled}", *text, sep="; ")
        print(*world.lines, sep="\n")


if __name__ == "__main__":
    main()
