# Products of 32 bits as 32-bit processors compute them, so that every board decodes the same samples: with a fast
# 64-bit multiplication Opus keeps one bit more (MULT32_32_Q31 in celt/fixed_generic.h).
s/^#define OPUS_FAST_INT64 1$/#define OPUS_FAST_INT64 0/
