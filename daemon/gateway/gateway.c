/* SPDX-License-Identifier: MIT */
#include "board_linux.h"
#include "clock.h"
#include "diag.h"
#include "gateway_internal.h"
#include "log.h"
#include "mqtt_client.h"
#include "payload.h"
#include "version.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
	OUTBOX_READING_BYTES = 1024 * 1024,
	OUTBOX_OTHER_BYTES = 512 * 1024,
	LINK_EVENTS_BYTES = 256 * 1024,
	SAMPLER_EVENTS_BYTES = 128 * 1024,
	/*
	 * Shares of the two seconds that the end takes: the farewell to the broker, and all other
	 * waits.
	 */
	LINK_CLOSE_US = 800000,
	ANSWER_REST_US = 100000,   /* a stop may wait for a bus */
	SAMPLER_CLOSE_US = 300000, /* longer than any transfer of a healthy bus */
	CLOSE_US = 1700000,
	/*
	 * If an output could not be made safe: the pause between tries, and the time for tries
	 * before the farewell.
	 */
	SAFE_AGAIN_US = 50000,
	SAFE_FIRST_US = 400000,
};

/* Signals that would otherwise end the process at once. */
static const int END_SIGNALS[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
	SIGPROF, SIGPOLL, SIGPWR, SIGXCPU};

enum { N_END_SIGNALS = sizeof(END_SIGNALS) / sizeof(END_SIGNALS[0]) };

static void trace_operation(void *userdata, const char *object, const char *text)
{
	(void)userdata;
	log_message(LOG_DEBUG, object, "%s", text);
}

int gateway_open_board(struct gateway *gateway, const struct config *config)
{
	const struct hal_trace *trace = NULL;
	int r;

	if (gateway->options->verbose) {
		gateway->trace.operation = trace_operation;
		trace = &gateway->trace;
	}
	if (!gateway->options->simulate) {
		(void)board_name_read("/sys", gateway->board_name);
		return board_linux_new(NULL, trace, &gateway->board);
	}
	strcpy(gateway->board_name, "simulated board");
	r = simulation_new(getenv("TOS_SIM_DIR"), trace, &gateway->simulation);
	if (r < 0)
		return r;
	gateway->board = simulation_board(gateway->simulation);
	return simulation_set_map(gateway->simulation, config);
}

void gateway_close_board(struct gateway *gateway)
{
	if (!gateway->simulation)
		board_close(gateway->board);
	gateway->simulation = simulation_free(gateway->simulation);
	gateway->board = NULL;
}

static void on_output_health(void *userdata, const char *object, const char *error)
{
	struct gateway *gateway = userdata;

	if (error)
		log_error(object, "%s; trying again", error);
	else
		log_notice(object, "works again");
	gateway_health_changed(gateway);
}

static void on_output_state(void *userdata)
{
	gateway_state_changed(userdata);
}

static int open_outputs(struct gateway *gateway)
{
	struct outputs_settings settings = {
		.board = gateway->board,
		.config = gateway->config,
		.last = gateway->last,
		.listener = {on_output_health, on_output_state, gateway},
		.starts_later = true,
	};

	return outputs_new(&settings, &gateway->outputs);
}

static void router_set_interval(void *userdata, uint32_t interval_ms)
{
	gateway_set_interval(userdata, interval_ms);
}

static int router_set_count(void *userdata, const char *chip, int64_t count, uint64_t ticket)
{
	return sampler_set_count(((struct gateway *)userdata)->sampler, chip, count, ticket);
}

static void router_read_now(void *userdata)
{
	sampler_read_now(((struct gateway *)userdata)->sampler);
}

static void router_met(void *userdata, const char *instance)
{
	gateway_met(userdata, instance);
}

static void router_born(void *userdata)
{
	gateway_born(userdata);
}

static void router_applied(void *userdata)
{
	struct gateway *gateway = userdata;

	failsafe_acted(&gateway->failsafe, clock_now_us());
	gateway_state_changed(gateway);
}

static int start_spooler(struct gateway *gateway)
{
	const struct config_spool *spool = &gateway->config->spool;
	const struct spooler_settings settings = {
		.directory = gateway->options->state_dir,
		.outbox = gateway->outbox,
		.size_bytes = spool->size_bytes,
		.after_us = spool->after_us,
	};

	return spooler_new(&settings, &gateway->spooler);
}

static int start_threads(struct gateway *gateway)
{
	struct sampler_settings settings = {
		.board = gateway->board,
		.config = gateway->config,
		.interval_ms = gateway->interval_ms,
		.events = gateway->sampler_events,
		.counts = gateway->kept_counts,
		.on_map = publisher_on_map,
		.on_reading = publisher_on_reading,
		.on_event = publisher_on_event,
		.on_idle = publisher_on_idle,
		.userdata = gateway->publisher,
	};
	int r = start_spooler(gateway);

	if (r == 0)
		r = gateway_check_password(gateway->config);
	if (r == 0)
		r = gateway_prepare_link(gateway, gateway->config, &gateway->link);
	if (r < 0)
		return r;
	link_start(gateway->link);
	return sampler_new(&settings, &gateway->sampler);
}

