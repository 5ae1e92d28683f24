/* SPDX-License-Identifier: MIT */
/*
 * Outputs, by the nature of their kind. A command is an action with the output's name; the state
 * is looked up in ROOT/state, which has the place of most outputs and not their names.
 *
 * A template stands in JSON, and renders JSON: it must have no {{ or {% of its own.
 */
#include "decimal.h"
#include "home_assistant_internal.h"
#include "payload.h"
#include "topic.h"
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 64, STEPS = 10 };

/* One output, with what the templates need of it. */
struct subject {
	struct json_writer *json;
	const struct home_assistant *ha;
	const struct config_output *output;
	const char *kind, *name; /* as an action has them */
	char state[PATH_BYTES];  /* "value_json.led['0']" */
	bool has_steps;          /* it knows more than on and off */
};

/* The action of an output around its keys: two %s for the kind and the name. */
#define ACTION(keys) "{\"%s\":{\"%s\":{" keys "}}}"
#define NAMES(of)    (of)->kind, (of)->name

static void add_command(const struct subject *of, const char *key)
{
	home_assistant_topic(of->json, key, of->ha, "actions");
}

static void add_state(const struct subject *of, const char *key)
{
	home_assistant_topic(of->json, key, of->ha, "state");
}

/* A key of the output's kind by its name; it is known to be there, or -1. */
static int key_of(const struct subject *of, const char *name)
{
	const struct output_kind *kind = of->output->kind;
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(of->output, ports);
	for (size_t i = 0; i < kind->n_keys; i++)
		if (strcmp(kind->keys[i].name, name) == 0)
			return output_key_is_there(kind, i, ports) ? (int)i : -1;
	return -1;
}

static void add_limit(const struct subject *of, const char *name, int number, unsigned decimals)
{
	char text[DECIMAL_BYTES];
	double scale = 1;

	for (unsigned i = 0; i < decimals; i++)
		scale *= 10;
	if (decimal_format(number / scale, decimals, text, sizeof(text)) >= 0)
		json_raw(of->json, name, text);
}

/* --- switch --- */

static void write_switch(const struct subject *of)
{
	add_command(of, "cmd_t");
	home_assistant_text(of->json, "pl_on", ACTION("\"on\":true"), NAMES(of));
	home_assistant_text(of->json, "pl_off", ACTION("\"on\":false"), NAMES(of));
	add_state(of, "stat_t");
	home_assistant_text(of->json, "val_tpl", "{{ 'on' if %s.on else 'off' }}", of->state);
	json_text(of->json, "stat_on", "on");
	json_text(of->json, "stat_off", "off");
}

/* --- light --- */

static void add_color(const struct subject *of)
{
	static const char *const KEYS[] = {"r_tpl", "g_tpl", "b_tpl"};

	for (size_t i = 0; i < sizeof(KEYS) / sizeof(*KEYS); i++)
		home_assistant_text(of->json, KEYS[i], "{{ %s.color[%zu:%zu]|int(base=16) }}",
			of->state, 2 * i + 1, 2 * i + 3);
}

/*
 * One message for everything, so that a light does not flash in between. Home Assistant's 255 steps
 * become ten, and all ten come back as they were.
 */
static void write_light(const struct subject *of)
{
	bool has_color = key_of(of, "color") >= 0;

	json_text(of->json, "schema", "template");
	add_command(of, "cmd_t");
	home_assistant_text(of->json, "cmd_on_tpl", ACTION("\"on\":true%s%s%s"), NAMES(of),
		of->has_steps ? "{% if brightness is defined %},\"bright\":"
				"{{ [1,(brightness/25.5)|round|int]|max }}{% endif %}"
			      : "",
		has_color ? "{% if red is defined %},\"color\":"
			    "\"#{{ '%02x%02x%02x'|format(red,green,blue) }}\"{% endif %}"
			  : "",
		of->has_steps ? "{% if transition is defined %},\"fade\":"
				"{{ [(transition*1000)|int,3600000]|min }}{% endif %}"
			      : "");
	home_assistant_text(of->json, "cmd_off_tpl", ACTION("\"on\":false%s"), NAMES(of),
		of->has_steps ? "{% if transition is defined %},\"fade\":"
				"{{ [(transition*1000)|int,3600000]|min }}{% endif %}"
			      : "");
	add_state(of, "stat_t");
	home_assistant_text(of->json, "stat_tpl", "{{ 'on' if %s.on else 'off' }}", of->state);
	if (of->has_steps)
		home_assistant_text(
			of->json, "bri_tpl", "{{ (%s.bright*25.5)|round|int }}", of->state);
	if (has_color)
		add_color(of);
}

