// RTP (RFC 3550) and the payload of AMR and AMR-WB (RFC 4867) against bytes written down by hand.
#include "check.h"
#include "core/payload_amr.h"
#include "core/rtp.h"

static bool read(const uint8_t *packet, size_t n, struct voice_rtp *rtp, size_t *offset,
    size_t *length) {
    // An exact copy on the heap lets the address sanitizer see a read one byte too far.
    uint8_t *copy = malloc(n == 0 ? 1 : n);
    memcpy(copy, packet, n);
    const uint8_t *payload = NULL;
    bool ok = voice_rtp_read(copy, n, rtp, &payload, length);
    if (ok) {
        *offset = (size_t)(payload - copy);
        CHECK(*offset + *length <= n);
    }
    free(copy);
    return ok;
}

CASE(rtp_header_known_bytes) {
    const uint8_t expected[12] = {0x80, 0xe0, 0xff, 0xfe, 0x12, 0x34, 0x56, 0x78, 0xde, 0xad, 0xbe,
                                  0xef};
    struct voice_rtp rtp = {.marker = true, .payload_type = 96, .sequence = 0xfffe,
                            .timestamp = 0x12345678, .ssrc = 0xdeadbeef};
    uint8_t out[12];
    voice_rtp_write(out, &rtp);
    CHECK(memcmp(out, expected, sizeof(out)) == 0);
    rtp.marker = false;
    rtp.payload_type = 97;
    voice_rtp_write(out, &rtp);
    CHECK_EQ(out[1], 97);
}

CASE(rtp_round_trip) {
    uint32_t seed = 7;
    for (int i = 0; i < 1000; i++) {
        struct voice_rtp in = {.marker = (random_next(&seed) & 1) != 0,
                               .payload_type = random_next(&seed) & 0x7f,
                               .sequence = (uint16_t)random_next(&seed),
                               .timestamp = random_next(&seed),
                               .ssrc = random_next(&seed)};
        uint8_t packet[20] = {0};
        voice_rtp_write(packet, &in);
        struct voice_rtp out;
        size_t offset, length;
        CHECK(read(packet, sizeof(packet), &out, &offset, &length));
        CHECK_EQ(out.marker, in.marker);
        CHECK_EQ(out.payload_type, in.payload_type);
        CHECK_EQ(out.sequence, in.sequence);
        CHECK_EQ(out.timestamp, in.timestamp);
        CHECK_EQ(out.ssrc, in.ssrc);
        CHECK_EQ(offset, 12);
        CHECK_EQ(length, 8);
    }
}

// Version 2, padding, extension of two words, two CSRCs, marker: everything at once.
static const uint8_t full_packet[] = {
    0xb2, 0xe0, 0x00, 0x01, 0, 0, 0, 2, 0, 0, 0, 3,     // header
    0, 0, 0, 4, 0, 0, 0, 5,                             // CSRC list
    0xbe, 0xde, 0x00, 0x02, 1, 2, 3, 4, 5, 6, 7, 8,     // extension
    0xaa, 0xbb, 0xcc,                                   // payload
    0, 0, 3,                                            // padding
};

CASE(rtp_padding_extension_csrc) {
    struct voice_rtp rtp;
    size_t offset, length;
    CHECK(read(full_packet, sizeof(full_packet), &rtp, &offset, &length));
    CHECK_EQ(offset, 32);
    CHECK_EQ(length, 3);
    CHECK(rtp.marker);
    CHECK_EQ(rtp.payload_type, 96);
    CHECK_EQ(rtp.sequence, 1);
    CHECK_EQ(rtp.timestamp, 2);
    CHECK_EQ(rtp.ssrc, 3);
}

CASE(rtp_truncated_anywhere) {
    struct voice_rtp rtp;
    size_t offset, length;
    for (size_t n = 0; n < 32; n++) {
        CHECK(!read(full_packet, n, &rtp, &offset, &length));
    }
}

