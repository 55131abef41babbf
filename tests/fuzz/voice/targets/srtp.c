// SRTP and SRTCP: what no sender of the group protected is refused; what one did is opened, once, and
// with any bit of it changed not at all.
//
// The first byte of an input chooses: bit 0 SRTCP instead of SRTP; bit 1 the rest is a packet in the
// clear, protected before it is opened; the upper six bits which byte of that is changed (0: none).
#include "core/srtcp.h"
#include "core/srtp.h"
#include "pieces.h"

#define CHOICE_RTCP 1u
#define CHOICE_PROTECT 2u
#define PACKET_MAX_BYTES 1500u
#define SSRC 0x01020304u

static struct voice_keyring keyring;
static struct {
    struct voice_srtp_sender sender;
    struct voice_srtp_receiver receiver;
} media;
static struct {
    struct voice_srtcp_sender sender;
    struct voice_srtcp_receiver receiver;
} control;

static void start(void) {
    static const uint8_t key[16] = "a group's secret";
    static const uint8_t epoch[VOICE_SRTP_EPOCH_BYTES] = "epoch.";
    keyring.n_keys = 1;
    must(voice_group_key_init(&keyring.keys[0], 1, key, sizeof(key)));
    memset(&media, 0, sizeof(media));
    memset(&control, 0, sizeof(control));
    voice_srtp_receiver_init(&media.receiver);
    voice_srtcp_receiver_init(&control.receiver);
    must(voice_srtp_sender_init(&media.sender, &keyring.keys[0], SSRC, epoch));
    must(voice_srtcp_sender_init(&control.sender, &keyring.keys[0], SSRC, epoch));
}

static bool is_opened(bool rtcp, uint8_t *packet, size_t *n_bytes) {
    return (rtcp ? voice_srtcp_unprotect(&control.receiver, &keyring, packet, n_bytes)
            : voice_srtp_unprotect(&media.receiver, &keyring, packet, n_bytes)) == VOICE_SRTP_OK;
}

// As the sender has it: its SSRC, and the sequence number that is next.
static size_t protect(bool rtcp, uint8_t *packet, size_t n_bytes, size_t capacity) {
    static const uint8_t ssrc[] = {1, 2, 3, 4};
    size_t ssrc_at = rtcp ? 4 : 8;
    if (n_bytes < ssrc_at + sizeof(ssrc)) {
        return 0;
    }
    memcpy(packet + ssrc_at, ssrc, sizeof(ssrc));
    if (rtcp) {
        return voice_srtcp_protect(&control.sender, packet, n_bytes, capacity);
    }
    packet[2] = packet[3] = 0;
    return voice_srtp_protect(&media.sender, packet, n_bytes, capacity);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n_input) {
    static uint8_t packet[PACKET_MAX_BYTES], plain[PACKET_MAX_BYTES], again[PACKET_MAX_BYTES];
    if (n_input < 1 || n_input > PACKET_MAX_BYTES - VOICE_SRTCP_OVERHEAD_BYTES) {
        return 0;
    }
    bool rtcp = (input[0] & CHOICE_RTCP) != 0;
    unsigned change = input[0] >> 2;
    size_t n_plain = n_input - 1u, n_bytes = n_plain;
    memcpy(packet, input + 1, n_plain);
    start();
    if ((input[0] & CHOICE_PROTECT) == 0) {
        must(!is_opened(rtcp, packet, &n_bytes));
        return 0;
    }
    n_bytes = protect(rtcp, packet, n_plain, sizeof(packet));
    if (n_bytes == 0) {
        return 0; // no such packet
    }
    memcpy(again, packet, n_bytes);
    size_t n_again = n_bytes;
    if (change > 0) {
        packet[change * 53u % n_bytes] ^= (uint8_t)(1u << change % 8u);
        must(!is_opened(rtcp, packet, &n_bytes));
        return 0;
    }
    must(is_opened(rtcp, packet, &n_bytes));
    must(n_bytes == n_plain);
    memcpy(plain, input + 1, n_plain);
    must(memcmp(packet, plain, rtcp ? 4 : 2) == 0);
    size_t behind = rtcp ? 8 : 12;
    must(memcmp(packet + behind, plain + behind, n_plain - behind) == 0);
    must(!is_opened(rtcp, again, &n_again));
    return 0;
}
