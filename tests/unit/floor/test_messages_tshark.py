"""Wireshark's own MCPTT dissector as the judge of every message this handset can send."""

import json
import shutil
import struct
import subprocess

import pytest

from handset.floor import messages

PORT = 40002
A, B = "sip:a@sim.invalid", "sip:agent.brigade-7@sim.invalid"
SSRC_A, SSRC_B = 0x11223344, 0xFEDCBA98
INDICATORS = {
    messages.NORMAL_CALL: "Normal call",
    messages.EMERGENCY_CALL: "Emergency call",
    messages.BROADCAST_CALL: "Broadcast group call",
}


def other(subtype, **fields):
    message = messages.Message(subtype, SSRC_A)
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def with_ack(message):
    message.ack_required = True
    return message


# Message -> what the dissector must say about it.
JUDGED = [
    (
        messages.request(SSRC_A, A, 5, messages.NORMAL_CALL),
        {"priority": 5, "user_id": A, "floor_ind": messages.NORMAL_CALL},
    ),
    (
        messages.granted(SSRC_A, SSRC_B, B, 255, 30, messages.EMERGENCY_CALL),
        {
            "duration": 30,
            "rtcp": SSRC_B,
            "priority": 255,
            "user_id": B,
            "floor_ind": messages.EMERGENCY_CALL,
        },
    ),
    (
        messages.taken(SSRC_B, B, 65535, messages.NORMAL_CALL),
        {
            "granted_partys_id": B,
            "perm_to_req_floor": 1,
            "user_id": B,
            "msg_seq_num": 65535,
            "floor_ind": messages.NORMAL_CALL,
            "rtcp": SSRC_B,
        },
    ),
    (
        messages.deny(SSRC_A, B, messages.ANOTHER_HAS_PERMISSION, messages.NORMAL_CALL),
        {"rej_cause.floor_deny": 1, "user_id": B, "floor_ind": messages.NORMAL_CALL},
    ),
    (
        messages.deny(SSRC_A, A, messages.OTHER_REASON, messages.NORMAL_CALL, "occupé"),
        {
            "rej_cause.floor_deny": 255,
            "rej_phrase": "occupé",
            "user_id": A,
            "floor_ind": messages.NORMAL_CALL,
        },
    ),
    (
        messages.release(SSRC_B, B, messages.BROADCAST_CALL),
        {"user_id": B, "floor_ind": messages.BROADCAST_CALL},
    ),
    (
        with_ack(other(messages.IDLE, sequence=7, indicator=messages.NORMAL_CALL)),
        {"msg_seq_num": 7, "floor_ind": messages.NORMAL_CALL},
    ),
    (
        other(messages.REVOKE, cause=4, indicator=messages.NORMAL_CALL),
        {"rej_cause.floor_revoke": 4, "floor_ind": messages.NORMAL_CALL},
    ),
    (other(messages.QUEUE_POSITION_REQUEST, user_id=A), {"user_id": A}),
    (
        other(
            messages.QUEUE_POSITION_INFO,
            user_id=A,
            party_ssrc=SSRC_B,
            queued_user_id=B,
            queue_info=(2, 7),
        ),
        {
            "user_id": A,
            "rtcp": SSRC_B,
            "queued_user_id": B,
            "queue_pos_inf": 2,
            "queue_pri_lev": 7,
        },
    ),
    (other(messages.ACK, source=0, message_type=1), {"source": 0, "msg_type": 1}),
]


def pcap(datagrams):
    """A capture file with one UDP/IPv4 frame for each datagram (link type 228: raw IPv4)."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)]
    for i, datagram in enumerate(datagrams):
        udp = struct.pack(">HHHH", PORT, PORT, 8 + len(datagram), 0) + datagram
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), i, 0, 64, 17, 0)
        ip += bytes((127, 0, 0, 1, 127, 0, 0, 1))
        out.append(struct.pack("<IIII", i, 0, len(ip + udp), len(ip + udp)) + ip + udp)
    return b"".join(out)


def flattened(node, into):
    """Every leaf of tshark's JSON as name -> list of texts."""
    for key, value in node.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                flattened(item, into)
            else:
                into.setdefault(key, []).append(item)
    return into


def dissect(path):
    tshark = shutil.which("tshark")
    assert tshark, "tshark is not installed (Debian package: tshark)"
    arguments = ["-r", path, "-d", f"udp.port=={PORT},rtcp", "-T", "json", "--no-duplicate-keys"]
    done = subprocess.run([tshark, *arguments], capture_output=True, check=True, timeout=120)
    packets = [packet["_source"]["layers"] for packet in json.loads(done.stdout)]
    text = subprocess.run(
        [tshark, *arguments[:4], "-V"], capture_output=True, check=True, timeout=120
    )
    return packets, text.stdout.decode()


@pytest.fixture(scope="module")
def dissected(tmp_path_factory):
    buf = bytearray(messages.MAX_BYTES)
    datagrams = [bytes(buf[: messages.encode(message, buf)]) for message, _ in JUDGED]
    path = tmp_path_factory.mktemp("tshark") / "floor.pcap"
    path.write_bytes(pcap(datagrams))
    return dissect(path)


@pytest.mark.parametrize("index", range(len(JUDGED)), ids=lambda i: JUDGED[i][0].name)
def test_the_dissector_reads_what_was_meant(dissected, index):
    message, fields = JUDGED[index]
    packets, _ = dissected
    said = flattened(packets[index]["rtcp"], {})
    assert said["rtcp.app.name"] == ["MCPT"]
    assert said["rtcp.pt"] == ["204"]
    assert int(said["rtcp.ssrc.identifier"][0], 0) == message.ssrc
    subtype = int(said["rtcp.app.subtype"][0])
    assert subtype == message.subtype | (0x10 if message.ack_required else 0)
    for name, value in fields.items():
        known = [key for key in said if key.endswith(f".mcptt.{name}")]
        assert len(known) == 1, f"{name} is not in {sorted(said)}"
        got = said[known[0]][0]
        assert got == value if isinstance(value, str) else int(got, 0) == value


def test_the_dissector_names_every_message(dissected):
    _, text = dissected
    for message, _ in JUDGED:
        if message.ack_required:
            assert f"Subtype: {message.subtype | 0x10} {message.name}(ack req)" in text
        else:
            assert f"Subtype: {message.subtype} {message.name}\n" in text
    for name in INDICATORS.values():
        assert name in text


def test_the_dissector_has_nothing_to_complain_about(dissected):
    packets, text = dissected
    assert len(packets) == len(JUDGED)
    for word in ("Malformed", "Expert Info", "Unknown field", "non conformant", "Extra bytes"):
        assert word not in text
    assert text.count("RTCP frame length check: OK") == len(JUDGED)
