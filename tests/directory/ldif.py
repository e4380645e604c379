# SPDX-License-Identifier: Apache-2.0
"""Writing LDIF (RFC 2849) and distinguished names (RFC 4514)."""
import base64
import re

# What may stand in a line as it is; all else goes in base64.
_SAFE = re.compile(r"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )\Z")


def line(name, value):
    """One attribute with its value: text, bytes, a number or a truth value."""
    if isinstance(value, bool):
        value = "TRUE" if value else "FALSE"
    raw = value if isinstance(value, bytes) else str(value).encode()
    if not isinstance(value, bytes) and _SAFE.match(str(value)):
        return f"{name}: {value}\n"
    return f"{name}:: {base64.b64encode(raw).decode()}\n"


def record(dn, *attributes):
    """One entry. A list is an attribute of several values; None is none."""
    lines = [line("dn", dn)]
    for name, values in attributes:
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if value is not None:
                lines.append(line(name, value))
    return "".join(lines) + "\n"


def rdn_value(text):
    """The value of an RDN with what has a meaning in a distinguished name escaped."""
    text = re.sub(r'([\\,+"<>;=])', r"\\\1", text)
    text = re.sub(r"^([ #])", r"\\\1", text)
    return re.sub(r" \Z", r"\\ ", text)


def first_rdn_value(dn):
    """The value of the first RDN of a DN, without its escapes."""
    value = re.match(r"[^=]+=((?:\\.|[^\\,])*)", dn, re.DOTALL).group(1)
    return re.sub(r"\\(.)", r"\1", value)
