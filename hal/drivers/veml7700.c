/* SPDX-License-Identifier: MIT */
/*
 * Vishay VEML7700: illuminance on I2C.
 *
 * Datasheet: document 84286, revision 1.8 (28-Nov-2024). Application note: document 84323,
 * "Designing the VEML7700 Into an Application", 06-Mar-2025.
 *
 * The part measures over and over while it is on, and nothing shows that a result is new: one from
 * before a shutdown is kept. So the driver switches the part off and on for each measurement, and
 * waits for the longest time that it can take.
 *
 * - The integration time may be 30 % longer than its name (note, "Command Code ALS_IT").
 * - With the gains 1/8 and 1/4 a polynomial corrects the result. The note asks for that above 1000
 *   lx, and its flow chart (figure 23) from 100 lx on. The driver applies it to all values:
 *   otherwise there would be a step of 7 % at 1000 lx. In the dark it changes the result by 0.2 %.
 * - The gains 1 and 2 are not linear above 100 lx (note). That is their limit here.
 * - There is no checksum. The settings are read back after each result. ALS_PERS has no effect
 *   while no threshold is watched; it is set so that the settings differ from those after a reset,
 *   and from the zeros of a wire that is held low.
 */
#include "chip.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
	REG_ALS_CONF = 0x00,
	REG_POWER_SAVING = 0x03,
	REG_ALS = 0x04,
	REG_ID = 0x07,
	ID_VEML7700 = 0xC481, /* the upper byte is another one at other addresses */

	CONF_GAIN_SHIFT = 11, /* table 1 */
	CONF_IT_SHIFT = 6,
	CONF_PERS_2 = 0x0010,
	CONF_SHUT_DOWN = 0x0001,
	CONF_AT_RESET = 0x0001,

	WAKE_UP_US = 2500, /* from power on to the start, note, figure 23 */
	COUNT_MAX = 65535, /* this bright, or brighter */
};
enum { PARAM_GAIN, PARAM_INTEGRATION, PARAMS };

static const double LUX_PER_COUNT = 0.0042; /* at gain 2 and 800 ms, "Resolution" */

/* Table 1, and the codes in the order of the choices. */
static const double GAINS[] = {0.125, 0.25, 1, 2};
static const uint8_t GAIN_CODES[] = {2, 3, 0, 1};
static const double INTEGRATIONS[] = {25, 50, 100, 200, 400, 800}; /* ms */
static const uint8_t INTEGRATION_CODES[] = {12, 8, 0, 1, 2, 3};

static unsigned choice_of(const double *choices, size_t n, double value)
{
	unsigned nearest = 0;

	for (unsigned i = 1; i < n; i++) {
		if (fabs(choices[i] - value) < fabs(choices[nearest] - value))
			nearest = i;
	}
	return nearest;
}

static uint16_t config_of(const struct chip *chip)
{
	unsigned gain = choice_of(GAINS, DRIVER_COUNT(GAINS), chip->params[PARAM_GAIN]);
	unsigned integration = choice_of(
		INTEGRATIONS, DRIVER_COUNT(INTEGRATIONS), chip->params[PARAM_INTEGRATION]);

	return (uint16_t)(GAIN_CODES[gain] << CONF_GAIN_SHIFT |
		INTEGRATION_CODES[integration] << CONF_IT_SHIFT | CONF_PERS_2);
}

static int write_config(struct chip *chip, unsigned config)
{
	return i2c_write_le16(chip->i2c, chip->address, REG_ALS_CONF, (uint16_t)config);
}

static int check_config(struct chip *chip, unsigned expected)
{
	uint16_t config;
	int r = i2c_read_le16(chip->i2c, chip->address, REG_ALS_CONF, &config);

	if (r < 0)
		return r;
	return config == expected ? 0 : -EBADMSG;
}

static int veml7700_configure(struct chip *chip, uint32_t *ret_wait_us)
{
	unsigned config = config_of(chip) | CONF_SHUT_DOWN;
	int r = write_config(chip, config);

	if (r == 0)
		r = check_config(chip, config);
	if (r == 0) /* another program may have left PSM on, which adds pauses between results */
		r = i2c_write_le16(chip->i2c, chip->address, REG_POWER_SAVING, 0);
	if (r == 0)
		*ret_wait_us = 0;
	return r;
}

/*
 * The ID register of parts with the address 0x10, as several public drivers have it. Older
 * datasheets have no such register (VEML6030, 84366 revision 1.2: 06h is the last).
 */