/* --- motors --- */

static bool goes_both_ways(const struct config_output *output)
{
	enum port_type ports[OUTPUT_PORTS_MAX];

	config_output_ports(output, ports);
	return output->kind->can_move && output->kind->can_move(ports) == 3;
}

/* The slider alone has to start the motor, and its zero to stop it. */
static void add_percentage(const struct subject *of)
{
	add_command(of, "pct_cmd_t");
	home_assistant_text(of->json, "pct_cmd_tpl",
		ACTION("\"on\":{{ 'true' if value|int > 0 else 'false' }}"
		       "{%% if value|int > 0 %%},\"speed\":{{ value|int }}{%% endif %%}"),
		NAMES(of));
	add_state(of, "pct_stat_t");
	home_assistant_text(of->json, "pct_val_tpl",
		"{{ 0 if %s.direction == 'stop' else %s.speed }}", of->state, of->state);
	json_integer(of->json, "spd_rng_min", 1);
	json_integer(of->json, "spd_rng_max", STEPS);
}

/* A direction for a motor that stands is only remembered. */
static void add_direction(const struct subject *of)
{
	add_command(of, "dir_cmd_t");
	home_assistant_text(of->json, "dir_cmd_tpl",
		ACTION("\"direction\":\"{{ 'backward' if value == 'reverse' else 'forward' }}\""
		       "{%% if not is_state(entity_id,'on') %%},\"on\":false{%% endif %%}"),
		NAMES(of));
	add_state(of, "dir_stat_t");
	home_assistant_text(of->json, "dir_val_tpl",
		"{%% if %s.direction != 'stop' %%}"
		"{{ 'reverse' if %s.direction == 'backward' else 'forward' }}{%% endif %%}",
		of->state, of->state);
}

static void write_fan(const struct subject *of)
{
	add_command(of, "cmd_t");
	home_assistant_text(of->json, "cmd_tpl",
		ACTION("\"on\":{{ 'true' if value == 'on' else 'false' }}"), NAMES(of));
	json_text(of->json, "pl_on", "on");
	json_text(of->json, "pl_off", "off");
	add_state(of, "stat_t");
	home_assistant_text(of->json, "stat_val_tpl",
		"{{ 'off' if %s.direction == 'stop' else 'on' }}", of->state);
	if (of->has_steps)
		add_percentage(of);
	if (goes_both_ways(of->output))
		add_direction(of);
}

/* Forward opens. The switch at the closed end tells that it is closed. Without one, Home Assistant
 * takes the last move's end for it. */
static void add_position(const struct subject *of)
{
	const struct config_output *output = of->output;
	char parent[TOPIC_MAX], topic[TOPIC_MAX];

	if (!(output->has_limits >> 1 & 1))
		return;
	topic_below(parent, of->ha->config->mqtt.topic, "state/input");
	topic_below(topic, parent, of->ha->config->chips[output->limits[1]].name);
	json_text(of->json, "pos_t", topic);
	json_text(of->json, "pos_tpl", "{{ 0 if value == 'on' else 50 }}");
}

static void write_cover(const struct subject *of)
{
	add_command(of, "cmd_t");
	home_assistant_text(of->json, "pl_open", ACTION("\"direction\":\"forward\""), NAMES(of));
	home_assistant_text(of->json, "pl_cls", ACTION("\"direction\":\"backward\""), NAMES(of));
	home_assistant_text(of->json, "pl_stop", ACTION("\"on\":false"), NAMES(of));
	add_state(of, "stat_t");
	home_assistant_text(of->json, "val_tpl",
		"{{ {'forward':'opening','backward':'closing'}.get(%s.direction,'stopped') }}",
		of->state);
	json_text(of->json, "stat_opening", "opening");
	json_text(of->json, "stat_closing", "closing");
	json_text(of->json, "stat_stopped", "stopped");
	add_position(of);
}

/* --- number, siren --- */

