"""Shows the tasks of a stopped or crashed program in gdb.

    (gdb) source tools/rondo_gdb.py
    (gdb) rondo tasks           every unfinished task of every loop
    (gdb) rondo tasks NAME      only those with this name
    (gdb) rondo loops           every loop, and how much it has to do

Reads memory and calls nothing, so a core file will do, and a process that was
stopped in the middle of anything. The program must have been compiled with -g
(Bazel: -c dbg, or --copt=-g).
"""
import re

import gdb

PREFIX = "rondo::internal::"
STARTED = 1 << 9  # Node::kStarted
MOST_FRAMES = 10000  # Of one task: memory that was overwritten may be a ring.


class Unreadable(Exception):
    """What there is cannot be shown: the text says why."""


def lookup(name):
    try:
        return gdb.lookup_type(PREFIX + name)
    except gdb.error as error:
        raise Unreadable(
            f"no type {PREFIX + name}: rondo is not in this program, or was"
            " compiled without -g"
        ) from error


def pointer(value, name):
    """The value, or an address, as a pointer to rondo::internal::name."""
    return value.cast(lookup(name).pointer())


def text_of(string):
    """A std::string."""
    data = string["_M_dataplus"]["_M_p"]
    size = int(string["_M_string_length"])
    return data.string("utf-8", "replace", length=size)


def place_of(where):
    """(function, file, line) of a std::source_location."""
    impl = where["_M_impl"]
    if int(impl) == 0:
        return "?", "?", 0
    return (
        impl["_M_function_name"].string(),
        short(impl["_M_file_name"].string()),
        int(impl["_M_line"]),
    )


def short(path):
    """Without what Bazel puts before a source's own path."""
    _, found, rest = path.partition("_virtual_includes/")
    return rest.partition("/")[2] if found else path


def cores():
    """The cores of the process's loops, in the order of creation."""
    lookup("LoopCore")
    symbol = gdb.lookup_global_symbol(PREFIX + "all_cores")
    if symbol is None:
        raise Unreadable("no rondo::internal::all_cores in this program")
    core = symbol.value()
    if int(core) == 0:
        return
    while int(core) != 0:
        yield core.dereference()
        core = core["next_core"]


def tasks(core):
    """Pointers to a loop's unfinished tasks, in the order of creation."""
    task = core["tasks_first"]
    while int(task) != 0:
        yield task
        task = task["next_task_"]


def name_of(task):
    info = int(task["info_"])
    if info & 1:
        return f"Task-{info >> 1}"
    if info == 0:
        return "(unnamed)"
    return text_of(pointer(task["info_"], "NodeInfo")["name"])


def frame_address(handle):
    return int(handle["_M_fr_ptr"])


def awaiter_of(frame):
    """The awaiter in the frame that waits for this one; null if none does."""
    # The promise comes behind the two functions, of resumption and the end.
    address = gdb.Value(frame + 16)
    return pointer(address, "PromiseBase")["awaiter"]


def stack_of(task):
    """(function, file, line), outermost first."""
    frames = []
    if int(task["point_"]) != 0:
        frames.append(place_of(task["point_"]["where"]))
    frame = frame_address(task["innermost_"])
    while frame != 0 and len(frames) < MOST_FRAMES:
        awaiter = awaiter_of(frame)
        if int(awaiter) == 0:
            break
        frames.append(place_of(awaiter["where"]))
        frame = frame_address(awaiter["parent"])
    frames.reverse()
    return frames


def future_text(future):
    """What FutureCore::Describe says, as far as memory has it."""
    if bool(future["is_task_"]):
        return "task " + name_of(pointer(future, "TaskCore"))
    kind = class_of(future)
    if kind == PREFIX + "Waiter":
        waiter = pointer(future, "Waiter")
        gone = " that is gone" if int(waiter["list"]) == 0 else ""
        return waiter["what"].string() + gone
    if kind.startswith(PREFIX + "GatherState<"):
        return "a gather" + gathered(future, kind)
    return "a future"


def class_of(future):
    """The class of which it is, by the name of its table of functions."""
    # Not dynamic_type: the table itself need not be in a core file.
    table = int(future.cast(gdb.lookup_type("long").pointer())[0])
    symbol = gdb.execute(f"info symbol {table:#x}", to_string=True)
    match = re.match(r"vtable for (.*) \+ \d+", symbol)
    return match.group(1) if match else ""


def gathered(gather, kind):
    """How many it gathers; empty if the compiler has spelt its type otherwise
    than the linker."""
    try:
        vector = gather.cast(gdb.lookup_type(kind).pointer())["children_"]
    except gdb.error:
        return ""
    ends = vector["_M_impl"]
    return f" of {int(ends['_M_finish'] - ends['_M_start'])}"


def awaited(task, core):
    if int(core["current_task"]) == int(task):
        return "nothing: it runs"
    point = task["point_"]
    if int(point) == 0:
        started = int(task["flags_"]) & STARTED
        return "nothing: it runs" if started else "its first step"
    future = point["future"]
    if int(future) == 0:
        return "its next turn"
    state = str(future["state_"]).rsplit("::", 1)[-1]
    done = "" if state == "kPending" else ", which is done"
    return future_text(future) + done


def loop_title(core):
    states = [
        state
        for state in ("running", "closed", "inert", "debug")
        if bool(core[state])
    ]
    number = int(core["serial"])
    return f"loop {number}" + (f" ({', '.join(states)})" if states else "")


def show_tasks(name):
    shown = 0
    for core in cores():
        members = [t for t in tasks(core) if not name or name_of(t) == name]
        if not members:
            continue
        print(f"{loop_title(core)}:")
        for task in members:
            shown += 1
            print(f"  task {name_of(task)} waits for {awaited(task, core)}")
            for function, path, line in stack_of(task):
                print(f"    at {path}:{line} in {function}")
    if shown == 0:
        print(f"no unfinished task {name}" if name else "no unfinished tasks")


def count_ready(core):
    count = 0
    node = core["ready_head"]
    while int(node) != 0:
        count += 1
        node = node["next"]
    return count


def show_loops():
    found = False
    for core in cores():
        found = True
        print(
            f"{loop_title(core)}: {count_ready(core)} ready,"
            f" {int(core['timers']['live_'])} timers,"
            f" {sum(1 for _ in tasks(core))} tasks"
        )
    if not found:
        print("no loops")


class Rondo(gdb.Command):
    """Shows rondo's event loops and tasks: rondo tasks [NAME], rondo loops."""

    def __init__(self):
        super().__init__("rondo", gdb.COMMAND_DATA, prefix=True)


class Reader(gdb.Command):
    def invoke(self, argument, from_tty):
        try:
            self.show(argument.strip())
        except (Unreadable, gdb.error) as error:
            raise gdb.GdbError(f"{self.name}: {error}") from error


class RondoTasks(Reader):
    """Shows unfinished tasks, where they wait, and for what.

rondo tasks [NAME]"""

    name = "rondo tasks"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def show(self, argument):
        show_tasks(argument)


class RondoLoops(Reader):
    """Shows the process's event loops, in the order of creation."""

    name = "rondo loops"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def show(self, argument):
        if argument:
            raise Unreadable("takes no argument")
        show_loops()


Rondo()
RondoTasks()
RondoLoops()