uint64_t gateway_random(void)
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = clock_now_us() << 22 ^ (uint64_t)getpid();
	return number;
}

/* A simulated board may have a serial number among its files. */
static int open_discovery(struct gateway *gateway)
{
	const char *root = gateway->simulation ? getenv("TOS_SIM_DIR") : NULL;
	int r = discovery_init(&gateway->discovery, gateway->outbox, gateway->files);

	if (r < 0)
		return r;
	gateway->discovery.board = gateway->board_name;
	discovery_identify(&gateway->discovery, root ? root : "", gateway->options->state_dir);
	return 0;
}

static int build(struct gateway *gateway)
{
	struct outbox_settings outbox = {
		OUTBOX_READING_BYTES, OUTBOX_OTHER_BYTES, payload_set_time};
	int r;

	health_init(&gateway->health, clock_now_us(), gateway_random());
	failsafe_init(&gateway->failsafe, gateway->config->failsafe.after_us, clock_now_us());
	gateway_first_interval(gateway);
	if ((r = gateway_open_files(gateway)) < 0)
		return r;
	/* Both wait for the disk, so they come before anything is on. */
	gateway_read_past_maps(gateway);
	gateway_keep_map(gateway);
	/* The outputs come first: until they are requested, the motors' inputs float. */
	if ((r = gateway_open_board(gateway, gateway->config)) < 0 ||
		(r = open_outputs(gateway)) < 0 ||
		(r = outbox_new(&outbox, &gateway->outbox)) < 0 ||
		(r = open_discovery(gateway)) < 0 ||
		(r = queue_new(LINK_EVENTS_BYTES, &gateway->link_events)) < 0 ||
		(r = queue_new(SAMPLER_EVENTS_BYTES, &gateway->sampler_events)) < 0 ||
		(r = publisher_new(gateway->outbox, &gateway->publisher)) < 0)
		return r;
	gateway->router = (struct router){
		.config = gateway->config,
		.outputs = gateway->outputs,
		.outbox = gateway->outbox,
		.refusals = &gateway->refusals,
		.repeats = &gateway->repeats,
		.is_forgetful = true,
		.set_interval = router_set_interval,
		.counts = &gateway->counts,
		.set_count = router_set_count,
		.read_now = router_read_now,
		.applied = router_applied,
		.born = router_born,
		.met = router_met,
		.userdata = gateway,
	};
	gateway_publish_state(gateway);
	gateway_publish_about(gateway);
	if ((r = start_threads(gateway)) < 0 || (r = gateway_attach_events(gateway)) < 0)
		return r;
	if (gateway->simulation && (r = simulation_attach(gateway->simulation, gateway->loop)) < 0)
		return r;
	return watchdog_start(&gateway->watchdog, gateway->loop, gateway->sampler, gateway->link);
}

/* True if one that moves has failed. */
static bool is_any_moving_left(const struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->config->n_outputs; i++)
		if (gateway->config->outputs[i].kind->moves && !outputs_get(gateway->outputs, i).ok)
			return true;
	return false;
}

/* Tries until that time. True if every motor is stopped, and all else as the fail-safe has it. */
static bool make_safe(struct gateway *gateway, uint64_t until_us)
{
	bool safe = outputs_safe_again(gateway->outputs);

	while (!safe && clock_now_us() < until_us) {
		(void)usleep(SAFE_AGAIN_US);
		safe = outputs_safe_again(gateway->outputs);
	}
	return safe;
}

/*
 * Stops motors first and says farewell to the broker last. Whatever others still use is freed after
 * them. False if an output could not be made safe.
 */
static bool tear_down(struct gateway *gateway)
{
	uint64_t begin_us = clock_now_us(), end_us = begin_us + CLOSE_US;
	bool safe = true, is_stuck, disk_answers;

	watchdog_stop(&gateway->watchdog);
	gateway_detach_events(gateway);
	if (gateway->outputs) {
		outputs_safe(gateway->outputs);
		safe = make_safe(gateway, begin_us + SAFE_FIRST_US);
		if (gateway->outbox)
			gateway_publish_state(gateway);
	}
	is_stuck = sampler_close(gateway->sampler, SAMPLER_CLOSE_US) < 0;
	if (is_stuck)
		log_info("sensors",
			"a part that takes long is still being read: what it measures is lost");
	file_keeper_end(gateway->files);
	map_keeper_end(gateway->maps);
	if (gateway->link)
		gateway_answer_rest(gateway, clock_now_us() + ANSWER_REST_US);
	gateway->link = link_close(gateway->link, LINK_CLOSE_US);
	if (gateway->link_events && gateway->outbox)
		gateway_tell_unanswered(gateway);
	disk_answers = gateway_close_files(gateway, end_us, is_stuck);
	if (!safe)
		safe = make_safe(gateway, end_us);
	if (!safe)
		log_error(NULL, "ended with %s",
			is_any_moving_left(gateway) ? "a motor that could not be stopped"
						    : "an output that could not be turned off");
	outputs_free(gateway->outputs);
	gateway_free_files(gateway);
	if (is_stuck) /* the sampler keeps all the rest until the end */
		return safe;
	publisher_free(gateway->publisher);
	queue_free(gateway->sampler_events);
	queue_free(gateway->link_events);
	outbox_free(gateway->outbox);
	gateway_close_board(gateway);
	gateway_forget_past_maps(gateway);
	if (disk_answers) {
		discovery_free(&gateway->discovery);
		config_free(gateway->retired);
		config_free(gateway->config);
	}
	sd_event_unref(gateway->loop);
	return safe;
}

