"""Mutants of a module: its source with one check taken away, one boundary moved, one constant or argument changed.

A mutant is made on the syntax tree. Annotations, docstrings, decorators, imports and sentences for people are left as
they are, since they decide nothing.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

Replacement = tuple[str, ast.AST | None]
"""What is done, and the node that takes the place of the old one; `None` removes a statement."""

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_SILENT = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass, ast.JoinedStr)
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "decorator_list")
_TYPES = {"PublicKey", "Outcome", "TokenKind"}
"""Names of types that are made by an assignment."""

Path = tuple[tuple[str, int | None], ...]
"""The way from the module to a node: the names of fields, with an index where the field is a list."""


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    where: str
    """The function or class around it, `<module>` outside of any."""
    line: int
    last_line: int
    what: str
    """What the statement was and is, e.g. `if a < b: -> if a <= b:`; the same for the same code wherever it stands."""
    path: Path
    replacement: ast.AST | None

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.module} {self.where}: {self.what}"

    def compile(self, source: str, file: str) -> CodeType:
        """The module's code with the change."""
        tree = ast.parse(source)
        _replace(tree, self.path, self.replacement)
        return compile(ast.fix_missing_locations(tree), file, "exec")


def make_mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of the source, in its order; two with the same name are told apart by a number."""
    tree = ast.parse(source)
    mutants, seen = [], dict[str, int]()
    for path in _find_places(tree):
        for mutant in _mutate_place(module, tree, path):
            count = seen[mutant.name] = seen.get(mutant.name, 0) + 1
            mutants.append(mutant if count == 1 else replace(mutant, what=f"{mutant.what} #{count}"))
    return mutants


def _find_places(tree: ast.Module) -> Iterator[Path]:
    """The way to each node that may be changed, outermost first."""
    waiting: list[Path] = [()]
    while waiting:
        path = waiting.pop()
        node = _follow(tree, path)
        yield path
        waiting += reversed([(*path, step) for step in _inner_steps(node)])


def _inner_steps(node: ast.AST) -> Iterator[tuple[str, int | None]]:
    """The fields below a node that hold code which decides something."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases", "cause"}:
            continue
        if isinstance(node, ast.ClassDef) and field == "keywords":
            continue
        if _is_cast(node) and field == "args":
            yield field, 1
            continue
        if isinstance(value, ast.AST) and not _is_silent(value):
            yield field, None
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_silent(item):
                    yield field, index


def _is_silent(node: ast.AST) -> bool:
    """Whether a node holds nothing that decides: an import, a docstring, a declaration, a sentence, a type's name."""
    if isinstance(node, _SILENT) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_declaration(node)


def _is_cast(node: ast.AST) -> bool:
    """Whether a call only tells a type checker something; what it tells decides nothing."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast"


def _is_declaration(node: ast.Assign) -> bool:
    """Whether an assignment only names a type or lists what a module gives."""
    name = ast.unparse(node.targets[0])
    return name == "__all__" or name in _TYPES or ast.unparse(node.value).startswith("TypeVar(")


def _follow(tree: ast.AST, path: Path) -> Any:
    node: Any = tree
    for field, index in path:
        value = getattr(node, field)
        node = value if index is None else value[index]
    return node


def _mutate_place(module: str, tree: ast.Module, path: Path) -> Iterator[Mutant]:
    node = _follow(tree, path)
    replacements = list(_replacements(node))
    if not replacements:
        return
    length = _statement_length(tree, path)
    statement, inside = _follow(tree, path[:length]), path[length:]
    where, before = ".".join(_scopes(tree, path)) or "<module>", _head(statement)
    for label, replacement in replacements:
        if inside:
            changed = _without_blocks(statement)
            _replace(changed, inside, replacement)
            after = _head(changed)
        else:
            after = label if replacement is None else _head(replacement)
        lines = statement.lineno, _last_line(statement)
        yield Mutant(module, where, *lines, f"{before} -> {after}", path, replacement)


def _replace(tree: ast.AST, path: Path, replacement: ast.AST | None) -> None:
    parent = _follow(tree, path[:-1])
    field, index = path[-1]
    new = ast.Pass() if replacement is None else replacement
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new


def _statement_length(tree: ast.AST, path: Path) -> int:
    """How much of the way leads to the innermost statement (or handler) around the node."""
    lengths = range(len(path) + 1)
    return max(length for length in lengths if isinstance(_follow(tree, path[:length]), ast.stmt | ast.excepthandler))


def _last_line(statement: Any) -> int:
    """The last line of a statement's own, before its block."""
    body = getattr(statement, "body", None)
    return max(statement.lineno, body[0].lineno - 1) if isinstance(body, list) else statement.end_lineno or 0


def _scopes(tree: ast.AST, path: Path) -> list[str]:
    nodes = [_follow(tree, path[:length]) for length in range(len(path) + 1)]
    return [node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]