CASE(rtp_refuses_contradictions) {
    struct voice_rtp rtp;
    size_t offset, length;
    uint8_t packet[14] = {0x80};
    CHECK(read(packet, sizeof(packet), &rtp, &offset, &length));
    for (unsigned version = 0; version < 4; version++) {
        packet[0] = (uint8_t)(version << 6);
        CHECK_EQ(read(packet, sizeof(packet), &rtp, &offset, &length), version == 2);
    }
    packet[0] = 0xa0; // padding
    for (unsigned n_padding = 0; n_padding < 256; n_padding++) {
        packet[13] = (uint8_t)n_padding;
        CHECK_EQ(read(packet, sizeof(packet), &rtp, &offset, &length),
            n_padding == 1 || n_padding == 2);
    }
    packet[0] = 0x81; // one CSRC, only two bytes left
    CHECK(!read(packet, sizeof(packet), &rtp, &offset, &length));
    packet[0] = 0x90; // an extension header does not fit either
    CHECK(!read(packet, sizeof(packet), &rtp, &offset, &length));
}

CASE(amr_frame_sizes) {
    // Octets of speech bits, TS 26.101 table 2, TS 26.201 table 2 and RFC 4867 clause 3.6:
    // ceil(bits / 8).
    static const int bits[2][16] = {
        [VOICE_AMR_NB] = {95, 103, 118, 134, 148, 159, 204, 244, 39},
        [VOICE_AMR_WB] = {132, 177, 253, 285, 317, 365, 397, 461, 477, 40},
    };
    for (unsigned type = 0; type < 16; type++) {
        int narrow = type >= 9 && type < 15 ? -1 : (bits[VOICE_AMR_NB][type] + 7) / 8;
        int wide = type >= 10 && type < 14 ? -1 : (bits[VOICE_AMR_WB][type] + 7) / 8;
        CHECK_EQ(voice_amr_speech_bytes(VOICE_AMR_NB, type), narrow);
        CHECK_EQ(voice_amr_speech_bytes(VOICE_AMR_WB, type), wide);
    }
    CHECK_EQ(voice_amr_speech_bytes(VOICE_AMR_NB, 16), -1);
    CHECK_EQ(voice_amr_speech_bytes(VOICE_AMR_WB, 16), -1);
}

CASE(amr_header_known_bytes) {
    uint8_t header[2];
    voice_amr_write_header(header, 15, 2, true); // 12.65 kbit/s
    CHECK_EQ(header[0], 0xf0);
    CHECK_EQ(header[1], 0x14);
    voice_amr_write_header(header, 8, 8, false);
    CHECK_EQ(header[0], 0x80);
    CHECK_EQ(header[1], 0x40);
}

static void read_every_type_and_length(enum voice_amr amr) {
    for (unsigned toc = 0; toc < 256; toc++) {
        unsigned type = (toc >> 3) & 15;
        int n_speech = voice_amr_speech_bytes(amr, type);
        for (size_t n = 0; n <= 70; n++) {
            uint8_t *payload = calloc(1, n == 0 ? 1 : n);
            if (n > 0) {
                payload[0] = 0x3f; // the reserved bits are to be ignored
            }
            if (n > 1) {
                payload[1] = (uint8_t)toc;
            }
            struct voice_amr_frame frame;
            bool ok = voice_amr_read(amr, payload, n, &frame);
            bool expected = n >= 2 && toc < 128 && n_speech >= 0 && n == 2 + (size_t)n_speech;
            CHECK_EQ(ok, expected);
            if (ok) {
                CHECK_EQ(frame.cmr, 3);
                CHECK_EQ(frame.type, type);
                CHECK_EQ(frame.good, (toc >> 2) & 1);
                CHECK_EQ(frame.n_speech_bytes, n_speech);
                CHECK(frame.speech == payload + 2);
            }
            free(payload);
        }
    }
}

CASE(amr_reads_every_type_and_length) {
    read_every_type_and_length(VOICE_AMR_NB);
    read_every_type_and_length(VOICE_AMR_WB);
}
