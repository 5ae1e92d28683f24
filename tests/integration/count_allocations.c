/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, it counts allocations: each one goes to the account of the
 * library, or the program itself, whose code asked for it, also where it did so through the C
 * library (strdup(), asprintf(), fopen()). The accounts are in a file, $ALLOCATION_COUNTS, that a
 * test reads while the program runs: an array of struct account.
 *
 * Needs glibc: its allocator is called by glibc's own names.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ACCOUNTS = 64, NAME_BYTES = 56, FRAMES = 24, PAGE_BYTES = 4096 };

struct account {
	char name[NAME_BYTES]; /* of the file, without its folder */
	_Atomic uint64_t count;
};
_Static_assert(ACCOUNTS * sizeof(struct account) == PAGE_BYTES, "a page");

#define EXPORTED __attribute__((visibility("default")))

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): these are glibc's */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static struct account *accounts;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Looking for the caller may allocate. */
static __thread bool is_counting __attribute__((tls_model("initial-exec")));

static const char *file_of(void *address)
{
	Dl_info info;
	const char *slash;

	if (!dladdr(address, &info) || !info.dli_fname)
		return "unknown";
	slash = strrchr(info.dli_fname, '/');
	return slash ? slash + 1 : info.dli_fname;
}

static bool is_passed_over(const char *file, const char *own)
{
	return strcmp(file, own) == 0 || strncmp(file, "libc.so", 7) == 0 ||
		strncmp(file, "libc-", 5) == 0;
}

static void book(const char *file)
{
	(void)pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < ACCOUNTS; i++) {
		struct account *account = &accounts[i];

		if (!account->name[0])
			strncpy(account->name, file, NAME_BYTES - 1);
		if (strncmp(account->name, file, NAME_BYTES - 1) == 0) {
			account->count++;
			break;
		}
	}
	(void)pthread_mutex_unlock(&mutex);
}

static void count(void)
{
	void *frames[FRAMES];
	const char *own;
	int n;

	if (!accounts || is_counting)
		return;
	is_counting = true;
	n = backtrace(frames, FRAMES);
	own = file_of(frames[0]);
	for (int i = 1; i < n; i++) {
		const char *file = file_of(frames[i]);

		if (!is_passed_over(file, own)) {
			book(file);
			break;
		}
	}
	is_counting = false;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("ALLOCATION_COUNTS");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *memory = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, PAGE_BYTES) == 0)
		memory = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		abort();
	(void)close(fd);
	accounts = memory;
}

EXPORTED void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

EXPORTED void *realloc(void *memory, size_t size)
{
	count();
	return __libc_realloc(memory, size);
}

EXPORTED void *reallocarray(void *memory, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	count();
	return __libc_realloc(memory, bytes);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

EXPORTED int posix_memalign(void **memory, size_t alignment, size_t size)
{
	count();
	*memory = __libc_memalign(alignment, size);
	return *memory ? 0 : ENOMEM;
}
