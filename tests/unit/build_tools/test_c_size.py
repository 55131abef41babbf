"""Sizes from a linker's map."""

from __future__ import annotations

from tools.c_size import Size, owner, sizes

MAP = """\
Discarded input sections

 .text.unused   0x00000000      0x999 build/x/core/engine.o

Linker script and memory map

LOAD build/x/core/engine.o

.rom            0x00010000      0x100
 *(.text .text.*)
 .text.tick     0x00010000       0x3e build/x/core/engine.o
 *fill*         0x0001003e        0x2
 .text.a_function_with_a_long_name
                0x00010040       0x40 build/x/codecs/opus/celt/bands.o
                                 0x60 (size before relaxing)
 .text.relaxed_away
                0x00010080        0x0 build/x/codecs/opus/celt/bands.o
 .rodata.str1.4
                0x00010080       0x40 build/x/core/codec_amrwb.o
 .rodata.say.str1.4
                0x000100c0      0x7ff build/x/codecs/opus/celt/celt.o
 .rodata.table  0x000100c0       0x40 build/x/codecs/vo-amrwbenc/src/dtx.o

.data           0x00010100       0x10
 .data.start    0x00010100       0x10 build/x/codecs/opencore-amr/x.o

.bss            0x00010110       0x80
 .bss.engine    0x00010110       0x80 build/x/link_probe.o
OUTPUT(build/x/link_probe.elf elf32-littleriscv)
"""


def test_bytes_go_to_their_owners() -> None:
    found = sizes(MAP)
    assert found["opus"] == Size(rom=0x40, ram=0)
    assert found["amrwb"] == Size(rom=0x40 + 0x10, ram=0x10)


def test_the_gap_before_the_next_section_counts_and_merged_strings_count_once() -> None:
    found = sizes(MAP)
    assert found["engine"] == Size(rom=0x40, ram=0x80)
    assert found["strings"] == Size(rom=0x40, ram=0)


def test_the_sum_is_what_is_linked() -> None:
    found = sizes(MAP)
    assert sum(size.rom for size in found.values()) == 0x100 + 0x10
    assert sum(size.ram for size in found.values()) == 0x10 + 0x80


def test_sources_have_the_same_owners_as_their_objects() -> None:
    assert owner("firmware/cmodules/voice/core/codec_opus.c:10:2") == "opus"
    assert owner("firmware/cmodules/voice/core/payload_amr.c") == "amrwb"
    assert owner("firmware/cmodules/voice/core/jitter.c") == "engine"