static void write_number(const struct subject *of)
{
	const struct output_kind *kind = of->output->kind;
	int index = output_goal_key(kind);
	const struct output_key *key = &kind->keys[index];
	struct output_range range = output_key_range(kind, (size_t)index, of->output->params);

	if (key->unit)
		json_text(
			of->json, "unit_of_meas", strcmp(key->unit, "deg") == 0 ? "°" : key->unit);
	add_limit(of, "min", range.min, key->decimals);
	add_limit(of, "max", range.max, key->decimals);
	add_limit(of, "step", 1, key->decimals);
	add_command(of, "cmd_t");
	home_assistant_text(
		of->json, "cmd_tpl", ACTION("\"%s\":{{ value }}"), NAMES(of), key->name);
	add_state(of, "stat_t");
	home_assistant_text(of->json, "val_tpl", "{{ %s.%s }}", of->state, key->name);
}

/* Tones to choose from, in Hz. */
static const int TONES[] = {262, 330, 392, 440, 523, 880, 1000, 2000, 4000};

static void add_tones(const struct subject *of, int key)
{
	struct output_range range =
		output_key_range(of->output->kind, (size_t)key, of->output->params);

	json_array(of->json, "av_tones");
	for (size_t i = 0; i < sizeof(TONES) / sizeof(*TONES); i++)
		if (TONES[i] >= range.min && TONES[i] <= range.max)
			json_integer(of->json, NULL, TONES[i]);
	json_array_end(of->json);
}

static void write_siren(const struct subject *of)
{
	uint64_t longest_ms = of->output->max_on_us > 0 ? of->output->max_on_us / 1000 : 86400000;
	int tone = key_of(of, "tone");

	add_command(of, "cmd_t");
	home_assistant_text(of->json, "cmd_tpl",
		ACTION("\"on\":true%s{%% if duration is defined %%},\"for\":"
		       "{{ [1,[(duration*1000)|int,%llu]|min]|max }}{%% endif %%}"),
		NAMES(of),
		tone >= 0 ? "{% if tone is defined %},\"tone\":{{ tone }}{% endif %}" : "",
		(unsigned long long)longest_ms);
	home_assistant_text(of->json, "cmd_off_tpl", ACTION("\"on\":false"), NAMES(of));
	add_state(of, "stat_t");
	home_assistant_text(of->json, "stat_val_tpl", "{{ 'on' if %s.on else 'off' }}", of->state);
	json_text(of->json, "stat_on", "on");
	json_text(of->json, "stat_off", "off");
	if (tone >= 0)
		add_tones(of, tone);
	json_bool(of->json, "sup_dur", true);
	json_bool(of->json, "sup_vol", false);
}

/* --- what a nature becomes --- */

/* The first row that fits. */
static const struct nature {
	const char *nature; /* of the kind */
	bool is_limited;    /* only with switches at its ends */
	const char *platform;
	void (*write)(const struct subject *of);
} NATURES[] = {
	{"light", false, "light", write_light},
	{"switch", false, "switch", write_switch},
	{"motor", true, "cover", write_cover},
	{"motor", false, "fan", write_fan},
	{"number", false, "number", write_number},
	{"siren", false, "siren", write_siren},
};

static const struct nature *nature_of(const struct config_output *output)
{
	for (size_t i = 0; i < sizeof(NATURES) / sizeof(*NATURES); i++)
		if (strcmp(NATURES[i].nature, output->kind->nature) == 0 &&
			(output->has_limits || !NATURES[i].is_limited))
			return &NATURES[i];
	return NULL;
}

static size_t count(const struct config *config)
{
	return config->n_outputs;
}

static bool describe(const struct config *config, size_t index, const char **ret_platform,
	const char **ret_word, const char **ret_name)
{
	const struct config_output *output = &config->outputs[index];
	const struct nature *nature = nature_of(output);

	if (!nature)
		return false;
	*ret_platform = nature->platform;
	*ret_word = output->kind->word;
	*ret_name = output->name;
	return true;
}

static void write_output(struct json_writer *json, const struct home_assistant *ha, size_t index)
{
	const struct config_output *output = &ha->config->outputs[index];
	struct subject of = {
		.json = json,
		.ha = ha,
		.output = output,
		.kind = output->kind->word,
		.name = output->name,
	};

	if (payload_called(ha->config, output->kind) == PAYLOAD_PLAIN)
		(void)snprintf(of.state, sizeof(of.state), "value_json.%s", of.kind);
	else
		(void)snprintf(
			of.state, sizeof(of.state), "value_json.%s['%zu']", of.kind, output->index);
	for (size_t i = 0; i < OUTPUT_PORTS_MAX; i++)
		of.has_steps = of.has_steps || port_type_has_duty(output->ports[i].type);
	json_text(json, "name", output->name);
	nature_of(output)->write(&of);
}

const struct home_assistant_group home_assistant_outputs = {
	"output", count, describe, write_output};
