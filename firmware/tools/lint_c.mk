# Compiles our own C with every warning an error; makes nothing. Called by `make lint`.

HANDSET_THIRD_PARTY := build/third_party
VOICE := firmware/cmodules/voice
include $(VOICE)/includes.mk

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wdouble-promotion -Wvla -Wstrict-prototypes -Werror
FLAGS := -O2 $(WARNINGS) -I$(VOICE) $(VOICE_AMRWB_INCLUDES) $(VOICE_OPUS_INCLUDES)

CORE := $(wildcard $(VOICE)/core/*.c)
IO := $(wildcard $(VOICE)/io_*.c)

.PHONY: all $(CORE) $(IO)
all: $(CORE) $(IO)

$(CORE):
	$(CC) -std=c99 -pedantic $(FLAGS) -c $@ -o /dev/null

# Beneath the core: POSIX.
$(IO):
	$(CC) -std=gnu99 $(FLAGS) -c $@ -o /dev/null
