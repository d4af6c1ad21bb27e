#!/usr/bin/env python3.13
"""Random trees of task groups and timeouts, and what CPython made of them.

    traces/asyncio/trees.py > traces/asyncio/trees.txt

Each line of the output is a program and the lines that it wrote, in JSON. A
program is a list of operations, some of which hold lists themselves; `run`
says what they do, and Run in tests/conformance/trees.cc does the same. Times
are eighths of a second, in virtual time. A line is the turn of the loop, the
task's name (- if it has none of the program's) and a text.

What CPython leaves open is pinned: tasks of a group are cancelled in the order
of creation, timers with equal deadlines fire in the order of registration. An
eager task that is done already is told to its group as from 3.13.2.
"""
import asyncio
import itertools
import json
import logging
import random
import selectors
import sys
import warnings
from asyncio import events

PROGRAMS = 250


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
    if isinstance(error, BaseExceptionGroup):
        members = ", ".join(text_of(one) for one in error.exceptions)
        return f"{type(error).__name__}[{members}]"
    return f"AppError({error})" if isinstance(error, AppError) else (
        type(error).__name__
    )


class Program:
    def __init__(self, loop):
        self.loop = loop
        self.tasks = {}

    def write(self, text):
        task = asyncio.current_task()
        names = (name for name, one in self.tasks.items() if one is task)
        name = next(names, "-")
        self.loop.lines.append(f"{self.loop.turn} {name} {text}")

    async def steps(self, steps, pause):
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

    async def consume(self, steps, pause, most, how):
        generator = self.steps(steps, pause)
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

    async def spawn(self, group, name, body):
        coro = self.run(body, group, name)
        try:
            task = group.create_task(coro, name=name)
        except RuntimeError:
            self.write(f"{name} refused")
            return
        self.tasks[name] = task
        self.write(f"{name} {'done' if task.done() else 'pending'}")

    async def run(self, body, group, name=None):
        if name is not None:
            self.tasks[name] = asyncio.current_task()
        for what, *rest in body:
            if what == "sleep":
                await asyncio.sleep(rest[0] / 8)
                self.write("slept")
            elif what == "fail":
                raise AppError(rest[0])
            elif what == "cancel":
                task = self.tasks.get(rest[0])
                if task is not None:
                    self.write(f"cancels {rest[0]} {int(task.cancel())}")
            elif what == "uncancel":
                self.write(f"uncancel {asyncio.current_task().uncancel()}")
            elif what == "spawn":
                await self.spawn(group, *rest)
            elif what == "generator":
                await self.consume(*rest)
            else:
                await self.compound(what, rest, group)
                count = asyncio.current_task().cancelling()
                self.write(f"after {what}, cancelling {count}")

    async def compound(self, what, rest, group):
        if what == "group":
            async with TaskGroup() as inner:
                await self.run(rest[0], inner)
        elif what == "timeout":
            async with asyncio.timeout(rest[0] / 8):
                await self.run(rest[1], group)
        elif what == "wait_for":
            await asyncio.wait_for(self.run(rest[1], None), rest[0] / 8)
        elif what == "gather":
            await asyncio.gather(*[self.run(one, None) for one in rest[0]])
        elif what == "try":
            try:
                await self.run(rest[0], group)
            except Exception as error:
                self.write(f"caught {text_of(error)}")
        elif what == "swallow":
            try:
                await self.run(rest[0], group)
            except asyncio.CancelledError:
                self.write("swallowed")
        elif what == "finally":
            try:
                await self.run(rest[0], group)
            finally:
                await self.run(rest[1], group)

    async def main(self, body):
        try:
            await self.run(body, None, "main")
            self.write("ended")
        except BaseException as error:
            self.write(text_of(error))


class Maker:
    """Makes random programs."""

    SIMPLE = ["sleep"] * 5 + ["cancel"] * 2 + ["fail", "uncancel"]
    NESTED = ["group"] * 4 + ["timeout"] * 2 + ["try"] * 2
    NESTED += ["wait_for", "gather", "swallow", "finally", "generator"]

    def __init__(self, rng):
        self.rng = rng
        self.tasks = 0
        self.failures = 0

    def body(self, depth, grouped):
        count = self.rng.randint(1, 4)
        return [self.operation(depth, grouped) for _ in range(count)]

    def operation(self, depth, grouped):
        if depth == 0 or self.rng.random() < 0.3:
            what = self.rng.choice(self.SIMPLE)
        else:
            what = self.rng.choice(self.NESTED + ["spawn"] * 6 * grouped)
        return [what, *self.arguments(what, depth - 1, grouped)]

    def arguments(self, what, depth, grouped):
        rng = self.rng
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
            case "spawn":
                self.tasks += 1
                return [f"t{self.tasks}", self.body(depth, True)]
            case "timeout":
                return [self.time(), self.body(depth, grouped)]
            case "wait_for":
                return [self.time(), self.body(depth, False)]
            case "gather":
                count = rng.randint(1, 3)
                return [[self.body(depth, False) for _ in range(count)]]
            case "generator":
                steps = rng.choices(
                    ["yield", "yield", "fail", 0, 1], k=rng.randint(0, 5)
                )
                how = rng.choice(["close", "drop"])
                return [steps, rng.randint(0, 1), rng.randint(1, 4), how]
            case "finally":
                return [self.body(depth, grouped), self.body(depth, grouped)]
        return [self.body(depth, grouped or what == "group")]

    def time(self):
        return self.rng.choice([0, 0, 1, 1, 2, 3, 5])


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
    return lines


def main():
    events.TimerHandle = StableTimer
    sys.unraisablehook = lambda unraisable: None  # Of what is left behind.
    logging.disable()
    warnings.simplefilter("ignore")
    rng = random.Random(31)
    left = PROGRAMS
    while left > 0:
        eager = rng.random() < 0.4
        body = Maker(rng).body(rng.randint(2, 5), False)
        body = [["swallow", [["try", [one]]]] for one in body]
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
