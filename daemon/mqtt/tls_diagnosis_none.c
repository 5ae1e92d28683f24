/* SPDX-License-Identifier: MIT */
/* For a build without TLS. */
#include "tls_diagnosis.h"

int tls_diagnose(const struct config_url *url, const struct broker_address *address,
	const struct tls_of *ours, int timeout_ms, char *text, size_t text_bytes)
{
	(void)url;
	(void)address;
	(void)ours;
	(void)timeout_ms;
	(void)text;
	(void)text_bytes;
	return 0;
}
