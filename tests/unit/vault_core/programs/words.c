#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 65536

struct bytes word[WORDS_MAX];
unsigned n_words;
static const char *texts[WORDS_MAX];

static struct bytes parse(const char *text) {
    struct bytes bytes = {NULL, strcmp(text, "-") == 0 ? 0 : strlen(text) / 2};
    if (bytes.n > 0) {
        bytes.at = malloc(bytes.n);
    }
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned value;
        if (sscanf(text + 2 * i, "%2x", &value) != 1) {
            exit(2);
        }
        bytes.at[i] = (uint8_t)value;
    }
    return bytes;
}

unsigned long number(unsigned i) {
    return strtoul(texts[i], NULL, 10);
}

void print(const uint8_t *at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        printf("%02x", at[i]);
    }
    printf(n == 0 ? "- " : " ");
}

static void answer(const struct question *question, const char *name) {
    while (question->name != NULL && strcmp(question->name, name) != 0) {
        question++;
    }
    if (question->name == NULL) {
        exit(2);
    }
    question->answer();
    printf("\n");
    fflush(stdout);
}

int answer_all(const struct question *questions) {
    static char line[LINE_BYTES_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *name = strtok(line, " \n");
        n_words = 0;
        for (char *text; n_words < WORDS_MAX && (text = strtok(NULL, " \n")) != NULL; n_words++) {
            texts[n_words] = text;
            word[n_words] = parse(text);
        }
        answer(questions, name);
        for (unsigned i = 0; i < n_words; i++) {
            free(word[i].at);
        }
    }
    return 0;
}
