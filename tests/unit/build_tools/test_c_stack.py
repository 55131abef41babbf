"""The deepest path of a call graph, and what it refuses to guess."""

from __future__ import annotations

import pytest

from tools import c_stack
from tools.c_stack import CallGraph, StackError

CORE = "firmware/cmodules/voice/core"
OPUS = "build/third_party/opus/celt"
AMRWB = "build/third_party/vo-amrwbenc/amrwbenc/src"


def node(title: str, path: str, n_bytes: int, kind: str = "static") -> str:
    name = title.rpartition(":")[2]
    return f'node: {{ title: "{title}" label: "{name}\\n{path}:1:1\\n{n_bytes} bytes ({kind})" }}\n'


def edge(caller: str, callee: str) -> str:
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "x.c:1:2" }}\n'


ENTRY = node("voice_engine_audio_tick", f"{CORE}/engine.c", 100)


def test_the_deepest_path_counts_each_frame_once() -> None:
    graph = CallGraph(
        [
            ENTRY
            + node("near", f"{CORE}/engine.c", 50)
            + node("far", f"{CORE}/engine.c", 10)
            + edge("voice_engine_audio_tick", "near")
            + edge("voice_engine_audio_tick", "far"),
            node("deep", f"{CORE}/jitter.c", 200) + edge("far", "deep") + edge("near", "far"),
        ]
    )
    n_bytes, path = graph.deepest("opus")
    assert n_bytes == 100 + 50 + 10 + 200
    assert path == ["voice_engine_audio_tick", "near", "far", "deep"]


def test_a_function_without_a_graph_is_a_librarys() -> None:
    graph = CallGraph([ENTRY + edge("voice_engine_audio_tick", "memcpy")])
    assert graph.deepest("opus")[0] == 100 + c_stack.LIBRARY_BYTES


def test_the_codec_that_is_not_in_use_does_not_count() -> None:
    text = ENTRY + node("celt", f"{OPUS}/celt.c", 5000) + edge("voice_engine_audio_tick", "celt")
    assert CallGraph([text]).deepest("opus")[0] == 5100
    assert CallGraph([text]).deepest("amrwb")[0] == 100


def test_a_recursion_without_a_limit_is_an_error() -> None:
    text = ENTRY + node("again", f"{CORE}/ring.c", 8)
    text += edge("voice_engine_audio_tick", "again") + edge("again", "again")
    with pytest.raises(StackError, match="unbounded recursion: .* > again > again"):
        CallGraph([text]).deepest("opus")


def test_a_recursion_with_a_limit_counts_so_often() -> None:
    title = f"{OPUS}/bands.c:quant_partition"
    text = ENTRY + node(title, f"{OPUS}/bands.c", 8)
    text += edge("voice_engine_audio_tick", title) + edge(title, title)
    times = c_stack.RECURSIONS["quant_partition"]
    assert CallGraph([text]).deepest("opus")[0] == 100 + times * 8


def test_the_engines_pointers_lead_into_the_codec() -> None:
    title = f"{CORE}/codec_opus.c:encode"
    text = ENTRY + node(title, f"{CORE}/codec_opus.c", 32)
    text += edge("voice_engine_audio_tick", "__indirect_call")
    assert CallGraph([text]).deepest("opus") == (132, ["voice_engine_audio_tick", title])


def test_a_pointer_nobody_explained_is_an_error() -> None:
    text = ENTRY + node("ring", f"{CORE}/jitter.c", 8)
    text += edge("voice_engine_audio_tick", "ring") + edge("ring", "__indirect_call")
    with pytest.raises(StackError, match=r"jitter\.c"):
        CallGraph([text]).deepest("opus")


def test_where_frames_vary_the_measurement_decides() -> None:
    def graph(n_bytes: int, kind: str) -> CallGraph:
        text = ENTRY + node("celt", f"{OPUS}/celt.c", n_bytes, kind)
        return CallGraph([text + edge("voice_engine_audio_tick", "celt")])

    measured = {"opus": 20_000}
    fixed = graph(1000, "static")
    assert c_stack.need("opus", fixed, fixed, measured) == 1100
    rv32, wider, narrower = (graph(n_bytes, "dynamic") for n_bytes in (1000, 1300, 900))
    assert c_stack.need("opus", rv32, rv32, measured) == 20_000
    assert c_stack.need("opus", wider, rv32, measured) == 20_300
    assert c_stack.need("opus", narrower, rv32, measured) == 20_000
