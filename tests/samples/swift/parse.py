"""Parses a Swift file with tree-sitter's grammar and names what is no Swift. It knows no types."""

import sys

import tree_sitter_swift
from tree_sitter import Language, Parser


def faults(node):
    if node.is_error or node.is_missing:
        yield f"{node.start_point.row + 1}:{node.start_point.column + 1}: {node.type}: {node.text.decode()[:60]!r}"
    for child in node.children:
        yield from faults(child)


with open(sys.argv[1], "rb") as file:
    found = list(faults(Parser(Language(tree_sitter_swift.language())).parse(file.read()).root_node))
print("\n".join(found) or "no faults")
sys.exit(1 if found else 0)
