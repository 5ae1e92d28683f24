/* SPDX-License-Identifier: MIT */
/* The configuration made from a map without mistakes. Mistakes are in test_config_maps.c. */
#include "config.h"
#include "motor.h"
#include "output_words.h"
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CLOSE(value, expected) assert_true(fabs((value) - (expected)) < 1e-9)

static const struct host PI = {.name = "pi", .id = "0123456789ab"};

static struct config *load_file(const char *path)
{
	struct diag *diag = NULL;
	struct config *config = NULL;

	assert_int_equal(diag_new(path, &diag), 0);
	int r = config_load(path, &PI, diag, &config);
	diag_print(diag, stderr);
	assert_int_equal(r, 0);
	assert_string_equal(config->path, path);
	diag_free(diag);
	return config;
}

static void write_map(char path[static 32], const char *text)
{
	strcpy(path, "/tmp/test_config.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static struct config *load_text(const char *text)
{
	char path[32];

	write_map(path, text);
	struct config *config = load_file(path);
	assert_int_equal(unlink(path), 0);
	return config;
}

/* The number of mistakes of a text. */
static size_t count_mistakes_on(const char *text, const struct host *host)
{
	char path[32];
	struct diag *diag = NULL;
	struct config *config = NULL;

	write_map(path, text);
	assert_int_equal(diag_new("map", &diag), 0);
	int r = config_load(path, host, diag, &config);
	assert_int_equal(unlink(path), 0);
	size_t count = diag_count(diag);
	assert_int_equal(r, count ? -EINVAL : 0);
	config_free(config);
	diag_free(diag);
	return count;
}

static size_t count_mistakes(const char *text)
{
	return count_mistakes_on(text, &PI);
}

static struct config *load_every_option(void)
{
	const char *root = getenv("SOURCE_ROOT");
	char path[4096];

	if (!CONFIG_HAS_TLS) /* one of its URLs is mqtts:// */
		skip();
	assert_non_null(root);
	(void)snprintf(path, sizeof(path), "%s/tests/config/good/every-option.yaml", root);
	return load_file(path);
}

static void assert_failsafe(const struct config *config, const char *word, const char *expected)
{
	const struct output_kind *kind = output_kind_find(word);
	unsigned index = config->failsafe.of_kind[output_kind_index(kind)];

	assert_string_equal(kind->failsafe[index].word, expected);
	for (size_t i = 0; i < config->n_outputs; i++)
		if (config->outputs[i].kind == kind)
			assert_int_equal(config->outputs[i].failsafe, index);
}

static void test_defaults(void **state)
{
	(void)state;
	struct config *config = load_text("mqtt: {url: mqtt://localhost}\n");
	const struct config_mqtt *mqtt = &config->mqtt;

	assert_int_equal(mqtt->n_urls, 1);
	assert_string_equal(mqtt->urls[0], "mqtt://localhost:1883");
	assert_int_equal(mqtt->url_order, CONFIG_URL_ORDER_GIVEN);
	assert_string_equal(mqtt->topic, "tos");
	assert_string_equal(mqtt->client_id, "tos-pi");
	assert_null(mqtt->username);
	assert_null(mqtt->password_file);
	assert_null(mqtt->tls.ca);
	assert_null(mqtt->tls.cert);
	assert_null(mqtt->tls.key);
	assert_int_equal(mqtt->keepalive_s, 20);
	assert_null(mqtt->will.topic);
	assert_string_equal(mqtt->will.payload, "offline");
	assert_int_equal(mqtt->will.qos, 1);
	assert_true(mqtt->will.retain);
	assert_null(mqtt->discovery);
	assert_string_equal(config->device.name, "pi");
	assert_null(config->device.area);
	assert_int_equal(mqtt->version, CONFIG_MQTT_VERSION_AUTO);
	assert_int_equal(mqtt->qos, 1);
	assert_true(mqtt->timestamp);
	assert_false(mqtt->accept_retained);
	assert_true(mqtt->clean_start);
	assert_int_equal(mqtt->session_expiry_s, 7 * 24 * 3600);
	assert_int_equal(mqtt->will_delay_s, 0);
	assert_int_equal(mqtt->health_interval_us, 60000000);
	assert_int_equal(config->n_chips + config->n_sensors + config->n_packed, 0);
	assert_int_equal(config->n_outputs, 0);
	assert_int_equal(config->interval.default_ms, 500);
	assert_int_equal(config->interval.min_ms, 20);
	assert_int_equal(config->interval.max_ms, 3600000);
	assert_false(config->interval.remember);
	assert_int_equal(config->interval.topic_unit_ms, 1);
	assert_int_equal(config->failsafe.after_us, 5000000);
	assert_failsafe(config, "motor", "stop");
	assert_failsafe(config, "led", "keep");
	assert_int_equal(config->spool.size_bytes, 16 << 20);
	assert_int_equal(config->spool.after_us, 30000000);
	config_free(config);
}

static void assert_sampling(const struct config_sensor *sensor, const char *key, uint64_t size)
{
	assert_string_equal(sensor->sampling->key, key);
	assert_int_equal(sensor->sampling_size, size);
}

static void test_defaults_of_items(void **state)
{
	(void)state;
	struct config *config = load_text("mqtt: {url: mqtt://localhost}\n"
					  "chips:\n"
					  "  climate: {driver: bme280, bus: /dev/i2c-1}\n"
					  "sensors:\n"
					  "  temp: {from: climate.temperature}\n"
					  "leds: [{line: GPIO17}]\n"
					  "motors: [{forward: GPIO5, backward: GPIO6}]\n");
	const struct config_chip *chip = &config->chips[0];
	const struct config_sensor *sensor = &config->sensors[0];

	assert_int_equal(chip->address, chip->driver->addresses[0]);
	for (size_t i = 0; i < chip->driver->n_params; i++)
		CLOSE(chip->params[i], chip->driver->params[i].default_value);
	assert_int_equal(sensor->decimals, 0);
	assert_sampling(sensor, "average", 1);
	CLOSE(sensor->ema, 1);
	CLOSE(sensor->scale, 1);
	CLOSE(sensor->offset, 0);
	assert_null(sensor->calibrate);
	assert_true(isinf(sensor->min) && sensor->min < 0);
	assert_true(isinf(sensor->max) && sensor->max > 0);
	CLOSE(sensor->deadband, 0);
	assert_int_equal(sensor->every_us, 0);
	assert_false(sensor->topic);
	assert_false(sensor->simulated);
	assert_string_equal(outputs_begin(config, "led")[0].name, "led0");
	assert_false(outputs_begin(config, "led")[0].active_low);
	CLOSE(output_param(&outputs_begin(config, "led")[0], "min_duty"), 0);
	CLOSE(output_param(&outputs_begin(config, "led")[0], "gamma"), 2.2);
	assert_string_equal(outputs_begin(config, "motor")[0].name, "motor0");
	assert_int_equal(
		(int)output_param(&outputs_begin(config, "motor")[0], "stop"), MOTOR_COAST);
	assert_int_equal((int)output_param(&outputs_begin(config, "motor")[0], "ramp"), 0);
	assert_int_equal(
		(int)output_param(&outputs_begin(config, "motor")[0], "reverse_pause"), 100000);
	config_free(config);
}

static double param(const struct config_chip *chip, const char *key)
{
	for (size_t i = 0; i < chip->driver->n_params; i++) {
		if (strcmp(chip->driver->params[i].key, key) == 0)
			return chip->params[i];
	}
	fail_msg("no param %s", key);
	return 0;
}

/* The bus decides which driver a part has that is sold for both buses. */
static void test_a_bus_of_spi_chooses_the_driver(void **state)
{
	(void)state;
	struct config *config =
		load_text("mqtt: {url: mqtt://localhost}\n"
			  "chips:\n"
			  "  climate: {driver: bme280, bus: /dev/spidev0.1, speed: 2MHz}\n"
			  "  air: {driver: bmp280, bus: /dev/i2c-1}\n"
			  "sensors:\n"
			  "  temp: {from: climate.humidity}\n"
			  "  air: {from: air.pressure}\n");

	assert_ptr_equal(config->chips[0].driver, driver_find("bme280_spi"));
	CLOSE(param(&config->chips[0], "speed"), 2e6);
	assert_ptr_equal(config->chips[1].driver, driver_find("bmp280"));
	config_free(config);
}

static void test_lines_of_a_chip(void **state)
{
	(void)state;
	struct config *config = load_text("mqtt: {url: mqtt://localhost}\n"
					  "chips:\n"
					  "  door: {driver: switch, line: GPIO23, bias: pull-up, "
					  "active_low: true, debounce: 30ms}\n"
					  "  gate: {driver: switch, line: GPIO24}\n"
					  "  same: {driver: switch, line: GPIO25, bias: pull-up}\n"
					  "sensors:\n"
					  "  door: {from: door}\n");
	const struct config_chip *chips = config->chips;

	assert_string_equal(chips[0].bus, "GPIO23");
	assert_int_equal(chips[0].lines.bias, LINES_BIAS_PULL_UP);
	assert_true(chips[0].lines.active_low);
	assert_int_equal(chips[1].lines.bias, LINES_BIAS_AS_IS);
	assert_false(chips[1].lines.active_low);
	assert_int_equal(chips[0].lines.debounce_us, 30000);
	assert_int_equal(chips[1].lines.debounce_us, 0);
	assert_non_null(strstr(chips[0].fingerprint, "bias 1\nactive_low 1\ndebounce 30000\n"));
	assert_non_null(strstr(chips[2].fingerprint, "bias 1\nactive_low 0\ndebounce 0\n"));
	assert_int_equal(config->sensors[0].chip, 0);
	assert_int_equal(config->sensors[0].channel, 0);
	config_free(config);
}

static void test_mqtt(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_mqtt *mqtt = &config->mqtt;

	assert_int_equal(mqtt->n_urls, 3);
	assert_string_equal(mqtt->urls[0], "mqtt://broker-a:1883");
	assert_string_equal(mqtt->urls[1], "mqtts://[2001:db8::1]:8884");
	assert_string_equal(mqtt->urls[2], "mqtt://10.0.0.1:1884");
	assert_string_equal(mqtt->topic, "site/pi/tos");
	assert_string_equal(mqtt->client_id, "edge-pi-0123456789ab-pi");
	assert_string_equal(mqtt->username, "edge-a");
	assert_string_equal(mqtt->tls.ca, "/etc/passwd");
	assert_int_equal(mqtt->url_order, CONFIG_URL_ORDER_RANDOM);
	assert_string_equal(mqtt->tls.cert, "/etc/group");
	assert_string_equal(mqtt->tls.key, "/etc/hosts");
	assert_int_equal(mqtt->keepalive_s, 60);
	assert_string_equal(mqtt->will.topic, "tos/except/pi");
	assert_string_equal(mqtt->will.payload, "Force terminate");
	assert_int_equal(mqtt->will.qos, 2);
	assert_false(mqtt->will.retain);
	assert_string_equal(mqtt->discovery, "homeassistant");
	assert_string_equal(config->device.name, "Green House on pi");
	assert_string_equal(config->device.area, "Garden");
	assert_int_equal(mqtt->version, CONFIG_MQTT_VERSION_5);
	assert_int_equal(mqtt->qos, 2);
	assert_false(mqtt->timestamp);
	assert_true(mqtt->accept_retained);
	assert_false(mqtt->clean_start);
	assert_int_equal(mqtt->session_expiry_s, 2 * 3600);
	assert_int_equal(mqtt->will_delay_s, 45);
	assert_int_equal(mqtt->health_interval_us, 300000000);
	config_free(config);
}

static void test_chips(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_chip *chips = config->chips;

	assert_int_equal(config->n_chips, 7);
	assert_string_equal(chips[0].name, "climate");
	assert_ptr_equal(chips[0].driver, driver_find("bme280"));
	assert_string_equal(chips[0].bus, "/dev/i2c-10");
	assert_int_equal(chips[0].address, 0x76);
	CLOSE(param(&chips[0], "oversampling"), 16);
	CLOSE(param(&chips[0], "filter"), 8);
	assert_string_equal(chips[1].bus, "/dev/spidev1.2");
	assert_int_equal(chips[1].address, 0);
	CLOSE(param(&chips[1], "speed"), 500e3);
	assert_int_equal(chips[2].address, 0x49);
	CLOSE(param(&chips[2], "range"), 0.512);
	CLOSE(param(&chips[2], "rate"), 860);
	assert_int_equal(chips[3].address, 0x40);
	CLOSE(param(&chips[3], "frequency"), 200);
	CLOSE(param(&chips[3], "open_drain"), 1);
	CLOSE(param(&chips[3], "inverted"), 1);
	assert_ptr_equal(chips[4].driver, driver_find("hwmon"));
	assert_string_equal(chips[4].bus, "cpu_thermal");
	assert_int_equal(chips[4].address, 0);
	assert_string_equal(chips[5].bus, "1-0039");
	config_free(config);
}

static void test_sensors(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_sensor *temp = &config->sensors[0], *humi = &config->sensors[1];
	const struct config_sensor *sound = &config->sensors[2], *light = &config->sensors[3];

	assert_int_equal(config->n_sensors, 7);
	assert_string_equal(temp->name, "temp");
	assert_int_equal(temp->chip, 0);
	assert_int_equal(
		temp->channel, driver_channel_find(config->chips[0].driver, "temperature"));
	assert_int_equal(temp->decimals, 2);
	assert_sampling(temp, "average", 4);
	CLOSE(temp->ema, 0.25);
	assert_int_equal(temp->every_us, 10000000);
	assert_string_equal(temp->label, "거실");
	assert_string_equal(temp->class, "heat");
	assert_string_equal(temp->unit, "K");

	assert_null(humi->label);
	assert_int_equal(humi->channel, driver_channel_find(config->chips[0].driver, "humidity"));
	assert_sampling(humi, "median", 5);
	CLOSE(humi->min, 1);
	CLOSE(humi->max, 99);
	assert_true(humi->topic);
	CLOSE(humi->deadband, 0.5);

	assert_int_equal(sound->chip, 1);
	assert_int_equal(sound->channel, 7);
	assert_sampling(sound, "peak_to_peak", 50000);

	assert_int_equal(light->chip, 2);
	assert_int_equal(light->channel, driver_channel_find(config->chips[2].driver, "0-1"));
	CLOSE(light->scale, -2.5);
	CLOSE(light->offset, 1000);
	assert_int_equal(light->n_calibrate, 3);
	CLOSE(light->calibrate[0].raw, -0.5);
	CLOSE(light->calibrate[2].raw, 0.5);
	CLOSE(light->calibrate[2].value, 40);
	config_free(config);
}

static void assert_wave(const struct config_sensor *sensor, enum sim_wave_kind kind, double min,
	double max, uint64_t period_us)
{
	assert_true(sensor->simulated);
	assert_int_equal(sensor->simulate.kind, kind);
	CLOSE(sensor->simulate.min, min);
	CLOSE(sensor->simulate.max, max);
	assert_int_equal(sensor->simulate.period_us, period_us);
}

static void test_simulate(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_sensor *sensors = config->sensors;

	assert_wave(&sensors[0], SIM_WAVE_CONSTANT, -3.5, -3.5, 1);
	assert_false(sensors[1].simulated);
	assert_wave(&sensors[2], SIM_WAVE_NOISE, 10, 4000, 2000000);
	assert_wave(&sensors[4], SIM_WAVE_RAMP, 0, 1, 60000000);
	assert_wave(&sensors[5], SIM_WAVE_STEP, 0, 1, 3600000000);
	assert_wave(&sensors[6], SIM_WAVE_SINE, 0, 1, 60000000);
	config_free(config);
}

static void test_packed(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_packed *packed = config->packed;
	static const char letters[] = "bBhHiIqQfd";
	static const size_t sensors[] = {0, 1, 2, 3, 4, 5, 6, 0, 1, 0};

	assert_int_equal(config->n_packed, 3);
	assert_string_equal(packed[0].topic, "temphumi");
	assert_false(packed[0].big_endian);
	assert_int_equal(packed[0].n_fields, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(packed[0].fields[i].letter, 'H');
		assert_int_equal(packed[0].fields[i].sensor, i);
	}
	assert_string_equal(packed[1].topic, "all/big");
	assert_true(packed[1].big_endian);
	assert_int_equal(packed[1].n_fields, strlen(letters));
	for (size_t i = 0; i < strlen(letters); i++) {
		assert_int_equal(packed[1].fields[i].letter, letters[i]);
		assert_int_equal(packed[1].fields[i].sensor, sensors[i]);
	}
	assert_false(packed[2].big_endian);
	assert_int_equal(packed[2].fields[0].sensor, 3);
	config_free(config);
}

static void assert_line(const struct config_port *output, const char *line)
{
	assert_int_equal(output->type, PORT_LINE);
	assert_string_equal(output->line, line);
	assert_null(output->pwm_chip);
}

static void assert_soft(const struct config_port *output, const char *line, double hz)
{
	assert_int_equal(output->type, PORT_SOFT_PWM);
	assert_string_equal(output->line, line);
	CLOSE(output->frequency_hz, hz);
}

static void assert_part(const struct config_port *output, size_t chip, unsigned channel)
{
	assert_int_equal(output->type, PORT_CHIP_PWM);
	assert_int_equal(output->chip, chip);
	assert_int_equal(output->channel, channel);
	assert_null(output->line);
	assert_null(output->pwm_chip);
}

static void assert_soc(
	const struct config_port *output, const char *chip, unsigned channel, double hz)
{
	assert_int_equal(output->type, PORT_SOC_PWM);
	assert_string_equal(output->pwm_chip, chip);
	assert_int_equal(output->channel, channel);
	CLOSE(output->frequency_hz, hz);
}

static void assert_kernel_led(const struct config_port *output, const char *name)
{
	assert_int_equal(output->type, PORT_KERNEL_LED);
	assert_string_equal(output->kernel_led, name);
	assert_null(output->line);
	assert_null(output->pwm_chip);
}

static void test_leds(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_output *leds = outputs_begin(config, "led");

	assert_int_equal(outputs_of(config, "led")->n, 7);
	assert_string_equal(leds[0].name, "red");
	assert_true(leds[0].topic && !leds[1].topic);
	assert_line(&leds[0].ports[0], "GPIO17");
	assert_true(leds[0].active_low);
	assert_soft(&leds[1].ports[0], "pinctrl-rp1:27", 50);
	CLOSE(output_param(&leds[1], "gamma"), 1);
	assert_part(&leds[2].ports[0], 3, 15);
	CLOSE(output_param(&leds[2], "min_duty"), 0.025);
	assert_string_equal(leds[3].name, "led3");
	assert_soc(&leds[3].ports[0], "pwmchip0", 1, 1000);
	assert_string_equal(leds[4].name, "4th");
	assert_soc(&leds[4].ports[0], "fe20c000.pwm", 0, 25000);
	assert_kernel_led(&leds[5].ports[0], "ACT");
	CLOSE(output_param(&leds[5], "min_duty"), 0.1);
	CLOSE(output_param(&leds[5], "gamma"), 1.8);
	assert_kernel_led(&leds[6].ports[0], "input3::caps-lock");
	config_free(config);
}

static void test_motors(void **state)
{
	(void)state;
	struct config *config = load_every_option();
	const struct config_output *motors = outputs_begin(config, "motor");

	assert_int_equal(outputs_of(config, "motor")->n, 9);
	assert_string_equal(motors[0].name, "l298n");
	assert_line(&motors[0].ports[0], "GPIO5");
	assert_line(&motors[0].ports[1], "GPIO6");
	assert_int_equal(motors[0].ports[2].type, PORT_NONE);
	assert_soft(&motors[0].ports[3], "GPIO13", 200);

	assert_string_equal(motors[1].name, "motor1");
	assert_part(&motors[1].ports[3], 3, 0);
	assert_int_equal((int)output_param(&motors[1], "ramp"), 1500000);
	CLOSE(output_param(&motors[1], "min_duty"), 0.3);
	assert_true(motors[1].active_low);

	assert_part(&motors[2].ports[0], 3, 1);
	assert_part(&motors[2].ports[1], 3, 2);
	assert_int_equal((int)output_param(&motors[2], "reverse_pause"), 0);
	assert_int_equal((int)output_param(&motors[2], "stop"), MOTOR_BRAKE);

	assert_soft(&motors[3].ports[0], "gpiochip0:8", 100);
	assert_soft(&motors[3].ports[1], "gpiochip0:7", 100);
	assert_line(&motors[4].ports[0], "GPIO10");
	assert_int_equal(motors[4].ports[3].type, PORT_NONE);
	assert_line(&motors[5].ports[3], "GPIO26");
	assert_line(&motors[6].ports[2], "GPIO12");
	assert_soc(&motors[6].ports[3], "1f00098000.pwm", 0, 20000);
	assert_line(&motors[7].ports[2], "GPIO14");
	assert_soft(&motors[7].ports[3], "GPIO15", 100);
	assert_line(&motors[8].ports[3], "GPIO18");
	config_free(config);
}

static void test_timing(void **state)
{
	(void)state;
	struct config *config = load_every_option();

	assert_int_equal(config->interval.default_ms, 2000);
	assert_int_equal(config->interval.min_ms, 10);
	assert_int_equal(config->interval.max_ms, 86400000);
	assert_true(config->interval.remember);
	assert_int_equal(config->interval.topic_unit_ms, 1000);
	assert_int_equal(config->failsafe.after_us, 90000000);
	assert_failsafe(config, "motor", "keep");
	assert_failsafe(config, "led", "off");
	assert_int_equal(config->spool.size_bytes, 1 << 30);
	assert_int_equal(config->spool.after_us, 120000000);
	config_free(config);

	config = load_text("mqtt: {url: mqtt://localhost}\ninterval: 0.25s\n");
	assert_int_equal(config->interval.default_ms, 250);
	assert_int_equal(config->interval.min_ms, 20);
	assert_int_equal(config->interval.max_ms, 3600000);
	config_free(config);
}

/* A chip's name wins over a kernel PWM chip's, since it is in the map. */
static void test_output_of_a_chip_called_pwmchip0(void **state)
{
	(void)state;
	struct config *config = load_text("mqtt: {url: mqtt://localhost}\n"
					  "chips: {pwmchip0: {driver: pca9685, bus: /dev/i2c-1}}\n"
					  "leds: [{pwm: pwmchip0.3}, {pwm: pwmchip1.3}]\n");

	assert_part(&outputs_begin(config, "led")[0].ports[0], 0, 3);
	assert_soc(&outputs_begin(config, "led")[1].ports[0], "pwmchip1", 3, 1000);
	config_free(config);
}

static void test_host_name_that_makes_no_topic(void **state)
{
	(void)state;
	static const char *const text = "mqtt: {url: mqtt://localhost, topic: tos/%H}\n";

	assert_int_equal(count_mistakes(text), 0);
	assert_int_equal(count_mistakes_on(text, &(struct host){.name = "p+i"}), 1);
	assert_int_equal(count_mistakes_on(text, &(struct host){.name = ""}), 1);
}

static void test_board_without_identity(void **state)
{
	(void)state;
	static const struct host NONE = {.name = "pi"};

	assert_int_equal(count_mistakes_on("mqtt: {url: mqtt://localhost}\n", &NONE), 0);
	assert_int_equal(count_mistakes_on("mqtt: {url: mqtt://localhost, topic: a/%i,\n"
					   "  client_id: 'b%i', will: {topic: c/%i}}\n",
				 &NONE),
		3);
}

static void test_password_file(void **state)
{
	(void)state;
	static const struct {
		mode_t mode;
		size_t mistakes;
	} cases[] = {{0600, 0}, {0400, 0}, {0640, 1}, {0604, 1}, {0620, 1}, {0601, 1}};
	char path[32], text[128];

	write_map(path, "secret\n");
	(void)snprintf(text, sizeof(text),
		"mqtt: {url: mqtt://localhost, username: me, password_file: %s}\n", path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(count_mistakes(text), cases[i].mistakes);
	}
	/* MQTT 3.1.1 knows no password without a user name. */
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(
		text, sizeof(text), "mqtt: {url: mqtt://localhost, password_file: %s}\n", path);
	assert_int_equal(count_mistakes(text), 1);
	assert_int_equal(unlink(path), 0);
}

static void test_file_that_is_not_there(void **state)
{
	(void)state;
	struct diag *diag = NULL;
	struct config *config = NULL;

	assert_int_equal(diag_new("tosd.yaml", &diag), 0);
	assert_int_equal(config_load("/nonexistent/tosd.yaml", &PI, diag, &config), -EINVAL);
	assert_int_equal(diag_count(diag), 1);
	assert_null(config);
	diag_free(diag);
	assert_null(config_free(NULL));
}

/* A map of which one line can be exchanged. */
#define MAP(chip, sensor, led, motor)                                                              \
	"mqtt: {url: mqtt://localhost}\n"                                                          \
	"chips:\n"                                                                                 \
	"  board: {driver: pca9685, bus: /dev/i2c-1" chip "}\n"                                    \
	"  adc: {driver: mcp3208, bus: /dev/spidev0.0}\n"                                          \
	"sensors: {cds: {from: adc.0" sensor "}}\n"                                                \
	"leds: [{name: red, pwm: board.3" led "}]\n"                                               \
	"motors: [{forward: GPIO5, backward: GPIO6, enable: board.0" motor "}]\n"

/* Checks which fingerprints of two maps differ, one letter for each. */
static void compare(const char *first, const char *second, const char *expected)
{
	struct config *a = load_text(first), *b = load_text(second);
	char different[8] = "";

	if (strcmp(a->mqtt.fingerprint, b->mqtt.fingerprint) != 0)
		strcat(different, "q");
	if (strcmp(a->chips[0].fingerprint, b->chips[0].fingerprint) != 0)
		strcat(different, "c");
	if (strcmp(a->sensors[0].fingerprint, b->sensors[0].fingerprint) != 0)
		strcat(different, "s");
	if (strcmp(outputs_begin(a, "led")[0].fingerprint,
		    outputs_begin(b, "led")[0].fingerprint) != 0)
		strcat(different, "l");
	if (strcmp(outputs_begin(a, "motor")[0].fingerprint,
		    outputs_begin(b, "motor")[0].fingerprint) != 0)
		strcat(different, "m");
	assert_string_equal(different, expected);
	config_free(a);
	config_free(b);
}

static void test_fingerprints(void **state)
{
	(void)state;
	static const char *const map = MAP("", "", "", "");

	compare(map, map, "");
	/* The same settings in other words. */
	compare(map, MAP(", frequency: 1kHz", ", decimals: 0", ", gamma: 2.2", ", ramp: 0s"), "");
	compare(MAP("", "", "", ", ramp: 1s"), MAP("", "", "", ", ramp: 1000ms"), "");
	/* Channels change with their chip. */
	compare(map, MAP(", frequency: 500Hz", "", "", ""), "clm");
	compare(map, MAP(", address: 0x41", "", "", ""), "clm");
	compare(map, MAP("", ", decimals: 1", "", ""), "s");
	compare(map, MAP("", ", calibrate: [[0, 0], [1, 2]]", "", ""), "s");
	compare(map, MAP("", ", simulate: 5", "", ""), "s");
	compare(map, MAP("", "", ", min_duty: 1%", ""), "l");
	compare(map, MAP("", "", ", active_low: true", ""), "l");
	compare(map, MAP("", "", "", ", stop: brake"), "m");
	compare(map, MAP("", "", "", ", name: left"), "m");
}

/* They are published alone where somebody would take a null for a loss. */
static void test_rare_sensors_have_topics_of_their_own(void **state)
{
	(void)state;
	static const char TEXT[] = "mqtt: {url: mqtt://localhost%s}\n"
				   "chips:\n"
				   "  air: {driver: sht3x, bus: /dev/i2c-1}\n"
				   "  gas: {driver: scd4x, bus: /dev/i2c-1}\n"
				   "  cpu: {driver: hwmon, bus: cpu_thermal}\n"
				   "sensors:\n"
				   "  temp: {from: air.temperature}\n"
				   "  humi: {from: air.humidity, every: 10s}\n"
				   "  co2: {from: gas.co2}\n"
				   "  cpu: {from: cpu.temp1}\n"
				   "  dew: {derive: dew_point, of: [temp, humi]}\n";
	static const bool IS_RARE[] = {false, true, true, true, true};

	for (int on = 0; on < 2; on++) {
		char text[1024];
		struct config *config;

		(void)snprintf(text, sizeof(text), TEXT, on ? ", discovery: a" : "");
		config = load_text(text);
		for (size_t i = 0; i < config->n_sensors; i++) {
			assert_int_equal(config->sensors[i].is_rare, IS_RARE[i]);
			assert_int_equal(config->sensors[i].topic, on && IS_RARE[i]);
		}
		config_free(config);
	}
}

/* The connection, and what runs by it, goes on. */
static void test_settings_that_are_not_of_the_connection(void **state)
{
	(void)state;
	struct config *plain = load_text("mqtt: {url: mqtt://localhost}\n");
	struct config *other =
		load_text("mqtt: {url: mqtt://localhost, timestamp: false, accept_retained: true, "
			  "health_interval: 1s}\n");

	assert_string_equal(plain->mqtt.fingerprint, other->mqtt.fingerprint);
	config_free(plain);
	config_free(other);
}

/* Each connection setting by itself. */
static void test_fingerprint_of_the_connection(void **state)
{
	(void)state;
	static const char *const settings[] = {
		"url_order: random",
		"topic: a",
		"discovery: a",
		"client_id: a",
		"username: a",
		"keepalive: 30s",
		"will: {topic: a}",
		"will: {topic: a, payload: b}",
		"will: {topic: a, qos: 0}",
		"will: {topic: a, retain: false}",
		"version: 5",
		"qos: 0",
		"clean_start: false",
		"clean_start: false, session_expiry: 1h",
		"clean_start: false, will_delay: 1h",
	};
	enum { N = sizeof(settings) / sizeof(settings[0]) };
	struct config *configs[N];

	for (size_t i = 0; i < N; i++) {
		char text[128];
		(void)snprintf(
			text, sizeof(text), "mqtt: {url: mqtt://localhost, %s}\n", settings[i]);
		configs[i] = load_text(text);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
				configs[i]->mqtt.fingerprint, configs[k]->mqtt.fingerprint);
	}
	for (size_t i = 0; i < N; i++)
		config_free(configs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_defaults_of_items),
		cmocka_unit_test(test_a_bus_of_spi_chooses_the_driver),
		cmocka_unit_test(test_lines_of_a_chip),
		cmocka_unit_test(test_mqtt),
		cmocka_unit_test(test_chips),
		cmocka_unit_test(test_sensors),
		cmocka_unit_test(test_simulate),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_leds),
		cmocka_unit_test(test_motors),
		cmocka_unit_test(test_timing),
		cmocka_unit_test(test_output_of_a_chip_called_pwmchip0),
		cmocka_unit_test(test_host_name_that_makes_no_topic),
		cmocka_unit_test(test_board_without_identity),
		cmocka_unit_test(test_password_file),
		cmocka_unit_test(test_file_that_is_not_there),
		cmocka_unit_test(test_fingerprints),
		cmocka_unit_test(test_settings_that_are_not_of_the_connection),
		cmocka_unit_test(test_rare_sensors_have_topics_of_their_own),
		cmocka_unit_test(test_fingerprint_of_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
