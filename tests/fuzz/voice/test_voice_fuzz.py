"""The voice core under coverage-guided fuzzing: a short burst, and proof that it gets somewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from run_fuzz import Ledger, goals
from voice_fuzz import CANARY, CORE, FOUND, HERE, OUT, FuzzError, Outcome, Target, build

# On a busy machine the programs take that long to build.
pytestmark = pytest.mark.timeout(900)

# What must have been executed, or the fuzzer never got past the parsers.
REACHED = {
    "rtp": {"voice_rtp_read"},
    "srtp": {
        *("voice_srtp_unprotect", "voice_srtcp_unprotect", "vault_aead_open", "vault_hkdf_expand"),
    },
    "amrwb": {
        *("voice_amr_read", "mime_unsorting", "pvDecoder_AmrWb", "dec_gain2_amr_wb"),
        *("synthesis_amr_wb", "dtx_dec_amr_wb", "isf_extrapolation"),
    },
    "amrnb": {
        *("voice_amr_read", "amrnb_GSMFrameDecode", "amrnb_Decoder_amr", "amrnb_dec_10i40_35bits"),
        *("amrnb_Syn_filt", "amrnb_Post_Filter", "amrnb_dtx_dec"),
    },
    "opus": {
        *("opus_packet_parse_impl", "opus_decode_frame", "silk_Decode", "silk_decode_core"),
        *("silk_PLC", "celt_decode_with_ec", "quant_all_bands"),
    },
    "receive": {
        *("voice_rtp_read", "voice_jitter_put", "voice_jitter_pull", "voice_receive_tick"),
        *("pvDecoder_AmrWb", "opus_decode_frame", "silk_Decode"),
    },
}
BURST_RUNS = {"rtp": 100_000, "srtp": 5_000, "receive": 1_500}
BURST_RUNS_OF_A_CODEC = 4_000
_CODECS = {path.stem.removeprefix("codec_") for path in CORE.glob("codec_*.c")}
_FILES = {path.stem for path in (HERE / "targets").glob("*.c")}
TARGETS = sorted(_CODECS | _FILES - {CANARY, "codec"})


@pytest.fixture(scope="module")
def targets() -> dict[str, Target]:
    try:
        return build()
    except FuzzError as error:
        pytest.fail(f"the fuzz targets do not build: {error}", pytrace=False)


def test_every_target_is_looked_at_here(targets: dict[str, Target]) -> None:
    """A codec that joins the table has a target at once; say here what shows that it is reached."""
    assert set(targets) - {CANARY} == set(TARGETS)
    assert set(TARGETS) <= set(REACHED)


def test_a_planted_fault_is_found(targets: dict[str, Target]) -> None:
    outcome = targets[CANARY].fuzz(runs=2_000_000, seed=1, keep=False)
    assert "AddressSanitizer: heap-buffer-overflow" in outcome.broke
    assert "canary.c" in outcome.broke


def test_the_codecs_are_watched_too(targets: dict[str, Target]) -> None:
    library = (OUT / "codecs" / "libcodecs.a").read_bytes()
    for symbol in (b"__asan_report_store", b"__ubsan_handle_out_of_bounds", b"__sanitizer_cov"):
        assert symbol in library


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_reach_the_decoders(targets: dict[str, Target], name: str) -> None:
    assert REACHED[name] - targets[name].covered() == set()


@pytest.mark.parametrize("name", TARGETS)
def test_a_burst_is_clean(targets: dict[str, Target], name: str) -> None:
    runs = BURST_RUNS.get(name, BURST_RUNS_OF_A_CODEC)
    outcome = targets[name].fuzz(runs=runs, seed=1, keep=False)
    assert outcome.broke == ""
    assert outcome.executions >= runs


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_so_far_stays_mended(targets: dict[str, Target], name: str) -> None:
    target = targets[name]
    assert target.replay([FOUND / name, target.corpus]) == ""


def test_all_executions_are_shared_out() -> None:
    shared = goals(["rtp", "amrwb", "opus", "receive"], 1000)
    assert sum(shared.values()) == 1000
    assert shared["amrwb"] == shared["opus"] > shared["receive"] > 0


def test_a_soak_goes_on_where_it_stopped_but_not_with_another_program(
    targets: dict[str, Target], tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    rtp = targets["rtp"]
    Ledger(path, [rtp]).add(rtp, Outcome(executions=70, edges=5, broke=""))
    assert Ledger(path, [rtp]).total() == 70
    rows = json.loads(path.read_text())
    rows["rtp"]["program"] = "another"
    path.write_text(json.dumps(rows))
    assert Ledger(path, [rtp]).total() == 0