def _without_blocks(node: ast.AST) -> ast.AST:
    """A copy of a statement's own line, without what is inside its block."""
    changed = copy.copy(node)
    for field in _BLOCKS:
        if isinstance(getattr(node, field, None), list):
            setattr(changed, field, [])
    return copy.deepcopy(changed)


def _head(node: ast.AST) -> str:
    if isinstance(node, ast.Try):
        return "try:"
    return ast.unparse(ast.fix_missing_locations(_without_blocks(node)))


def _replacements(node: ast.AST) -> Iterator[Replacement]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
    elif isinstance(node, ast.ExceptHandler):
        if isinstance(node.type, ast.Tuple):
            for rest in _without_one(node.type.elts):
                handler = copy.copy(node)
                handler.type = ast.Tuple(rest, ast.Load())
                yield "fewer exceptions", handler
    elif isinstance(node, ast.comprehension):
        for rest in _without_one(node.ifs):
            yield "fewer conditions", ast.comprehension(node.target, node.iter, rest, node.is_async)
    elif isinstance(node, ast.expr):
        yield from _of_expression(node)


def _of_statement(node: ast.stmt) -> Iterator[Replacement]:
    match node:
        case ast.Raise() | ast.AugAssign() | ast.Delete():
            yield "nothing", None
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "nothing", None
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield "nothing", None
        case ast.If(test=test) | ast.While(test=test):
            for label, new in _of_condition(test):
                changed = copy.copy(node)
                changed.test = new
                yield label, changed
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "return None", ast.Return(ast.Constant(None))
        case ast.Continue():
            yield "break", ast.Break()
        case ast.Break():
            yield "continue", ast.Continue()


def _of_condition(test: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    yield "always", ast.Constant(value=True)
    yield "never", ast.Constant(value=False)
    if not isinstance(test, ast.Compare | ast.BoolOp):
        yield "the contrary", ast.UnaryOp(ast.Not(), test)


def _of_expression(node: ast.expr) -> Iterator[Replacement]:
    match node:
        case ast.IfExp():
            for label, test in _of_condition(node.test):
                yield label, ast.IfExp(test, node.body, node.orelse)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "without the sign", node.operand
        case ast.BinOp() if type(node.op) in _OPERATORS:
            yield "another operator", ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
        case ast.Constant():
            yield from _of_constant(node.value)
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.BoolOp():
            yield from _of_alternatives(node)
        case ast.Call():
            yield from _of_call(node)
        case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
            yield from _of_collection(node)


def _of_alternatives(node: ast.BoolOp) -> Iterator[Replacement]:
    for rest in _without_one(node.values):
        yield "one less", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    yield "and for or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _of_collection(node: ast.Tuple | ast.List | ast.Set | ast.Dict) -> Iterator[Replacement]:
    if isinstance(node, ast.Dict):
        for keys, values in zip(_without_one(node.keys), _without_one(node.values), strict=True):
            yield "one entry less", ast.Dict(keys, values)
    elif isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load):
        for rest in _without_one(node.elts):
            changed = copy.copy(node)
            changed.elts = rest
            yield "one element less", changed


def _of_comparison(node: ast.Compare) -> Iterator[Replacement]:
    for index, operator in enumerate(node.ops):
        for table in (_NEGATED, _BOUNDARY):
            if type(operator) in table:
                operators = [*node.ops[:index], table[type(operator)](), *node.ops[index + 1 :]]
                yield "another comparison", ast.Compare(node.left, operators, node.comparators)


def _of_constant(value: object) -> Iterator[Replacement]:
    others: list[object] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int | float):
        others = [value + 1, value - 1]
    elif isinstance(value, str) and not _is_sentence(value):
        others = [value + "X"] if value else ["X"]
    elif isinstance(value, bytes):
        others = [value + b"X"]
    for other in others:
        yield "another constant", ast.Constant(other)


def _is_sentence(text: str) -> bool:
    """Whether a text is for people: it has words, or an end."""
    return " " in text.strip() or text.endswith(".")


def _is_text_for_people(node: ast.expr) -> bool:
    is_sentence = isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_sentence(node.value)
    return is_sentence or isinstance(node, ast.JoinedStr)


def _of_call(node: ast.Call) -> Iterator[Replacement]:
    if _is_cast(node):
        return
    for rest, dropped in zip(_without_one(node.args), node.args, strict=True):
        if not _is_text_for_people(dropped):
            yield "one argument less", ast.Call(node.func, rest, node.keywords)
    for keywords in _without_one(node.keywords):
        yield "one argument less", ast.Call(node.func, node.args, keywords)


def _without_one(items: list) -> Iterator[list]:  # type: ignore[type-arg]
    return (items[:index] + items[index + 1 :] for index in range(len(items)))
