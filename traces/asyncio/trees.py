#!/usr/bin/env python3.13
"""Random trees of tasks, and what CPython made of them.

    traces/asyncio/trees.py > traces/asyncio/trees.txt

Each line of the output is a program and the lines that it wrote, in JSON. A
program is a list of operations, some of which hold lists themselves; `run`
says what they do, and Run in tests/conformance/trees.cc does the same. Times
are eighths of a second, in virtual time. A line is the turn of the loop, the
task's name (- if it has none of the program's) and a text.

A task waits only for tasks that it made, or for one that the program's text
ends before: so nothing waits for itself, and every program ends.

What CPython leaves open is pinned: tasks of a group are cancelled in the order
of creation, timers with equal deadlines fire in the order of registration,
as_completed, which walks a set, is given no task that is done already, and
garbage is collected between programs only. An eager task that is done already
is told to its group as from 3.13.2.
"""
import asyncio
import gc
import itertools
import json
import logging
import random
import selectors
import sys
import warnings
from asyncio import events

PROGRAMS = 300

# Operations, by how often they are made. Those that hold lists of operations
# are waiting ones, whose lists are other tasks', or nesting ones.
SIMPLE = {"sleep": 5, "cancel": 2, "fail": 1, "uncancel": 1, "join": 1}
WAITING = {
    "shield": 2,
    "wait": 2,
    "completed": 2,
    "gather": 2,
    "outcomes": 1,
    "wait_for": 2,
}
NESTING = {"group": 5, "timeout": 3, "catch": 3, "swallow": 1, "clean_up": 1}
LARGE = {"generator": 1, **WAITING, **NESTING}
SPAWNING = {"spawn": 8, **LARGE}  # In a group.

WHEN = ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]


