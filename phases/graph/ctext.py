# SPDX-License-Identifier: BSD-2-Clause
"""Bits of C source text: string literals, argument lists, designated initialisers."""

import re

STRING = r'"(?:[^"\\\n]|\\.)*"'
CHARACTER = r"'(?:[^'\\\n]|\\.)*'"
STRINGS = re.compile(rf"\s*(?:{STRING}\s*)+")
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
SEPARATOR = re.compile(rf"{STRING}|{CHARACTER}|[(){{}}\[\],]")
# What most declarations are: two names, and perhaps a string.
SIMPLE = re.compile(rf"\s*(\w+)\s*,\s*(\w+)\s*(?:,\s*({STRING})\s*)?\)")
DESIGNATOR = re.compile(r"\s*\.\s*([A-Za-z_]\w*)\s*=\s*(.*)", re.DOTALL)


def decode_string(text):
    """The value of one or more adjacent string literals; None where text is anything else."""
    inner = text[1:-1]
    if text == f'"{inner}"' and not any(char in inner for char in '"\\\n'):
        return inner
    if not STRINGS.fullmatch(text):
        return None
    return "".join(ESCAPE.sub(decode_escape, part[1:-1]) for part in re.findall(STRING, text))


def decode_escape(match):
    code = match.group(1)
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16) & 0xFF)
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return ESCAPED.get(code, code)


def encode_string(text):
    """`text` as a C string literal."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 0x20 <= byte < 0x7F:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def comment_text(text):
    """`text` made fit to stand in a C comment."""
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())


def split_arguments(text, start=0):
    """
    Splits at the commas of the outermost level, up to the parenthesis that closes this level or
    the end of the text. Gives back the parts, stripped, and where it stopped; None where a
    parenthesis stays open.
    """
    if simple := SIMPLE.match(text, start):
        return [part for part in simple.groups() if part is not None], simple.end()
    parts, begin, depth = [], start, 0
    for match in SEPARATOR.finditer(text, start):
        token = match.group()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            if depth == 0:
                return parts + [text[begin:match.start()].strip()], match.end()
            depth -= 1
        elif token == "," and depth == 0:
            parts.append(text[begin:match.start()].strip())
            begin = match.end()
    if depth:
        return parts, None
    return parts + [text[begin:].strip()], len(text)


def designated(parts):
    """`.name = value` parts as a dictionary of raw texts; None where a part is anything else."""
    values = {}
    for part in parts:
        match = DESIGNATOR.fullmatch(part)
        if match:
            values[match.group(1)] = match.group(2).strip()
        elif part:
            return None
    return values
