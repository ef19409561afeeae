/* What any program with the hook's libraries costs before its own first line. */

int main(void) {
    return 0;
}
