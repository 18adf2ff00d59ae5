"""Just enough of ELF to tell what a program asks of the machine it runs on: its processor, libraries and glibc."""

import struct

PROCESSORS = {0x3E: "x86_64", 0xB7: "arm64"}
SHT_DYNAMIC, SHT_GNU_VERNEED = 6, 0x6FFFFFFE
DT_NEEDED = 1


class NotElf(Exception):
    """The file is no 64-bit little-endian ELF program, or lacks what a dynamically linked one has."""


class NotLoadable(Exception):
    """No glibc can be named that has what the program needs."""


class Program:
    """A program's bytes, read once."""

    def __init__(self, data):
        if data[:6] != b"\x7fELF\x02\x01":
            raise NotElf("it is no 64-bit little-endian ELF file")
        self.data = data
        (machine,) = struct.unpack_from("<H", data, 18)
        self.processor = PROCESSORS.get(machine, f"machine {machine}")
        (start,) = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        # Of each section header: type, offset, size, and which section it is linked with.
        headers = [struct.unpack_from("<4xI16xQQI", data, start + index * size) for index in range(count)]
        self.sections = [dict(zip(("type", "offset", "size", "link"), header)) for header in headers]

    def libraries(self):
        """The shared libraries it is linked with."""
        section = self._section(SHT_DYNAMIC)
        entries = struct.iter_unpack("<qQ", self.data[section["offset"] : section["offset"] + section["size"]])
        return [self._text(section, value) for tag, value in entries if tag == DT_NEEDED]

    def versions(self):
        """The versions of symbols that it needs, by library: {"libc.so.6": {"GLIBC_2.17", …}}."""
        section = self._section(SHT_GNU_VERNEED)
        needed = {}
        position = section["offset"]
        while True:
            count, file, first, following = struct.unpack_from("<2xHIII", self.data, position)
            names = needed.setdefault(self._text(section, file), set())
            entry = position + first
            for _ in range(count):
                name, next_entry = struct.unpack_from("<8xII", self.data, entry)
                names.add(self._text(section, name))
                entry += next_entry
            if following == 0:
                return needed
            position += following

    def glibc(self):
        """The oldest glibc that has every symbol it needs, as (2, 17)."""
        names = [name for names in self.versions().values() for name in names if name.startswith("GLIBC_")]
        if not names:
            raise NotElf("it needs no version of glibc")
        numbers = {name: name.removeprefix("GLIBC_").split(".") for name in names}
        # GLIBC_ABI_DT_RELR, which glibc has since 2.36, and GLIBC_PRIVATE, which only that very glibc has.
        unnumbered = sorted(name for name, parts in numbers.items() if not all(part.isdecimal() for part in parts))
        if unnumbered:
            raise NotLoadable(", ".join(unnumbered))
        return max(tuple(map(int, parts)) for parts in numbers.values())

    def _section(self, kind):
        for section in self.sections:
            if section["type"] == kind:
                return section
        raise NotElf(f"it has no section of type {kind:#x}: it is not linked dynamically, or its headers were stripped")

    def _text(self, section, offset):
        start = self.sections[section["link"]]["offset"] + offset
        return self.data[start : self.data.index(0, start)].decode()