static int on_end_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct gateway *gateway = userdata;
	bool running = outputs_running(gateway->outputs, true);
	/* First of all, before a word of it and before any other event is looked at. */
	int r = outputs_safe(gateway->outputs);

	log_info(NULL, "ending on SIG%s%s", sigabbrev_np((int)info->ssi_signo),
		running && r == 0 ? "; motors are stopped" : "");
	sd_notify(0, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), EXIT_OK);
}

static int on_reload_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	gateway_reload(userdata);
	return 0;
}

static int make_loop(struct gateway *gateway)
{
	int r = sd_event_new(&gateway->loop);

	for (size_t i = 0; i < N_END_SIGNALS && r >= 0; i++) {
		sd_event_source *end = NULL;

		r = sd_event_add_signal(
			gateway->loop, &end, END_SIGNALS[i], on_end_signal, gateway);
		if (r < 0)
			break;
		sd_event_source_set_priority(end, SD_EVENT_PRIORITY_IMPORTANT);
		sd_event_source_set_floating(end, true);
		sd_event_source_unref(end);
	}
	if (r >= 0)
		r = sd_event_add_signal(gateway->loop, NULL, SIGHUP, on_reload_signal, gateway);
	return r < 0 ? r : 0;
}

static void fill_with_end_signals(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < N_END_SIGNALS; i++)
		sigaddset(set, END_SIGNALS[i]);
}

int gateway_end_signals_fd(void)
{
	sigset_t set;

	fill_with_end_signals(&set);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Call this before any thread exists: signals come through the loop. */
static void prepare_signals(void)
{
	sigset_t set;

	fill_with_end_signals(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Before any output is touched, since another process may drive the same ones. */
static int lock_state(struct gateway *gateway)
{
	const char *state_dir = gateway->options->state_dir;
	char first[64] = "another tosd";
	pid_t holder = 0;
	int r = state_lock(state_dir, &gateway->state_lock, &holder);

	if (r == 0)
		return 0;
	if (holder > 0)
		(void)snprintf(
			first, sizeof(first), "the tosd with the process id %d", (int)holder);
	log_error(NULL,
		"%s is in use by %s: end that one, or give this one a state directory of its own "
		"with --state",
		state_dir, first);
	return r;
}

int gateway_run(const struct gateway_options *options)
{
	static struct gateway gateway; /* large, and there is only one */
	int exit_code = gateway_load_config(options->config_path, &gateway.config);
	char counts[GATEWAY_COUNTS_BYTES];
	int r;

	if (exit_code >= 0)
		return exit_code;
	gateway.options = options;
	if (lock_state(&gateway) < 0) {
		config_free(gateway.config);
		return EXIT_FAILED;
	}
	prepare_signals();
	mqtt_client_prepare_environment();
	r = make_loop(&gateway);
	if (r == 0)
		r = build(&gateway);
	if (r < 0) {
		log_error(NULL, "cannot start: %s", strerror(-r));
		tear_down(&gateway);
		state_unlock(&gateway.state_lock);
		return EXIT_FAILED;
	}
	outputs_start_now(gateway.outputs);
	gateway_count_outputs(gateway.config, counts);
	log_info(NULL, "tosd " TOS_VERSION " runs%s: sensors %zu%s, interval %u ms",
		options->simulate ? " on a simulated board" : "", gateway.config->n_sensors, counts,
		gateway.interval_ms);
	gateway_clear_past_topics(&gateway);
	gateway_settle_map(&gateway);
	sd_notify(0, "READY=1");
	gateway_notify_status(&gateway);
	gateway_follow_outputs(&gateway);
	r = sd_event_loop(gateway.loop);
	if (!tear_down(&gateway) && r == EXIT_OK)
		r = EXIT_FAILED;
	state_unlock(&gateway.state_lock);
	if (r < 0) {
		log_error(NULL, "the loop failed: %s", strerror(-r));
		return EXIT_FAILED;
	}
	return r;
}
