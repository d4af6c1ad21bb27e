"""Finds closures in co_await expressions that g++ 12 destroys twice.

A lambda is a temporary of the full-expression that it is written in. If that
expression awaits, and a capture has a destructor, g++ destroys the capture
once too often: the closure must be named first. What is captured is known only
by its declaration nearby, so only captures of types that are certain to have a
destructor are found, and nothing is found that is harmless.
"""
import re

# Types that have a destructor, and calls that return one of them.
_OWNERS = (
    r"std::(?:string|vector|deque|list|map|set|multimap"
    r"|multiset|function|any|shared_ptr|unique_ptr|weak_ptr|exception_ptr"
    r"|promise|future|ostringstream|istringstream|stringstream)\b"
    r"|absl::(?:AnyInvocable|Cord|Status|StatusOr|InlinedVector)\b"
    r"|(?:rondo::)?(?:Task|Future|Coro|Stream|Server|Handle|TimerHandle"
    r"|Outcome|Context)\b"
)
_OWNER = re.compile(rf"(?<![\w:])(?:{_OWNERS})")
_MAKER = re.compile(
    r"(?:std::make_(?:shared|unique)|(?:std::)?to_string"
    r"|CreateTask|CreateFuture)\s*[<(]"
)
# With template arguments, and theirs.
_ARGUMENTS = r"<(?:[^<>;{}()]|<(?:[^<>;{}()]|<[^<>;{}()]*>)*>)*>"
_TYPE = rf"[\w:]+(?:{_ARGUMENTS})?"
_INTRODUCER = re.compile(r"\[([^\[\]]*)\]\s*(?=[({<]|mutable\b|->)")
_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = {close: open_ for open_, close in _OPEN.items()}


def brackets(code):
    """The place of the other bracket, for each that has one."""
    others, opened = {}, []
    for at, char in enumerate(code):
        if char in _OPEN:
            opened.append(at)
        elif char in _CLOSE and opened and code[opened[-1]] == _CLOSE[char]:
            others[at] = opened.pop()
            others[others[at]] = at
    return others


def lambdas(code, others):
    """(start, captures, first and last brace of the body) of each lambda."""
    for match in _INTRODUCER.finditer(code):
        before = code[: match.start()].rstrip()
        word = re.search(r"\w+$", before)
        if word and word.group() not in ("return", "co_return", "co_await"):
            continue  # A subscript, or `auto [a, b]`.
        if before.endswith((")", "]", "&")) and not before.endswith("&&"):
            continue
        at = match.end()
        while at < len(code) and code[at] not in "{;)":
            at = others.get(at, at) + 1 if code[at] in "([" else at + 1
        if code[at : at + 1] == "{" and at in others:
            yield match.start(), match.group(1), at, others[at]


def begins_block(code, brace):
    """Whether the brace opens statements, and not a list of values."""
    before = code[:brace].rstrip()
    return not before or bool(
        re.search(r"([\])(;{}>:]|\b(else|do|try|mutable|noexcept))$", before)
    )


def expression_around(code, others, start, end):
    """The bounds of the full-expression that has what is at `start`..`end`."""
    first = start - 1
    while first >= 0 and code[first] != ";":
        if code[first] == "{" and begins_block(code, first):
            break
        if code[first] in _CLOSE and first in others:
            ended = code[first] == "}" and begins_block(code, others[first])
            if ended and not re.match(r"\s*[,).(]", code[first + 1 :]):
                break  # The end of a block before it.
            first = others[first]
        first -= 1
    first += 1
    last = end + 1
    while last < len(code) and code[last] != ";":
        if code[last] in _OPEN:
            last = others.get(last, last)
        elif code[last] == "}" and others.get(last, 0) < first:
            break
        last += 1
    # A condition is an expression of its own.
    header = r"\s*(?:else\b\s*)?(?:if|while|for|switch)\b[\s\w]*(?=\()"
    while match := re.compile(header).match(code, first):
        closing = others.get(match.end(), last)
        if closing > start:
            return first, closing
        first = closing + 1
    return first, last


def owns(capture, code, start):
    """Whether what a lambda at `start` captures surely has a destructor."""
    name, equals, value = (part.strip() for part in capture.partition("="))
    if name.startswith("&") or name in ("", "this", "*this"):
        return False
    if equals:
        moved = re.fullmatch(r"std::move\((\w+)\)", value)
        if not moved:
            return bool(_MAKER.match(value) or _OWNER.match(value))
        name = moved.group(1)
    declared = None
    for declared in re.finditer(
        rf"({_TYPE})([\s*&]+){re.escape(name)}\s*([=,;({{)])", code[:start]
    ):
        pass  # The last one.
    if declared is None or "*" in declared.group(2):
        return False
    if declared.group(1) == "auto":
        value = code[declared.end() :].lstrip()
        return declared.group(3) == "=" and bool(_MAKER.match(value))
    return bool(_OWNER.match(declared.group(1)))


def check_closures(source):
    if source.kind != "c++" or "co_await" not in source.code:
        return
    code = source.code
    others = brackets(code)
    found = list(lambdas(code, others))
    for start, captures, _, end in found:
        if not any(owns(c, code, start) for c in captures.split(",")):
            continue
        first, last = expression_around(code, others, start, end)
        text = list(code[first:last])
        for _, _, body, body_end in found:
            if first < body and body_end < last:
                text[body - first : body_end - first] = " " * (body_end - body)
        if re.search(r"\bco_await\b", "".join(text)):
            yield code.count("\n", 0, start) + 1, "closure-await", (
                "name the closure before the co_await expression: g++ destroys"
                " its captures twice"
            )
