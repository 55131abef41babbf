// RTP payload of AMR and AMR-WB, octet-aligned, one frame a packet (RFC 4867 clause 4.4):
//   octet 0: CMR (4 bits), reserved    octet 1: F FT(4) Q P P    then the frame's speech bits
#ifndef VOICE_PAYLOAD_AMR_H
#define VOICE_PAYLOAD_AMR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The two codecs have a payload format in common, and frame types of their own.
enum voice_amr {
    VOICE_AMR_NB, // "AMR", 3GPP TS 26.071
    VOICE_AMR_WB, // "AMR-WB", 3GPP TS 26.171
};

// Frame types of AMR (3GPP TS 26.101 table 1a): 0..7 speech at the eight rates.
#define VOICE_AMRNB_SPEECH_TYPES 8u
#define VOICE_AMRNB_SID 8u
#define VOICE_AMRNB_SPEECH_MAX_BYTES 31u
#define VOICE_AMRNB_PAYLOAD_MAX_BYTES (VOICE_AMR_HEADER_BYTES + VOICE_AMRNB_SPEECH_MAX_BYTES)

// Frame types of AMR-WB (3GPP TS 26.201 table 1a): 0..8 speech at the nine rates.
#define VOICE_AMRWB_SPEECH_TYPES 9u
#define VOICE_AMRWB_SID 9u
#define VOICE_AMRWB_SPEECH_LOST 14u
#define VOICE_AMRWB_SPEECH_MAX_BYTES 60u
#define VOICE_AMRWB_PAYLOAD_MAX_BYTES (VOICE_AMR_HEADER_BYTES + VOICE_AMRWB_SPEECH_MAX_BYTES)

// Frame type of both: nothing to send, nothing came.
#define VOICE_AMR_NO_DATA 15u

// "No mode request": the receiver leaves the choice of rate to the sender.
#define VOICE_AMR_CMR_NONE 15u

#define VOICE_AMR_HEADER_BYTES 2u

struct voice_amr_frame {
    uint8_t cmr;  // codec mode request of the sender
    uint8_t type; // frame type index
    bool good;    // Q bit: false when the bits are damaged
    const uint8_t *speech;
    size_t n_speech_bytes;
};

// Bytes of speech bits of a frame type, octet-aligned; -1 for the types that RFC 4867 clause 4.3.2
// wants discarded.
int voice_amr_speech_bytes(enum voice_amr amr, unsigned type);

// Writes the two octets in front of the speech bits.
void voice_amr_write_header(uint8_t out[VOICE_AMR_HEADER_BYTES], uint8_t cmr, uint8_t type,
    bool good);

// Reads a payload; `frame->speech` points into it. False unless it holds exactly one frame of a
// known type and of that type's length.
bool voice_amr_read(enum voice_amr amr, const uint8_t *payload, size_t n_bytes,
    struct voice_amr_frame *frame);

#endif
