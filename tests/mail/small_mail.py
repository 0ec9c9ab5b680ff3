"""Small mails for tests."""

from __future__ import annotations


def mail(*fields: str, body: str | bytes = "Hello\n", eol: bytes = b"\n") -> bytes:
    """A mail of these header lines; `From` and `Subject` are added where they are not given."""
    names = {field.partition(":")[0].lower() for field in fields}
    given = list(fields)
    if "from" not in names:
        given.append("From: Ada <ada@example.org>")
    if "subject" not in names:
        given.append("Subject: Printer on fire")
    head = "".join(f"{field}\n" for field in given).encode("utf-8", "surrogateescape")
    content = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    return (head + b"\n" + content).replace(b"\n", eol)


def part(*fields: str, body: str | bytes = "Hello\n") -> bytes:
    """A part: header lines, a blank line, its body."""
    content = body.encode("utf-8", "surrogateescape") if isinstance(body, str) else body
    return "".join(f"{field}\n" for field in fields).encode("utf-8", "surrogateescape") + b"\n" + content


def multipart(kind: str, *parts: bytes, boundary: str = "b", fields: tuple[str, ...] = ()) -> bytes:
    """A mail of parts, e.g. `multipart("mixed", part(...), part(...))`."""
    return mail(
        "MIME-Version: 1.0",
        f'Content-Type: multipart/{kind}; boundary="{boundary}"',
        *fields,
        body=joined(boundary, *parts),
    )


def joined(boundary: str, *parts: bytes) -> bytes:
    """Parts between their delimiters."""
    line = b"--" + boundary.encode()
    return b"".join(line + b"\n" + each + b"\n" for each in parts) + line + b"--\n"
