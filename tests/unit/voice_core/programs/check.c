#include "check.h"

static struct test_case *all;

void test_case_register(struct test_case *test_case) {
    test_case->next = all;
    all = test_case;
}

int main(int argc, char **argv) {
    // What was said is not lost when a sanitizer ends the program.
    setvbuf(stdout, NULL, _IONBF, 0);
    for (struct test_case *c = all; c != NULL; c = c->next) {
        if (argc < 2) {
            printf("%s\n", c->name);
        } else if (strcmp(argv[1], c->name) == 0) {
            c->run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
