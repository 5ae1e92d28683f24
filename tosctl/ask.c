/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include "command.h"
#include "text.h"
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static void print_value(FILE *out, const cJSON *value)
{
	char *text;

	if (cJSON_IsString(value)) {
		text_print(out, value->valuestring, strlen(value->valuestring));
		return;
	}
	text = cJSON_PrintUnformatted(value);
	text_print(out, text ? text : "", text ? strlen(text) : 0);
	cJSON_free(text);
}

void ask_print_values(FILE *out, const cJSON *values)
{
	const cJSON *value;
	const char *comma = "";

	cJSON_ArrayForEach(value, values) {
		fputs(comma, out);
		comma = ", ";
		if (cJSON_IsBool(value) && strcmp(value->string, "on") == 0) {
			fputs(cJSON_IsTrue(value) ? "on" : "off", out);
			continue;
		}
		if (!cJSON_IsString(value)) {
			text_print(out, value->string, strlen(value->string));
			fputc(' ', out);
		}
		print_value(out, value);
	}
}

const cJSON *ask_output(const cJSON *state, const char *kind, int index, const char *name)
{
	const cJSON *of = cJSON_GetObjectItemCaseSensitive(state, kind), *found;
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", index);
	found = cJSON_GetObjectItemCaseSensitive(of, number);
	if (!found)
		found = cJSON_GetObjectItemCaseSensitive(of, name);
	if (cJSON_IsObject(found))
		return found;
	/* The only one is not always called by its number. */
	return index == 0 && of && of->child && !cJSON_IsObject(of->child) ? of : NULL;
}

static void print_path(FILE *out, const char *kind, const char *name)
{
	text_print(out, kind, strlen(kind));
	if (name) {
		fputc(' ', out);
		text_print(out, name, strlen(name));
	}
	fputs(": ", out);
}

static void print_applied(const cJSON *applied)
{
	const cJSON *kind, *output;

	cJSON_ArrayForEach(kind, applied) {
		if (kind->child && cJSON_IsObject(kind->child)) {
			cJSON_ArrayForEach(output, kind) {
				print_path(stdout, kind->string, output->string);
				ask_print_values(stdout, output);
				putchar('\n');
			}
			continue;
		}
		print_path(stdout, kind->string, NULL);
		ask_print_values(stdout, kind);
		putchar('\n');
	}
}

static void print_errors(const cJSON *errors)
{
	const cJSON *error;

	cJSON_ArrayForEach(error, errors) {
		const char *path =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "path"));
		const char *reason =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "reason"));

		fputs("tosctl: refused: ", stderr);
		if (path && *path)
			print_path(stderr, path, NULL);
		if (reason)
			text_print(stderr, reason, strlen(reason));
		fputc('\n', stderr);
	}
}

/* Plain text of the tutorial's topics is no JSON. */
static int tell(const struct options *options, const char *answer)
{
	cJSON *json = cJSON_Parse(answer);
	bool is_ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ok"));

	if (options->json || !json) {
		text_print(stdout, answer, strlen(answer));
		putchar('\n');
	} else {
		print_applied(cJSON_GetObjectItemCaseSensitive(json, "applied"));
	}
	if (!is_ok && json)
		print_errors(cJSON_GetObjectItemCaseSensitive(json, "errors"));
	cJSON_Delete(json);
	return is_ok || !json ? EXIT_OK : EXIT_REFUSED;
}

int ask_text(struct session *session, const struct options *options, const char *name,
	const char *payload, const char *id)
{
	char *answer = NULL;
	int r = session_ask(session, name, payload, id, &answer);

	if (r < 0)
		r = tell(options, answer);
	free(answer);
	return r;
}

/* The action with the session's id, or NULL. */
static char *make_payload(struct session *session, cJSON *action)
{
	char *payload;

	cJSON_AddStringToObject(action, "id", session_id(session));
	payload = cJSON_PrintUnformatted(action);
	cJSON_Delete(action);
	return payload;
}

int ask_action(struct session *session, const struct options *options, cJSON *action)
{
	char *payload = make_payload(session, action);
	int r = EXIT_REFUSED;

	if (payload)
		r = ask_text(session, options, "actions", payload, session_id(session));
	cJSON_free(payload);
	return r;
}

int ask_quietly(struct session *session, cJSON *action)
{
	char *payload = make_payload(session, action), *answer = NULL;
	int r = EXIT_REFUSED;
	cJSON *json;

	if (payload)
		r = session_ask(session, "actions", payload, session_id(session), &answer);
	cJSON_free(payload);
	if (r >= 0)
		return r;
	json = cJSON_Parse(answer);
	free(answer);
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ok"))) {
		print_errors(cJSON_GetObjectItemCaseSensitive(json, "errors"));
		r = EXIT_REFUSED;
	}
	cJSON_Delete(json);
	return r;
}

int ask_action_once(const struct options *options, cJSON *action)
{
	struct session *session = NULL;
	int r = session_open(options, &session);

	if (r < 0)
		r = ask_action(session, options, action);
	else
		cJSON_Delete(action);
	session_close(session);
	return r;
}

int ask_text_once(
	const struct options *options, const char *name, const char *payload, const char *id)
{
	struct session *session = NULL;
	int r = session_open(options, &session);

	if (r < 0)
		r = ask_text(session, options, name, payload, id);
	session_close(session);
	return r;
}