static int veml7700_identify(struct chip *chip, uint32_t *ret_wait_us, bool *ret_is_certain)
{
	uint16_t id;
	int r = i2c_read_le16(chip->i2c, chip->address, REG_ID, &id);

	(void)ret_wait_us;
	if (r < 0)
		return r;
	if (id != ID_VEML7700)
		return -EBADMSG;
	*ret_is_certain = true;
	return 0;
}

static int veml7700_start(struct chip *chip, unsigned channel, uint32_t *ret_wait_us)
{
	unsigned config = config_of(chip);
	int r = write_config(chip, config | CONF_SHUT_DOWN);

	(void)channel;
	if (r == 0)
		r = write_config(chip, config);
	if (r == 0)
		*ret_wait_us = WAKE_UP_US + (uint32_t)(1300 * chip->params[PARAM_INTEGRATION]);
	return r;
}

/* Note, "Correction formula": for gains of 1/8 and 1/4. It rises everywhere. */
static double corrected(double lux)
{
	return (((6.0135e-13 * lux - 9.3924e-9) * lux + 8.1488e-5) * lux + 1.0023) * lux;
}

static double lux_of(double gain, double integration_ms, double count)
{
	double lux = LUX_PER_COUNT * (2 / gain) * (800 / integration_ms) * count;

	return gain < 1 ? corrected(lux) : lux;
}

static int veml7700_collect(struct chip *chip, unsigned channel, double *ret_values)
{
	uint16_t count;
	int r = i2c_read_le16(chip->i2c, chip->address, REG_ALS, &count);

	if (r == 0)
		r = check_config(chip, config_of(chip));
	if (r == 0)
		ret_values[channel] = lux_of(
			chip->params[PARAM_GAIN], chip->params[PARAM_INTEGRATION], (double)count);
	return r;
}

static void veml7700_narrow(const double *params, unsigned channel, double *min, double *max)
{
	double gain = params[PARAM_GAIN];

	(void)channel;
	(void)min;
	*max = fmin(*max, lux_of(gain, params[PARAM_INTEGRATION], COUNT_MAX - 1));
	if (gain >= 1)
		*max = fmin(*max, 100);
}

/* The simulated part. */

struct veml7700_model {
	uint8_t pointer;
	uint16_t config, power_saving, als;
	uint64_t measured_us; /* when the result of the power-on is there */
	double shown;
	bool loaded; /* a vector's count, instead of shown */
	uint16_t count;
};

static double model_choice(const uint8_t *codes, const double *choices, size_t n, unsigned code)
{
	for (size_t i = 0; i < n; i++) {
		if (codes[i] == code)
			return choices[i];
	}
	return choices[0]; /* reserved */
}

static double model_gain(const struct veml7700_model *model)
{
	return model_choice(
		GAIN_CODES, GAINS, DRIVER_COUNT(GAINS), model->config >> CONF_GAIN_SHIFT & 3u);
}

static double model_integration_ms(const struct veml7700_model *model)
{
	return model_choice(INTEGRATION_CODES, INTEGRATIONS, DRIVER_COUNT(INTEGRATIONS),
		model->config >> CONF_IT_SHIFT & 15u);
}

/* The count for the light shown: the correction inverted by bisection. */
static uint16_t model_convert(const struct veml7700_model *model)
{
	double gain = model_gain(model), integration_ms = model_integration_ms(model);
	double low = 0, high = COUNT_MAX;

	for (int i = 0; i < 40; i++) {
		double middle = (low + high) / 2;

		if (lux_of(gain, integration_ms, middle) < model->shown)
			low = middle;
		else
			high = middle;
	}
	return (uint16_t)low; /* whole counts */
}

static void model_advance(struct veml7700_model *model, uint64_t now_us)
{
	if (!(model->config & CONF_SHUT_DOWN) && now_us >= model->measured_us)
		model->als = model->loaded ? model->count : model_convert(model);
}

static int model_write(void *state, const uint8_t *data, size_t size, uint64_t now_us)
{
	struct veml7700_model *model = state;

	model_advance(model, now_us);
	model->pointer = data[0];
	if (size != 3)
		return 0;
	uint16_t value = (uint16_t)(data[2] << 8 | data[1]);
	bool was_on = !(model->config & CONF_SHUT_DOWN);

	if (model->pointer == REG_POWER_SAVING)
		model->power_saving = value;
	if (model->pointer != REG_ALS_CONF)
		return 0;
	model->config = value;
	if (!was_on)
		model->measured_us =
			now_us + WAKE_UP_US + (uint64_t)(1000 * model_integration_ms(model));
	return 0;
}

static int model_read(void *state, uint8_t *data, size_t size, uint64_t now_us)
{
	struct veml7700_model *model = state;

	model_advance(model, now_us);
	uint16_t value = model->pointer == REG_ALS_CONF ? model->config
		: model->pointer == REG_ALS             ? model->als
		: model->pointer == REG_ID              ? ID_VEML7700
							: model->power_saving;

	memset(data, 0xFF, size);
	data[0] = (uint8_t)value;
	if (size > 1)
		data[1] = (uint8_t)(value >> 8);
	return 0;
}