class Insertion(dict):
    """A set that is walked in the order of insertion."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class TaskGroup(asyncio.TaskGroup):
    def __init__(self):
        super().__init__()
        self._tasks = Insertion()

    def create_task(self, coro, *, name):
        task = super().create_task(coro, name=name)
        if task.done() and task not in self._tasks:
            self._tasks.add(task)
            task.add_done_callback(self._on_task_done)
        return task

    def _on_task_done(self, task):
        if task in self._tasks:  # Not from within create_task.
            super()._on_task_done(task)


class StableTimer(events.TimerHandle):
    numbers = itertools.count()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = next(self.numbers)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class Selector(selectors.SelectSelector):
    """Waits by moving the time."""

    now = 0.0

    def select(self, timeout=None):
        assert timeout is not None, "a deadlock"
        self.now += timeout
        return []


class Loop(asyncio.SelectorEventLoop):
    turn = 0

    def __init__(self):
        super().__init__(Selector())
        self.lines = []

    def time(self):
        return self._selector.now

    def _run_once(self):
        self.turn += 1
        super()._run_once()


class AppError(Exception):
    pass


def text_of(error):
    if error is None or isinstance(error, AppError):
        return "None" if error is None else f"AppError({error})"
    name = type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        members = ", ".join(text_of(one) for one in error.exceptions)
        name += f"[{members}]"
    return name


class Program:
    """`run` does a list of operations: each is a method, by its name."""

    def __init__(self, loop):
        self.loop = loop
        self.tasks = {}

    def write(self, text):
        task = asyncio.current_task()
        names = (name for name, one in self.tasks.items() if one is task)
        name = next(names, "-")
        self.loop.lines.append(f"{self.loop.turn} {name} {text}")

    async def main(self, body):
        try:
            await self.run(body, None, "main")
            self.write("ended")
        except BaseException as error:
            self.write(text_of(error))

    async def run(self, body, group, name=None):
        if name is not None:
            self.tasks[name] = asyncio.current_task()
        for what, *rest in body:
            if what in ("spawn", *NESTING):
                await getattr(self, what)(group, *rest)
            else:
                await getattr(self, what)(*rest)
            if what not in SIMPLE:
                count = asyncio.current_task().cancelling()
                self.write(f"after {what}, cancelling {count}")

    async def sleep(self, time):
        await asyncio.sleep(time / 8)
        self.write("slept")

    async def fail(self, text):
        raise AppError(text)

    async def cancel(self, name):
        if name in self.tasks:
            self.write(f"cancels {name} {int(self.tasks[name].cancel())}")

    async def uncancel(self):
        self.write(f"uncancel {asyncio.current_task().uncancel()}")

    async def spawn(self, group, name, body):
        coro = self.run(body, group, name)
        try:
            task = group.create_task(coro, name=name)
        except RuntimeError:
            self.write(f"{name} refused")
            return
        self.tasks[name] = task
        self.write(f"{name} {'done' if task.done() else 'pending'}")

    async def generator(self, steps, pause, most, how):
        generator = self.generate(steps, pause)
        try:
            left = most
            async for _ in generator:
                self.write("got")
                left -= 1
                if left == 0:
                    break
            if how == "close":
                await generator.aclose()
        finally:
            del generator

    async def generate(self, steps, pause):
        """A generator whose clean-up takes its time."""
        try:
            for step in steps:
                if step == "yield":
                    yield
                elif step == "fail":
                    raise AppError("generator")
                else:
                    await asyncio.sleep(step / 8)
        finally:
            self.write("closing")
            await asyncio.sleep(pause / 8)
            self.write("closed")

    # Waiting for other tasks.

    def create(self, name, body):
        coro = self.run(body, None, name)
        self.tasks[name] = asyncio.create_task(coro, name=name)
        return self.tasks[name]

    async def join(self, name):
        if name in self.tasks:
            await self.tasks[name]

    async def shield(self, name, body):
        await asyncio.shield(self.create(name, body))

    async def wait(self, when, time, children):
        tasks = [self.create(*child) for child in children]
        limit = None if time is None else time / 8
        done, _ = await asyncio.wait(tasks, timeout=limit, return_when=when)
        for task in tasks:
            state = "done" if task in done else "pending"
            self.write(f"{task.get_name()} {state}")

    async def completed(self, time, children):
        tasks = [self.create(*child) for child in children]
        limit = None if time is None else time / 8
        for one in asyncio.as_completed(tasks, timeout=limit):
            await one
            self.write("next")

    async def gather(self, bodies):
        await asyncio.gather(*[self.run(body, None) for body in bodies])

    async def outcomes(self, bodies):
        coros = [self.run(body, None) for body in bodies]
        results = await asyncio.gather(*coros, return_exceptions=True)
        self.write(", ".join(text_of(result) for result in results))

    async def wait_for(self, time, body):
        await asyncio.wait_for(self.run(body, None), time / 8)

    # Around a body.

    async def group(self, _, body):
        async with TaskGroup() as inner:
            await self.run(body, inner)

    async def timeout(self, group, time, body):
        async with asyncio.timeout(time / 8):
            await self.run(body, group)

    async def catch(self, group, body):
        try:
            await self.run(body, group)
        except Exception as error:
            self.write(f"caught {text_of(error)}")

    async def swallow(self, group, body):
        try:
            await self.run(body, group)
        except asyncio.CancelledError:
            self.write("swallowed")

    async def clean_up(self, group, body, last):
        try:
            await self.run(body, group)
        finally:
            await self.run(last, group)


class Maker:
    """Makes random programs."""

    def __init__(self, rng):
        self.rng = rng
        self.tasks = 0
        self.failures = 0
        self.ended = []  # Tasks whose text has ended.

    def body(self, depth, grouped=False):
        count = self.rng.randint(1, 4)
        return [self.operation(depth, grouped) for _ in range(count)]

    def operation(self, depth, grouped):
        kinds = SIMPLE
        if depth > 0 and self.rng.random() < 0.7:
            kinds = SPAWNING if grouped else LARGE
        what = self.rng.choices([*kinds], [*kinds.values()])[0]
        return [what, *self.arguments(what, depth - 1, grouped)]

    def task(self, depth, grouped=False):
        self.tasks += 1
        name = f"t{self.tasks}"
        body = self.body(depth, grouped)
        self.ended.append(name)
        return [name, body]

    def arguments(self, what, depth, grouped):
        rng = self.rng
        count = rng.randint(1, 3)
        match what:
            case "sleep":
                return [self.time()]
            case "fail":
                self.failures += 1
                return [f"e{self.failures}"]
            case "cancel":
                number = rng.randint(0, self.tasks + 1)
                return [f"t{number}" if number > 0 else "main"]
            case "uncancel":
                return []
            case "join":
                return [rng.choice(self.ended or ["none yet"])]
            case "generator":
                steps = ["yield", "yield", "fail", 0, 1]
                steps = rng.choices(steps, k=rng.randint(0, 5))
                how = rng.choice(["close", "drop"])
                return [steps, rng.randint(0, 1), rng.randint(1, 4), how]
            case "spawn":
                return self.task(depth, True)
            case "shield":
                return self.task(depth)
            case "wait":
                when = rng.choice(WHEN)
                children = [self.task(depth) for _ in range(count)]
                return [when, self.limit(), children]
            case "completed":
                children = [self.task(depth) for _ in range(count)]
                for _, body in children:
                    body.insert(0, ["sleep", self.time()])
                return [self.limit(), children]
            case "gather" | "outcomes":
                return [[self.body(depth) for _ in range(count)]]
            case "wait_for":
                return [self.time(), self.body(depth)]
            case "timeout":
                return [self.time(), self.body(depth, grouped)]
            case "clean_up":
                return [self.body(depth, grouped), self.body(depth, grouped)]
        return [self.body(depth, grouped or what == "group")]

    def time(self):
        return self.rng.choice([0, 0, 1, 1, 2, 3, 5])

    def limit(self):
        return self.rng.choice([None, self.time()])


def lines_of(eager, body):
    loop = Loop()
    loop.set_exception_handler(lambda loop, context: None)
    if eager:
        loop.set_task_factory(asyncio.eager_task_factory)
    try:
        loop.run_until_complete(Program(loop).main(body))
    except asyncio.CancelledError:  # By itself, in its last stretch.
        loop.lines.append("cancelled")
    lines = list(loop.lines)
    loop.close()
    gc.collect()
    return lines


def main():
    gc.disable()
    events.TimerHandle = StableTimer
    sys.unraisablehook = lambda unraisable: None  # Of what is left behind.
    logging.disable()
    warnings.simplefilter("ignore")
    rng = random.Random(31)
    left = PROGRAMS
    while left > 0:
        eager = rng.random() < 0.4
        body = Maker(rng).body(rng.randint(2, 5))
        body = [["swallow", [["catch", [one]]]] for one in body]
        program = {"eager": eager, "body": body}
        if len(json.dumps(program)) > 1500:
            continue
        program["lines"] = lines_of(eager, body)
        if len(program["lines"]) < 12:
            continue
        print(json.dumps(program, separators=(",", ":")))
        left -= 1


if __name__ == "__main__":
    main()
