# SPDX-License-Identifier: Apache-2.0
"""A phone that speaks ActiveSync 14.1: as much of WBXML (MS-ASWBXML) as a mailbox needs, and one device of one user."""
from support.phone import Phone, eas
from support.server import wait_until

_HEAD = b"\x03\x01\x6a\x00"  # WBXML 1.3, an unknown public identifier, UTF-8, no string table
_SWITCH_PAGE, _END, _STRING, _OPAQUE = 0x00, 0x01, 0x03, 0xC3
_HAS_CONTENT = 0x40

# {name of the page: (its number, {tag: token})}, of MS-ASWBXML 2.1.2.1.
_PAGES = {
    "AirSync": (0, {"Sync": 0x05, "Add": 0x07, "SyncKey": 0x0B, "ServerId": 0x0D, "Status": 0x0E, "Collection": 0x0F,
                    "CollectionId": 0x12, "GetChanges": 0x13, "WindowSize": 0x15, "Commands": 0x16, "Options": 0x17,
                    "Collections": 0x1C, "ApplicationData": 0x1D, "MIMESupport": 0x22}),
    "Email": (2, {"Subject": 0x14}),
    "FolderHierarchy": (7, {"DisplayName": 0x07, "ServerId": 0x08, "Type": 0x0A, "Status": 0x0C, "Add": 0x0F, "SyncKey": 0x12,
                            "FolderSync": 0x16}),
    "Ping": (13, {"Ping": 0x05, "Status": 0x07, "HeartbeatInterval": 0x08, "Folders": 0x09, "Folder": 0x0A, "Id": 0x0B,
                  "Class": 0x0C}),
    "Provision": (14, {"Provision": 0x05, "Policies": 0x06, "Policy": 0x07, "PolicyType": 0x08, "Status": 0x0B}),
    "AirSyncBase": (17, {"BodyPreference": 0x05, "Type": 0x06, "Body": 0x0A, "Data": 0x0B}),
    "ComposeMail": (21, {"SendMail": 0x05, "Mime": 0x10, "ClientId": 0x11}),
}
_TOKENS = {f"{page}:{tag}": (number, token) for page, (number, tags) in _PAGES.items() for tag, token in tags.items()}
_NAMES = {place: name for name, place in _TOKENS.items()}

INBOX = "2"  # FolderHierarchy:Type


def _multi_byte(number):
    made = [number & 0x7F]
    while number := number >> 7:
        made.insert(0, 0x80 | number & 0x7F)
    return bytes(made)


def encode(*element):
    """("Ping:Ping", ("Ping:HeartbeatInterval", "60"), …): a name, and text, bytes or elements."""
    page = 0

    def write(name, *content):
        nonlocal page
        number, token = _TOKENS[name]
        made = bytes([_SWITCH_PAGE, number]) if number != page else b""
        page = number
        if not content:
            return made + bytes([token])
        made += bytes([token | _HAS_CONTENT])
        for each in content:
            if isinstance(each, bytes):
                made += bytes([_OPAQUE]) + _multi_byte(len(each)) + each
            elif isinstance(each, str):
                made += bytes([_STRING]) + each.encode("utf-8") + b"\0"
            else:
                made += write(*each)
        return made + bytes([_END])
    return _HEAD + write(*element)


def decode(document):
    """[(path of names, text)] of every element, in order; "page.token" for one that is not in the tables."""
    if not document.startswith(_HEAD):
        raise AssertionError(f"no WBXML: {document[:80]!r}")
    found, path, page, at = [], [], 0, len(_HEAD)
    while at < len(document):
        byte = document[at]
        at += 1
        if byte == _SWITCH_PAGE:
            page, at = document[at], at + 1
        elif byte == _END:
            path.pop()
        elif byte == _STRING:
            end = document.index(0, at)
            found[path[-1]][1], at = document[at:end].decode("utf-8"), end + 1
        elif byte == _OPAQUE:
            length = 0
            while True:
                length, more, at = length << 7 | document[at] & 0x7F, document[at] & 0x80, at + 1
                if not more:
                    break
            found[path[-1]][1], at = document[at:at + length].decode("utf-8"), at + length
        else:
            found.append([_NAMES.get((page, byte & 0x3F), f"{page}.{byte & 0x3F:02x}"), ""])
            if byte & _HAS_CONTENT:
                path.append(len(found) - 1)
    if path:
        raise AssertionError(f"it ends within {[found[each][0] for each in path]}")
    return [tuple(each) for each in found]


def texts(document, name):
    """What every element of this name says."""
    return [text for each, text in decode(document) if each == name]


def text(document, name):
    """What the first says."""
    return (texts(document, name) + [None])[0]


def request(login, device, command, document=b"", password=None, fields=(), **more):
    target = f"/Microsoft-Server-ActiveSync?Cmd={command}&User={login}&DeviceId={device}&DeviceType=Test"
    kind = ("Content-Type: application/vnd.ms-sync.wbxml",) if document else ()
    return eas(login, password, target=target, fields=(*kind, *fields), body=document, **more)


class Device:
    """One device of a user, on one connection to eas451."""

    def __init__(self, server, login, name):
        self.login, self.name = login, name
        self.phone = Phone(server)
        self.inbox = None
        self._key = "0"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.phone.close()

    def request(self, command, document=b"", **more):
        return request(self.login, self.name, command, document, **more)

    def ask(self, command, *element, **more):
        """The document of the answer, which has to be 200."""
        answer = self.phone.ask(self.request(command, encode(*element), **more))
        if answer.status != 200:
            raise AssertionError(answer.raw[:2000])
        return answer.body

    def sync_folders(self):
        """FolderSync from the beginning; returns its document."""
        document = self.ask("FolderSync", "FolderHierarchy:FolderSync", ("FolderHierarchy:SyncKey", "0"))
        kinds, ids = texts(document, "FolderHierarchy:Type"), texts(document, "FolderHierarchy:ServerId")
        self.inbox = ids[kinds.index(INBOX)]
        return document

    def sync(self):
        """One Sync of the inbox; b"" when there is nothing new."""
        options = ("AirSync:Options", ("AirSync:MIMESupport", "2"), ("AirSyncBase:BodyPreference", ("AirSyncBase:Type", "4")))
        changes = () if self._key == "0" else (("AirSync:GetChanges",), options)
        document = self.ask("Sync", "AirSync:Sync", ("AirSync:Collections", (
            "AirSync:Collection", ("AirSync:SyncKey", self._key), ("AirSync:CollectionId", self.inbox), *changes)))
        if document:
            self._key = text(document, "AirSync:SyncKey")
        return document

    def sync_until_empty(self):
        """Every document on the way, of which the first may be that of a new key."""
        documents = []

        def one_more():
            documents.append(self.sync())
            return not documents[-1]
        wait_until(one_more, "a Sync brings nothing new")
        return documents[:-1]

    def ping_request(self, heartbeat):
        return self.request("Ping", encode("Ping:Ping", ("Ping:HeartbeatInterval", str(heartbeat)), (
            "Ping:Folders", ("Ping:Folder", ("Ping:Id", self.inbox), ("Ping:Class", "Email")))))