static void model_set_value(void *state, unsigned channel, double value)
{
	struct veml7700_model *model = state;

	(void)channel;
	model->loaded = false;
	model->shown = value;
}

/* raw: the ALS register after the next measurement, low byte first. */
static void model_load(void *state, const uint8_t *raw, size_t size)
{
	struct veml7700_model *model = state;

	if (size == 2) {
		model->count = (uint16_t)(raw[1] << 8 | raw[0]);
		model->loaded = true;
	}
}

/* The step is that at the end of the range; for less light it is 0.54 lx or less. */
static const struct driver_channel CHANNELS[] = {
	{"illuminance", "illuminance", "lx", 0, 120000, 10.3, 50},
};

static void model_reset(void *state)
{
	*(struct veml7700_model *)state =
		(struct veml7700_model){.config = CONF_AT_RESET, .shown = CHANNELS[0].typical};
}

static const struct driver_model MODEL = {
	.state_bytes = sizeof(struct veml7700_model),
	.reset = model_reset,
	.i2c_write = model_write,
	.i2c_read = model_read,
	.set_value = model_set_value,
	.load = model_load,
};

static const struct driver_param PARAM_TABLE[PARAMS] = {
	[PARAM_GAIN] = {.key = "gain",
		.min = 0.125,
		.max = 2,
		.default_value = 0.125,
		.choices = GAINS,
		.n_choices = DRIVER_COUNT(GAINS),
		.help = "of the part's amplifier; 1 and 2 are for less than 100 lx"},
	[PARAM_INTEGRATION] = {.key = "integration_ms",
		.min = 25,
		.max = 800,
		.default_value = 100,
		.choices = INTEGRATIONS,
		.n_choices = DRIVER_COUNT(INTEGRATIONS),
		.help = "how long light is gathered: shorter for more light, longer for less"},
};

static const double QUARTER[PARAMS] = {[PARAM_GAIN] = 0.25, [PARAM_INTEGRATION] = 100};
static const double FINEST[PARAMS] = {[PARAM_GAIN] = 2, [PARAM_INTEGRATION] = 800};

static const struct driver_vector VECTORS[] = {
	{.source = "84323 (06-Mar-2025), page 5: 5581 counts at 1/4 and 100 ms are 1658 lx",
		.params = QUARTER,
		DRIVER_RAW(0xCD, 0x15),
		.value = 1658,
		.tolerance = 0.5},
	{.source = "84286 revision 1.8, resolution at 2 and 800 ms: 0.0042 lx a count",
		.params = FINEST,
		DRIVER_RAW(0x01, 0x00),
		.value = 0.0042,
		.tolerance = 1e-9},
	{.source = "84323 (06-Mar-2025), correction formula, worked out: 1000 counts of 0.5376 lx",
		DRIVER_RAW(0xE8, 0x03),
		.value = 560.978531,
		.tolerance = 1e-5},
};

static const uint8_t ADDRESSES[] = {0x10};

static const struct driver_identity IDENTITIES[] = {
	{.source = "as public drivers have it: 81h below, C4h above at the address 10h",
		.answers = (const uint8_t[]){0x81, 0xC4},
		.n_answers = 2,
		.is_certain = true},
	{.source = "as a public driver quotes the datasheet: D4h above is that of the address 48h",
		.answers = (const uint8_t[]){0x81, 0xD4},
		.n_answers = 2,
		.result = -EBADMSG},
};

const struct driver driver_veml7700 = {
	.name = "veml7700",
	.description = "Vishay illuminance sensor",
	.datasheet = "Vishay 84286, revision 1.8; 84323, 06-Mar-2025",
	.bus = DRIVER_BUS_I2C,
	.addresses = ADDRESSES,
	.n_addresses = DRIVER_COUNT(ADDRESSES),
	.channels = CHANNELS,
	.n_channels = DRIVER_COUNT(CHANNELS),
	.params = PARAM_TABLE,
	.n_params = PARAMS,
	.integrity = DRIVER_INTEGRITY_NONE,
	.configure = veml7700_configure,
	.identify = veml7700_identify,
	.identities = IDENTITIES,
	.n_identities = DRIVER_COUNT(IDENTITIES),
	.start = veml7700_start,
	.collect = veml7700_collect,
	.narrow = veml7700_narrow,
	.vectors = VECTORS,
	.n_vectors = DRIVER_COUNT(VECTORS),
	.model = &MODEL,
};
