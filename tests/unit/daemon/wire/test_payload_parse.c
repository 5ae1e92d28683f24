/* SPDX-License-Identifier: MIT */
/*
 * Each line of "All or nothing" in the wire contract. What was understood is compared as the answer
 * would say it ("applied"), and what was refused as path and reason of every mistake, so that a
 * row reads like the contract.
 */
#include "fake_config.h"
#include "output_words.h"
#include "payload.h"
#include "payload_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 16384 };

#define NOW_MS UINT64_C(1795360000123)

struct row {
	const char *message;
	const char *expected;
};

/* The same words come back: LEDs and motors in the order in which they came, the interval last. */
static const struct row UNDERSTOOD[] = {
	/* the contract's examples */
	{"{\"sensors\":{\"interval\":1000}}", "{\"sensors\":{\"interval\":1000}}"},
	{"{\"led\":{\"0\":{\"on\":true}}}", "{\"led\":{\"0\":{\"on\":true}}}"},
	{"{\"led\":{\"0\":{\"on\":false},\"1\":{\"bright\":7}}}",
		"{\"led\":{\"0\":{\"on\":false},\"1\":{\"bright\":7}}}"},
	{"{\"motor\":{\"direction\":\"backward\",\"speed\":7}}",
		"{\"motor\":{\"direction\":\"backward\",\"speed\":7}}"},
	{"{\"led\":{\"0\":{\"on\":true}},\"motor\":{\"direction\":\"forward\",\"speed\":4},"
	 "\"sensors\":{\"interval\":100}}",
		"{\"led\":{\"0\":{\"on\":true}},\"motor\":{\"direction\":\"forward\",\"speed\":4},"
		"\"sensors\":{\"interval\":100}}"},
	/* each way to say stop; the level beside it is for the next time, 0 is none */
	{"{\"motor\":{\"speed\":0}}", "{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"direction\":\"stop\",\"speed\":0}}",
		"{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"speed\":0,\"direction\":\"forward\"}}",
		"{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"1\":{\"speed\":0.0}}}", "{\"motor\":{\"1\":{\"direction\":\"stop\"}}}"},
	{"{\"motor\":{\"left\":\"stop\",\"1\":{\"speed\":3}}}",
		"{\"motor\":{\"left\":{\"direction\":\"stop\"},\"1\":{\"speed\":3}}}"},
	{"{\"motor\":\"stop\"}",
		"{\"motor\":{\"0\":{\"direction\":\"stop\"},\"1\":{\"direction\":\"stop\"}}}"},
	/* a level in percent, as the state says it: only where it lies between two steps */
	{"{\"led\":{\"0\":{\"percent\":12.5}}}", "{\"led\":{\"0\":{\"percent\":12.5}}}"},
	{"{\"led\":{\"0\":{\"percent\":100.0}}}", "{\"led\":{\"0\":{\"percent\":100}}}"},
	{"{\"led\":{\"0\":{\"percent\":0.1,\"bright\":1}}}",
		"{\"led\":{\"0\":{\"bright\":1,\"percent\":0.1}}}"},
	{"{\"led\":{\"0\":{\"bright\":2,\"percent\":12.5}}}",
		"{\"led\":{\"0\":{\"bright\":2,\"percent\":12.5}}}"},
	{"{\"led\":{\"0\":{\"bright\":2,\"percent\":20}}}", "{\"led\":{\"0\":{\"bright\":2}}}"},
	{"{\"motor\":{\"direction\":\"forward\",\"percent\":99.9}}",
		"{\"motor\":{\"direction\":\"forward\",\"percent\":99.9}}"},
	/* none at all: off, or a stop; the level beside it is for the next time */
	{"{\"led\":{\"0\":{\"percent\":0}}}", "{\"led\":{\"0\":{\"on\":false}}}"},
	{"{\"led\":{\"0\":{\"percent\":0,\"on\":false,\"bright\":3}}}",
		"{\"led\":{\"0\":{\"on\":false,\"bright\":3}}}"},
	{"{\"motor\":{\"percent\":0}}", "{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"percent\":0,\"direction\":\"forward\",\"speed\":4}}",
		"{\"motor\":{\"direction\":\"stop\",\"speed\":4}}"},
	{"{\"motor\":{\"1\":{\"speed\":0,\"percent\":40.5}}}",
		"{\"motor\":{\"1\":{\"direction\":\"stop\",\"percent\":40.5}}}"},
	/* on, of what moves */
	{"{\"motor\":{\"on\":true}}", "{\"motor\":{\"on\":true}}"},
	{"{\"motor\":{\"on\":true,\"speed\":3}}", "{\"motor\":{\"speed\":3,\"on\":true}}"},
	{"{\"motor\":{\"on\":false}}", "{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"on\":true,\"direction\":\"stop\"}}",
		"{\"motor\":{\"direction\":\"stop\"}}"},
	{"{\"motor\":{\"on\":false,\"direction\":\"backward\",\"speed\":3}}",
		"{\"motor\":{\"direction\":\"stop\",\"speed\":3}}"},
	/* one reading */
	{"{\"sensors\":{\"read\":true}}", "{\"sensors\":{\"read\":true}}"},
	{"{\"sensors\":{\"read\":true,\"interval\":50}}",
		"{\"sensors\":{\"interval\":50,\"read\":true}}"},
	/* names and indexes */
	{"{\"led\":{\"green\":{\"on\":true},\"0\":{\"bright\":1}}}",
		"{\"led\":{\"green\":{\"on\":true},\"0\":{\"bright\":1}}}"},
	{"{\"motor\":{\"1\":{\"speed\":10}}}", "{\"motor\":{\"1\":{\"speed\":10}}}"},
	{"{\"motor\":{\"left\":{\"direction\":\"stop\"},\"1\":{\"direction\":\"forward\"}}}",
		"{\"motor\":{\"left\":{\"direction\":\"stop\"},\"1\":{\"direction\":\"forward\"}}"
		"}"},
	{"{\"motor\":{\"1\":{\"speed\":3},\"speed\":2}}",
		"{\"motor\":{\"1\":{\"speed\":3},\"speed\":2}}"},
	/* order does not matter */
	{"{\"sensors\":{\"interval\":20},\"motor\":{\"speed\":7,\"direction\":\"stop\"}}",
		"{\"motor\":{\"direction\":\"stop\",\"speed\":7},\"sensors\":{\"interval\":20}}"},
	{"{\"led\":{\"0\":{\"bright\":10,\"on\":false}}}",
		"{\"led\":{\"0\":{\"on\":false,\"bright\":10}}}"},
	/* JSON has more than one way to say it */
	{" {\t\"led\" :\r\n{\"\\u0030\":{\"on\":true}}}\n", "{\"led\":{\"0\":{\"on\":true}}}"},
	{"{\"led\":{\"0\":{\"bright\":7.0}}}", "{\"led\":{\"0\":{\"bright\":7}}}"},
	{"{\"sensors\":{\"interval\":1e3}}", "{\"sensors\":{\"interval\":1000}}"},
	{"{\"sensors\":{\"interval\":3600000}}", "{\"sensors\":{\"interval\":3600000}}"},
	/* in time */
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000023,\"ttl\":100}",
		"{\"sensors\":{\"interval\":20}}"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000123,\"ttl\":0}",
		"{\"sensors\":{\"interval\":20}}"},
	{"{\"ttl\":1,\"ts\":1895360000123,\"sensors\":{\"interval\":20}}",
		"{\"sensors\":{\"interval\":20}}"},
};

/* "path: reason" of each mistake, a line each. */
static const struct row REFUSED[] = {
	/* not JSON */
	{"", ": not JSON: an empty message at byte 1\n"},
	{"hello",
		": not JSON: unexpected hello at byte 1: an action is an object, "
		"{\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"{\"led\":{\"0\":{\"on\":true}}",
		": not JSON: it ends too early at byte 25: a } is missing\n"},
	{"{\"led\":{\"0\":{\"on\":true}}} x", ": not JSON: something after its end at byte 27\n"},
	{"{\"led\":{\"0\":{\"on\":true}}}{}", ": not JSON: something after its end at byte 26\n"},
	{"\xef\xbb\xbf{}", ": not JSON: a byte-order mark at byte 1: send it without one\n"},
	{"{\"id\":\"a\\u0000b\"}", ": \\u0000 is not allowed at byte 9\n"},
	{"{\"id\":\"\xff\"}", ": not UTF-8 at byte 8\n"},
	{"{\"sensors\":{\"interval\":0100}}",
		": not JSON: unexpected 1 at byte 25: a number has no zero in front\n"},
	/* what looks like a stop and is none */
	{"{\"motor\":{\"direction\":\"STOP\"}}",
		"motor.direction: \"STOP\" is no direction: to stop it, say \"stop\"\n"},
	{"{\"motor\":{\"direction\":\"halt\"}}",
		"motor.direction: \"halt\" is no direction: to stop it, say \"stop\"\n"},
	{"{\"motor\":{\"1\":{\"direction\":false}}}",
		"motor.1.direction: must be a string, not a boolean: to stop it, say \"stop\"\n"},
	{"{\"motor\":{\"direction\":0}}",
		"motor.direction: must be a string, not a number: to stop it, say \"stop\"\n"},
	{"{\"motor\":{\"speed\":false}}",
		"motor.speed: must be a whole number, not a boolean: to stop it, say "
		"\"speed\":0\n"},
	{"{\"motor\":{\"left\":\"off\"}}",
		"motor.left: must be an object, not a string: to stop it, say \"stop\"\n"},
	{"{\"motor\":null}",
		"motor: must be an object, not null: to stop it, say {\"motor\":\"stop\"}\n"},
	{"{\"motor\":{\"halt\":1}}",
		"motor.halt: unknown key \"halt\": to stop it, say \"direction\":\"stop\"\n"},
	{"{\"motor\":{\"on\":0}}",
		"motor.on: must be true or false, not a number: to stop it, say \"on\":false\n"},
	{"{\"motor\":{\"on\":\"yes\"}}", "motor.on: must be true or false, not a string\n"},
	{"{\"motor\":{\"last_direction\":\"forward\"}}",
		"motor.last_direction: unknown key \"last_direction\", known here: direction, "
		"speed, "
		"on, percent, for\n"},
	{"{\"motor\":{\"lefft\":\"stop\"}}",
		"motor.lefft: there is no motor \"lefft\", did you mean \"left\"?\n"},
	/* percent */
	{"{\"led\":{\"0\":{\"percent\":100.1}}}", "led.0.percent: 100.1 is outside 0..100\n"},
	{"{\"led\":{\"0\":{\"percent\":-0.1}}}", "led.0.percent: -0.1 is outside 0..100\n"},
	{"{\"led\":{\"0\":{\"percent\":1e400}}}",
		"led.0.percent: a number of that size is outside 0..100\n"},
	{"{\"led\":{\"0\":{\"percent\":12.55}}}", "led.0.percent: 12.55 has more than 1 decimal\n"},
	{"{\"led\":{\"0\":{\"percent\":\"50%\"}}}",
		"led.0.percent: must be a number, not a string\n"},
	{"{\"led\":{\"0\":{\"percent\":null}}}", "led.0.percent: must be a number, not null\n"},
	{"{\"motor\":{\"percent\":false}}",
		"motor.percent: must be a number, not a boolean: to stop it, say \"percent\":0\n"},
	{"{\"led\":{\"0\":{\"bright\":5,\"percent\":40}}}",
		"led.0.percent: says something else than \"bright\": send one of them\n"},
	{"{\"motor\":{\"percent\":40.1,\"speed\":4}}",
		"motor.percent: says something else than \"speed\": send one of them\n"},
	{"{\"led\":{\"0\":{\"on\":true,\"percent\":0}}}", "led.0: is on and off at once\n"},
	{"{\"led\":{\"0\":{\"percent\":0,\"on\":true}}}", "led.0: is on and off at once\n"},
	/* how long, and the other way round */
	{"{\"led\":{\"0\":{\"on\":true,\"for\":0}}}", "led.0.for: 0 is outside 1..86400000 ms\n"},
	{"{\"led\":{\"0\":{\"on\":true,\"for\":86400001}}}",
		"led.0.for: 86400001 is outside 1..86400000 ms\n"},
	{"{\"motor\":{\"speed\":3,\"for\":1.5}}", "motor.for: 1.5 is not a whole number\n"},
	{"{\"motor\":{\"direction\":\"forward\",\"for\":\"5s\"}}",
		"motor.for: must be a whole number, not a string\n"},
	{"{\"motor\":{\"direction\":\"stop\",\"for\":5}}",
		"motor.for: beside a stop it means nothing: it is how long something is to go "
		"on\n"},
	{"{\"motor\":{\"1\":{\"for\":5,\"speed\":0}}}",
		"motor.1.for: beside a stop it means nothing: it is how long something is to go "
		"on\n"},
	{"{\"led\":{\"0\":{\"on\":false,\"for\":5}}}",
		"led.0.for: beside a stop it means nothing: it is how long something is to go "
		"on\n"},
	{"{\"led\":{\"0\":{\"fade\":5}}}",
		"led.0.fade: this LED is on a plain line: it is on or off\n"},
	{"{\"led\":{\"0\":{\"fade\":3600001}}}", "led.0.fade: 3600001 is outside 0..3600000 ms\n"},
	{"{\"motor\":{\"speed\":5,\"fade\":5}}",
		"motor.fade: unknown key \"fade\", known here: direction, speed, on, percent, "
		"for\n"},
	{"{\"led\":{\"0\":{\"toggle\":false}}}",
		"led.0.toggle: must be true: leave it out where nothing toggles\n"},
	{"{\"led\":{\"0\":{\"toggle\":1}}}", "led.0.toggle: must be true, not a number\n"},
	{"{\"led\":{\"0\":{\"toggle\":true,\"on\":true}}}",
		"led.0.toggle: \"toggle\" and \"on\" are two answers to one question: send one of "
		"them\n"},
	{"{\"motor\":{\"toggle\":true}}",
		"motor.toggle: unknown key \"toggle\", known here: direction, speed, on, percent, "
		"for\n"},
	{"{\"motor\":{\"1\":{\"toggle\":true}}}",
		"motor.1.toggle: unknown key \"toggle\", known here: direction, speed, on, "
		"percent, "
		"for\n"},
	/* one reading */
	{"{\"sensors\":{\"read\":false}}", "sensors.read: must be true, not false\n"},
	{"{\"sensors\":{\"read\":1}}", "sensors.read: must be true, not a number\n"},
	/* a counter, of which this map has none */
	{"{\"sensors\":{\"count\":{\"meter\":0}}}",
		"sensors.count.meter: this gateway has no counters\n"},
	{"{\"sensors\":{\"count\":0}}",
		"sensors.count: must be an object, not a number: {\"meter\":0} for example\n"},
	{"{\"sensors\":{\"count\":{}}}",
		"sensors.count: an empty object: {\"meter\":0} for example\n"},
	/* not an object, empty objects */
	{"[]", ": must be an object, not an array: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"[{\"led\":{\"0\":{\"on\":true}}}]",
		": must be an object, not an array: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"null", ": must be an object, not null: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"true",
		": must be an object, not a boolean: {\"led\":{\"0\":{\"on\":true}}} for "
		"example\n"},
	{"\"on\"",
		": must be an object, not a string: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"1", ": must be an object, not a number: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"{}", ": an empty object: {\"led\":{\"0\":{\"on\":true}}} for example\n"},
	{"{\"led\":{}}", "led: an empty object: {\"0\":{\"on\":true}} for example\n"},
	{"{\"led\":{\"0\":{}}}", "led.0: an empty object: {\"on\":true} for example\n"},
	{"{\"motor\":{}}",
		"motor: an empty object: {\"direction\":\"forward\",\"speed\":5} for example\n"},
	{"{\"motor\":{\"1\":{}}}",
		"motor.1: an empty object: {\"direction\":\"forward\",\"speed\":5} for example\n"},
	{"{\"sensors\":{}}", "sensors: an empty object: {\"interval\":1000} for example\n"},
	{"{\"led\":null}", "led: must be an object, not null: {\"0\":{\"on\":true}} for example\n"},
	{"{\"led\":[{\"on\":true}]}",
		"led: must be an object, not an array: {\"0\":{\"on\":true}} for example\n"},
	{"{\"led\":{\"0\":true}}",
		"led.0: must be an object, not a boolean: {\"on\":true} for example\n"},
	{"{\"motor\":{\"left\":5}}",
		"motor.left: must be an object, not a number: "
		"{\"direction\":\"forward\",\"speed\":5} for example\n"},
	{"{\"sensors\":1000}",
		"sensors: must be an object, not a number: {\"interval\":1000} for example\n"},
	/* depth: 8 pass the first check and fail the second one, 9 fail the first */
	{"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}",
		"a: unknown key \"a\", known here: led, motor, sensors, id, ts, ttl\n"},
	{"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
		": nested deeper than 8 at byte 41\n"},
	/* unknown keys */
	{"{\"lde\":{\"0\":{\"on\":true}}}", "lde: unknown key \"lde\", did you mean \"led\"?\n"},
	{"{\"LED\":{\"0\":{\"on\":true}}}", "LED: unknown key \"LED\", did you mean \"led\"?\n"},
	{"{\"led\":{\"0\":{\"brigth\":7}}}",
		"led.0.brigth: unknown key \"brigth\", did you mean \"bright\"?\n"},
	{"{\"led\":{\"0\":{\"colour\":7}}}",
		"led.0.colour: unknown key \"colour\", did you mean \"color\"?\n"},
	{"{\"led\":{\"0\":{\"pattern\":7}}}",
		"led.0.pattern: unknown key \"pattern\", known here: on, bright, percent, color, "
		"for, toggle, fade\n"},
	{"{\"motor\":{\"sped\":7}}", "motor.sped: unknown key \"sped\", did you mean \"speed\"?\n"},
	{"{\"motor\":{\"torque\":7}}",
		"motor.torque: unknown key \"torque\", known here: direction, speed, on, percent, "
		"for\n"},
	{"{\"motor\":{\"1\":{\"torque\":7}}}",
		"motor.1.torque: unknown key \"torque\", known here: direction, speed, on, "
		"percent, "
		"for\n"},
	{"{\"sensors\":{\"intervall\":7}}",
		"sensors.intervall: unknown key \"intervall\", did you mean \"interval\"?\n"},
	{"{\"\":1}", ": unknown key \"\", known here: led, motor, sensors, id, ts, ttl\n"},
	/* devices that the map does not have */
	{"{\"led\":{\"7\":{\"on\":true}}}",
		"led.7: there is no LED \"7\": this gateway has 0 (red), 1 (green)\n"},
	{"{\"led\":{\"-1\":{\"on\":true}}}",
		"led.-1: there is no LED \"-1\": this gateway has 0 (red), 1 (green)\n"},
	{"{\"led\":{\"00\":{\"on\":true}}}",
		"led.00: there is no LED \"00\": this gateway has 0 (red), 1 (green)\n"},
	{"{\"led\":{\"gren\":{\"on\":true}}}",
		"led.gren: there is no LED \"gren\", did you mean \"green\"?\n"},
	{"{\"motor\":{\"2\":{\"speed\":1}}}",
		"motor.2: there is no motor \"2\": this gateway has 0 (left), 1 (right)\n"},
	{"{\"motor\":{\"2\":1}}",
		"motor.2: must be an object, not a number: {\"direction\":\"forward\",\"speed\":5} "
		"for example\n"
		"motor.2: there is no motor \"2\": this gateway has 0 (left), 1 (right)\n"},
	{"{\"motor\":{\"rihgt\":{\"speed\":1}}}",
		"motor.rihgt: there is no motor \"rihgt\", did you mean \"right\"?\n"},
	/* one device twice */
	{"{\"led\":{\"0\":{\"on\":true},\"red\":{\"bright\":7}}}",
		"led.red: the same LED as \"0\"\n"},
	{"{\"led\":{\"green\":{\"on\":true},\"1\":{\"on\":true}}}",
		"led.1: the same LED as \"green\"\n"},
	{"{\"motor\":{\"1\":{\"speed\":1},\"right\":{\"speed\":1}}}",
		"motor.right: the same motor as \"1\"\n"},
	{"{\"motor\":{\"speed\":1,\"0\":{\"speed\":1}}}", "motor.speed: the same motor as \"0\"\n"},
	{"{\"motor\":{\"left\":{\"speed\":1},\"direction\":\"stop\"}}",
		"motor.direction: the same motor as \"left\"\n"},
	/* a key twice, at any level */
	{"{\"id\":1,\"led\":{\"0\":{\"on\":true}},\"id\":1}", "id: duplicate key \"id\"\n"},
	{"{\"led\":{\"0\":{\"on\":true}},\"led\":{\"1\":{\"on\":true}}}",
		"led: duplicate key \"led\"\n"},
	{"{\"led\":{\"0\":{\"on\":true},\"0\":{\"on\":false}}}", "led.0: duplicate key \"0\"\n"},
	{"{\"led\":{\"0\":{\"on\":true,\"on\":true}}}", "led.0.on: duplicate key \"on\"\n"},
	{"{\"led\":{\"0\":{\"on\":true,\"\\u006fn\":true}}}", "led.0.on: duplicate key \"on\"\n"},
	{"{\"motor\":{\"speed\":1,\"speed\":1,\"speed\":1}}",
		"motor.speed: duplicate key \"speed\"\n"},
	{"{\"sensors\":{\"interval\":20,\"interval\":20}}",
		"sensors.interval: duplicate key \"interval\"\n"},
	{"{\"id\":[1,{\"a\":1,\"a\":1}],\"sensors\":{\"interval\":20}}",
		"id.1.a: duplicate key \"a\"\n"
		"id: must be a string or an integer, not an array\n"},
	/* types */
	{"{\"led\":{\"0\":{\"on\":1}}}", "led.0.on: must be true or false, not a number\n"},
	{"{\"led\":{\"0\":{\"on\":\"true\"}}}", "led.0.on: must be true or false, not a string\n"},
	{"{\"led\":{\"0\":{\"on\":null}}}", "led.0.on: must be true or false, not null\n"},
	{"{\"led\":{\"0\":{\"bright\":\"7\"}}}",
		"led.0.bright: must be a whole number, not a string\n"},
	{"{\"motor\":{\"speed\":true}}", "motor.speed: must be a whole number, not a boolean\n"},
	{"{\"motor\":{\"speed\":{}}}", "motor.speed: must be a whole number, not an object\n"},
	{"{\"motor\":{\"direction\":1}}", "motor.direction: must be a string, not a number\n"},
	{"{\"motor\":{\"direction\":\"foward\"}}",
		"motor.direction: \"foward\" is no direction, did you mean \"forward\"?\n"},
	{"{\"motor\":{\"direction\":\"left\"}}",
		"motor.direction: \"left\" is none of \"forward\", \"backward\", \"stop\"\n"},
	{"{\"sensors\":{\"interval\":\"1000\"}}",
		"sensors.interval: must be a whole number, not a string\n"},
	/* ranges, and not whole */
	{"{\"led\":{\"1\":{\"bright\":0}}}", "led.1.bright: 0 is outside 1..10\n"},
	{"{\"led\":{\"1\":{\"bright\":11}}}", "led.1.bright: 11 is outside 1..10\n"},
	{"{\"led\":{\"1\":{\"bright\":7.5}}}", "led.1.bright: 7.5 is not a whole number\n"},
	{"{\"led\":{\"1\":{\"bright\":1e-9}}}", "led.1.bright: 1e-09 is not a whole number\n"},
	{"{\"motor\":{\"speed\":99}}", "motor.speed: 99 is outside 1..10\n"},
	{"{\"motor\":{\"speed\":-1}}", "motor.speed: -1 is outside 1..10\n"},
	{"{\"motor\":{\"speed\":1e400}}", "motor.speed: a number of that size is outside 1..10\n"},
	{"{\"motor\":{\"speed\":-1e400}}", "motor.speed: a number of that size is outside 1..10\n"},
	{"{\"motor\":{\"speed\":4294967297}}", "motor.speed: 4294967297 is outside 1..10\n"},
	{"{\"sensors\":{\"interval\":19}}", "sensors.interval: 19 is outside 20..3600000 ms\n"},
	{"{\"sensors\":{\"interval\":3600001}}",
		"sensors.interval: 3600001 is outside 20..3600000 ms\n"},
	{"{\"sensors\":{\"interval\":0}}", "sensors.interval: 0 is outside 20..3600000 ms\n"},
	{"{\"sensors\":{\"interval\":99.5}}", "sensors.interval: 99.5 is not a whole number\n"},
	/* id */
	{"{\"id\":7}", ": nothing to do: none of led, motor, sensors is in it\n"},
	{"{\"id\":null,\"sensors\":{\"interval\":20}}",
		"id: must be a string or an integer, not null\n"},
	{"{\"id\":1.5,\"sensors\":{\"interval\":20}}", "id: 1.5 is not a whole number\n"},
	{"{\"id\":9007199254740992,\"sensors\":{\"interval\":20}}",
		"id: 9007199254740992 is outside -9007199254740991..9007199254740991\n"},
	/* age */
	{"{\"ts\":1795360000123,\"ttl\":1}",
		": nothing to do: none of led, motor, sensors is in it\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000123}",
		"ts: \"ts\" needs \"ttl\" beside it\n"},
	{"{\"sensors\":{\"interval\":20},\"ttl\":100}", "ttl: \"ttl\" needs \"ts\" beside it\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795359998823,\"ttl\":100}",
		": expired 1200 ms ago\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000122,\"ttl\":0}", ": expired 1 ms ago\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":-1,\"ttl\":100}",
		"ts: -1 is outside 0..9007199254740991 ms\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000,\"ttl\":100}",
		"ts: 1795360000 looks like seconds: it takes milliseconds since 1970, "
		"1795360000000\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000.25,\"ttl\":100}",
		"ts: 1795360000.25 looks like seconds: it takes milliseconds since 1970, "
		"1795360000250\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000123456,\"ttl\":100}",
		"ts: 1795360000123456 looks like microseconds: it takes milliseconds since 1970, "
		"1795360000123\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1795360000123456789,\"ttl\":100}",
		"ts: 1.795360000123457e+18 looks like nanoseconds: it takes milliseconds since "
		"1970, 1795360000123\n"},
	{"{\"sensors\":{\"interval\":20},\"ts\":1,\"ttl\":\"1s\"}",
		"ttl: must be a whole number, not a string\n"},
	/* every mistake in one answer */
	{"{\"led\":{\"7\":{\"bright\":99},\"0\":{\"on\":1}},\"motor\":{\"speed\":99,"
	 "\"direction\":\"up\"},\"sensors\":{\"interval\":1},\"x\":1,\"ts\":1}",
		"led.7.bright: 99 is outside 1..10\n"
		"led.7: there is no LED \"7\": this gateway has 0 (red), 1 (green)\n"
		"led.0.on: must be true or false, not a number\n"
		"motor.speed: 99 is outside 1..10\n"
		"motor.direction: \"up\" is none of \"forward\", \"backward\", \"stop\"\n"
		"sensors.interval: 1 is outside 20..3600000 ms\n"
		"x: unknown key \"x\", known here: led, motor, sensors, id, ts, ttl\n"
		"ts: \"ts\" needs \"ttl\" beside it\n"},
	/* what a peer sends comes back as one printable line */
	{"{\"a\\nb\\u001b\\u0085\":1}",
		"a?b???: unknown key \"a?b???\", known here: led, motor, sensors, id, ts, ttl\n"},
};

static int setup(void **state)
{
	static struct fake_config fake;

	fake_config_init(&fake);
	*state = &fake;
	return 0;
}

/* From a copy of exactly that size: the message carries no NUL. */
static int parse(const struct config *config, const void *message, size_t size,
	struct payload_action *action, struct payload_errors *errors)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct payload_bytes bytes = {copy, size, size};
	int r;

	assert_non_null(copy);
	memcpy(copy, message, size);
	r = payload_parse_action(config, &bytes, NOW_MS, action, errors);
	free(copy);
	return r;
}

static int parse_text(const struct config *config, const char *message,
	struct payload_action *action, struct payload_errors *errors)
{
	return parse(config, message, strlen(message), action, errors);
}

static void write_errors(const struct payload_errors *errors, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < errors->count && i < PAYLOAD_ERRORS_MAX; i++)
		text += sprintf(text, "%s: %s\n", errors->items[i].path, errors->items[i].reason);
}

static void what_is_right_is_understood(void **state)
{
	const struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(UNDERSTOOD) / sizeof(UNDERSTOOD[0]); i++) {
		struct payload_action action;
		struct payload_errors errors;
		char text[TEXT_MAX];

		if (parse_text(&fake->config, UNDERSTOOD[i].message, &action, &errors) != 0) {
			write_errors(&errors, text);
			fail_msg("%s\n%s", UNDERSTOOD[i].message, text);
		}
		assert_int_equal(errors.count, 0);
		assert_true(payload_format_state(&fake->config, &action, text, sizeof(text)) > 0);
		assert_string_equal(text, UNDERSTOOD[i].expected);
	}
}

static void what_is_wrong_is_named(void **state)
{
	const struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
		struct payload_action action;
		struct payload_errors errors;
		char text[TEXT_MAX];

		if (parse_text(&fake->config, REFUSED[i].message, &action, &errors) != -EINVAL)
			fail_msg("understood: %s", REFUSED[i].message);
		write_errors(&errors, text);
		if (strcmp(text, REFUSED[i].expected) != 0)
			fail_msg("%s\nis refused with\n%sand not with\n%s", REFUSED[i].message,
				text, REFUSED[i].expected);
	}
}

static void a_nul_byte_is_refused(void **state)
{
	static const char INSIDE[] = "{\"led\":{\"0\":{\"on\":\0true}}}";
	static const char BEHIND[] = "{\"led\":{\"0\":{\"on\":true}}}";
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;

	assert_int_equal(
		parse(&fake->config, INSIDE, sizeof(INSIDE) - 1, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].reason, "not JSON: a NUL byte at byte 19");
	assert_int_equal(parse(&fake->config, BEHIND, sizeof(BEHIND), &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].reason, "not JSON: something after its end at byte 26");
}

static void sixteen_kibibytes_are_understood_and_one_more_is_refused(void **state)
{
	static const char WORDS[] = "{\"sensors\":{\"interval\":20}}";
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[PAYLOAD_ACTION_MAX + 1];

	memset(message, ' ', sizeof(message));
	memcpy(message, WORDS, sizeof(WORDS) - 1);
	assert_int_equal(parse(&fake->config, message, PAYLOAD_ACTION_MAX, &action, &errors), 0);
	assert_int_equal(action.interval_ms, 20);
	assert_int_equal(parse(&fake->config, message, sizeof(message), &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].path, "");
	assert_string_equal(
		errors.items[0].reason, "16385 bytes are more than the 16384 of an action");
}

/* A board without a clock of its own starts in 1970, where nothing has expired yet. */
static void what_may_have_expired_waits_for_a_clock(void **state)
{
	static const char WORDS[] = "{\"led\":{\"0\":{\"on\":true}},\"ts\":1,\"ttl\":99999999}";
	const struct fake_config *fake = *state;
	struct payload_bytes bytes = {(const uint8_t *)WORDS, sizeof(WORDS) - 1, sizeof(WORDS) - 1};
	struct payload_action action;
	struct payload_errors errors;

	memset(&action, 0, sizeof(action));
	errors.count = 0;
	assert_int_equal(
		payload_parse_action(&fake->config, &bytes, 60693, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].path, "ts");
	assert_non_null(strstr(errors.items[0].reason, "clock is not set"));
}

/* A message that arrives cut is not judged by its beginning. */
static void ten_megabytes_are_refused_by_their_true_size(void **state)
{
	static const uint8_t WORDS[] = "{\"sensors\":{\"interval\":20}}";
	const struct fake_config *fake = *state;
	struct payload_bytes bytes = {WORDS, sizeof(WORDS) - 1, 10000000};
	struct payload_action action;
	struct payload_errors errors;

	assert_int_equal(
		payload_parse_action(&fake->config, &bytes, NOW_MS, &action, &errors), -EINVAL);
	assert_string_equal(
		errors.items[0].reason, "10000000 bytes are more than the 16384 of an action");
}

static void every_byte_that_can_be_sent_gets_an_answer(void **state)
{
	static const char WORDS[] =
		"{\"id\":\"a\",\"led\":{\"0\":{\"on\":true}},\"ts\":1795360000123,\"ttl\":9}";
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[sizeof(WORDS)];

	for (size_t at = 0; at < sizeof(WORDS) - 1; at++) {
		for (int byte = 0; byte < 256; byte++) {
			int r;

			memcpy(message, WORDS, sizeof(WORDS));
			message[at] = (char)byte;
			r = parse(&fake->config, message, sizeof(WORDS) - 1, &action, &errors);
			assert_true((r == 0 && errors.count == 0) ||
				(r == -EINVAL && errors.count > 0));
		}
	}
}

static void an_id_comes_back_even_from_a_refused_message(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;

	assert_int_equal(
		parse_text(&fake->config, "{\"id\":-42,\"x\":1}", &action, &errors), -EINVAL);
	assert_int_equal(action.id.kind, PAYLOAD_ID_INTEGER);
	assert_true(action.id.integer == -42);

	assert_int_equal(
		parse_text(&fake->config, "{\"x\":1,\"id\":\"\xc3\xa4\"}", &action, &errors),
		-EINVAL);
	assert_int_equal(action.id.kind, PAYLOAD_ID_STRING);
	assert_string_equal(action.id.string, "\xc3\xa4");

	assert_int_equal(
		parse_text(&fake->config, "{\"id\":true,\"x\":1}", &action, &errors), -EINVAL);
	assert_int_equal(action.id.kind, PAYLOAD_ID_NONE);

	action.id.kind = PAYLOAD_ID_STRING;
	assert_int_equal(parse_text(&fake->config, "{\"id\":", &action, &errors), -EINVAL);
	assert_int_equal(action.id.kind, PAYLOAD_ID_NONE);
}

static void the_largest_ids_are_exact(void **state)
{
	static const char WHOLE[] = "{\"id\":9007199254740991,\"sensors\":{\"interval\":20}}";
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[PAYLOAD_ID_MAX + 64], letters[PAYLOAD_ID_MAX + 2];

	assert_int_equal(parse_text(&fake->config, WHOLE, &action, &errors), 0);
	assert_true(action.id.integer == INT64_C(9007199254740991));

	memset(letters, 'x', sizeof(letters));
	letters[PAYLOAD_ID_MAX] = '\0';
	(void)snprintf(
		message, sizeof(message), "{\"id\":\"%s\",\"sensors\":{\"interval\":20}}", letters);
	assert_int_equal(parse_text(&fake->config, message, &action, &errors), 0);
	assert_string_equal(action.id.string, letters);

	letters[PAYLOAD_ID_MAX] = 'x';
	letters[PAYLOAD_ID_MAX + 1] = '\0';
	(void)snprintf(
		message, sizeof(message), "{\"id\":\"%s\",\"sensors\":{\"interval\":20}}", letters);
	assert_int_equal(parse_text(&fake->config, message, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].path, "id");
	assert_string_equal(errors.items[0].reason, "longer than 256 bytes");
	assert_int_equal(action.id.kind, PAYLOAD_ID_NONE);
}

static void mistakes_beyond_the_room_for_them_are_counted(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[2048] = "{";
	size_t used = 1;

	for (int i = 0; i < 50; i++)
		used += (size_t)snprintf(
			message + used, sizeof(message) - used, "%s\"k%d\":1", i ? "," : "", i);
	(void)snprintf(message + used, sizeof(message) - used, "}");
	assert_int_equal(parse_text(&fake->config, message, &action, &errors), -EINVAL);
	assert_int_equal(errors.count, 50);
	assert_string_equal(errors.items[PAYLOAD_ERRORS_MAX - 1].path, "k31");
}

/* Each key is compared with all the others: in one object of 16 KiB that would take too long. */
static void an_object_with_more_keys_than_there_can_be_is_refused(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[1024] = "{\"led\":{";
	size_t used = strlen(message);

	for (int i = 0; i <= 64; i++)
		used += (size_t)snprintf(
			message + used, sizeof(message) - used, "%s\"%d\":1", i ? "," : "", i % 64);
	(void)snprintf(message + used, sizeof(message) - used, "}}");
	assert_int_equal(parse_text(&fake->config, message, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].path, "led");
	assert_string_equal(errors.items[0].reason, "more than 64 keys");
}

static void a_long_key_is_cut_at_a_character(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_action action;
	struct payload_errors errors;
	char message[512] = "{\"x";
	size_t used = 3;

	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(message + used, sizeof(message) - used, "\xc3\xa4");
	(void)snprintf(message + used, sizeof(message) - used, "\":1}");
	assert_int_equal(parse_text(&fake->config, message, &action, &errors), -EINVAL);
	assert_int_equal(errors.count, 1);
	/* 95 bytes: the x and 47 characters */
	assert_int_equal(strlen(errors.items[0].path), 95);
	assert_memory_equal(errors.items[0].path + 93, "\xc3\xa4", 3);
	assert_non_null(strstr(errors.items[0].reason, "\xa4?\", known here: led"));
}

static void check_nothing(struct payload_parser *parser, const struct payload_path *path,
	const cJSON *item, void *target)
{
	(void)parser;
	(void)path;
	(void)item;
	(void)target;
}

/* Each kind of output brings keys of its own; the words about them have room for some. */
static void a_table_of_any_number_of_keys_may_be_listed(void **state)
{
	enum { ROWS = 60 };
	static const struct payload_path PATH = {NULL, "k1x"}, NONE = {NULL, "quite different"};
	static struct payload_key rows[ROWS + 1];
	static char names[ROWS][24];
	const struct payload_keys keys = {.rows = rows, .example = "{}"};
	struct payload_errors errors = {.count = 0};
	struct payload_parser parser = {.errors = &errors};

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "k%zuxxxxxxxxxxxxxxxxxx", i);
		rows[i] = (struct payload_key){names[i], check_nothing};
	}
	rows[1].name = "k1y";
	payload_unknown_key(&parser, &PATH, &keys);
	payload_unknown_key(&parser, &NONE, &keys);
	assert_string_equal(errors.items[0].reason, "unknown key \"k1x\", did you mean \"k1y\"?");
	assert_non_null(
		strstr(errors.items[1].reason, "known here: k0xxxxxxxxxxxxxxxxxx, k1y, k2"));
	assert_int_equal(errors.count, 2);
}

static void a_gateway_without_outputs_says_so(void **state)
{
	static const char LED[] = "{\"led\":{\"0\":{\"on\":true}}}";
	static const char MOTOR[] = "{\"motor\":{\"direction\":\"stop\"}}";
	static const char KEYED[] = "{\"motor\":{\"0\":{\"direction\":\"stop\"}}}";
	struct fake_config fake;
	struct payload_action action;
	struct payload_errors errors;

	(void)state;
	fake_config_init(&fake);
	fake_config_clear_outputs(&fake);
	assert_int_equal(parse_text(&fake.config, LED, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].reason, "there is no LED \"0\": this gateway has none");
	assert_int_equal(parse_text(&fake.config, MOTOR, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].path, "motor");
	assert_string_equal(errors.items[0].reason, "this gateway has no motor");
	assert_int_equal(parse_text(&fake.config, KEYED, &action, &errors), -EINVAL);
	assert_string_equal(
		errors.items[0].reason, "there is no motor \"0\": this gateway has none");
}

static void every_device_of_a_full_map_can_be_addressed_at_once(void **state)
{
	enum { LEDS = 64 };
	static char names[LEDS][8];
	struct fake_config fake;
	struct payload_action action;
	struct payload_errors errors;
	char message[4096] = "{\"led\":{";
	size_t used = strlen(message);

	(void)state;
	fake_config_init(&fake);
	fake_config_clear_outputs(&fake);
	for (size_t i = 0; i < LEDS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "led%c%c", (char)('a' + i / 26),
			(char)('a' + i % 26));
		fake_config_add(&fake, "led", names[i]);
		used += (size_t)snprintf(message + used, sizeof(message) - used,
			"%s\"%zu\":{\"on\":true}", i ? "," : "", i);
	}
	(void)snprintf(message + used, sizeof(message) - used, "}}");
	assert_int_equal(parse_text(&fake.config, message, &action, &errors), 0);
	assert_int_equal(action.n_outputs, LEDS);
	assert_int_equal(action.outputs[63].output, 63);

	assert_int_equal(
		parse_text(&fake.config, "{\"led\":{\"64\":{\"on\":true}}}", &action, &errors),
		-EINVAL);
	assert_non_null(strstr(errors.items[0].reason,
		"there is no LED \"64\": this gateway has "
		"0 (ledaa), 1 (ledab)"));
	assert_non_null(strstr(errors.items[0].reason, "..."));
}

static int parse_interval(const struct config *config, const char *text, size_t size,
	uint32_t *ret_interval_ms, struct payload_errors *errors)
{
	struct payload_bytes bytes = {(const uint8_t *)text, size, size};

	return payload_parse_interval(config, &bytes, ret_interval_ms, errors);
}

static void expect_modifiers(const struct config *config, const char *message, const char *word,
	size_t index, struct output_modifiers expected)
{
	struct payload_bytes bytes = {(const uint8_t *)message, strlen(message), strlen(message)};
	struct payload_action action;
	struct payload_errors errors;

	assert_int_equal(payload_parse_action(config, &bytes, NOW_MS, &action, &errors), 0);
	assert_int_equal(action.n_outputs, 1);
	assert_int_equal(action.outputs[0].output, output_index(config, word, index));
	assert_int_equal(action.outputs[0].modifiers.for_ms, expected.for_ms);
	assert_int_equal(action.outputs[0].modifiers.toggle, expected.toggle);
	assert_int_equal(action.outputs[0].modifiers.has_fade, expected.has_fade);
	assert_int_equal(action.outputs[0].modifiers.fade_ms, expected.fade_ms);
}

/* They are common to all kinds, and no values. */
static void what_stands_beside_the_keys_is_a_modifier(void **state)
{
	const struct config *config = &((const struct fake_config *)*state)->config;

	expect_modifiers(config, "{\"led\":{\"1\":{\"on\":true,\"for\":1}}}", "led", 1,
		(struct output_modifiers){.for_ms = 1});
	expect_modifiers(config, "{\"led\":{\"red\":{\"toggle\":true,\"for\":86400000}}}", "led", 0,
		(struct output_modifiers){.for_ms = 86400000, .toggle = true});
	expect_modifiers(config, "{\"motor\":{\"for\":20,\"direction\":\"forward\"}}", "motor", 0,
		(struct output_modifiers){.for_ms = 20});
	expect_modifiers(config, "{\"motor\":{\"right\":{\"for\":7}}}", "motor", 1,
		(struct output_modifiers){.for_ms = 7});
	expect_modifiers(
		config, "{\"led\":{\"0\":{\"on\":true}}}", "led", 0, (struct output_modifiers){0});
}

/* Only where there are levels, and where nothing waits until it is dark. */
static void what_has_levels_can_fade(void **state)
{
	static const char FADE[] = "{\"led\":{\"0\":{\"on\":false,\"fade\":3600000}}}";
	static const char OWN[] = "lamp";
	struct payload_bytes bytes = {(const uint8_t *)FADE, strlen(FADE), strlen(FADE)};
	struct payload_action action;
	struct payload_errors errors;
	struct fake_config fake;
	struct config_output *led;
	char *interlock;

	(void)state;
	fake_config_init(&fake);
	led = &fake.outputs[output_index(&fake.config, "led", 0)];
	led->ports[0].type = PORT_CHIP_PWM;
	expect_modifiers(&fake.config, FADE, "led", 0,
		(struct output_modifiers){.has_fade = true, .fade_ms = 3600000});
	expect_modifiers(&fake.config, "{\"led\":{\"0\":{\"bright\":3,\"fade\":0}}}", "led", 0,
		(struct output_modifiers){.has_fade = true});
	interlock = strdup(OWN);
	assert_non_null(interlock);
	led->interlock = interlock;
	assert_int_equal(
		payload_parse_action(&fake.config, &bytes, NOW_MS, &action, &errors), -EINVAL);
	assert_string_equal(errors.items[0].reason,
		"this LED is in the interlock \"lamp\": it is on or off at once");
	free(interlock);
}

/* A map that was there before the word goes on meaning the same. */
static void a_name_wins_over_a_modifier(void **state)
{
	struct fake_config named;

	(void)state;
	fake_config_init(&named);
	fake_config_add(&named, "motor", "for");
	expect_modifiers(&named.config, "{\"motor\":{\"for\":{\"speed\":3,\"for\":9}}}", "motor", 2,
		(struct output_modifiers){.for_ms = 9});
}

static void an_interval_is_a_plain_number(void **state)
{
	static const struct {
		const char *text;
		uint32_t interval_ms;
	} ROWS[] = {{"1000", 1000}, {"20", 20}, {"3600000", 3600000}, {" 1000\n", 1000},
		{"0100", 100},
		/* or a duration */
		{"500ms", 500}, {"1.5s", 1500}, {"2min", 120000}, {"1 h", 3600000},
		{" 0.02s ", 20}};
	const struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct payload_errors errors;
		uint32_t interval_ms = 0;

		assert_int_equal(parse_interval(&fake->config, ROWS[i].text, strlen(ROWS[i].text),
					 &interval_ms, &errors),
			0);
		assert_int_equal(interval_ms, ROWS[i].interval_ms);
		assert_int_equal(errors.count, 0);
	}
}

static void another_interval_is_refused(void **state)
{
#define INTERVAL(text) text, sizeof(text) - 1
	static const struct {
		const char *text;
		size_t size;
		const char *reason;
	} ROWS[] = {
		{INTERVAL(""), "\"\" is not a whole number of milliseconds"},
		{INTERVAL(" \n"), "\"\" is not a whole number of milliseconds"},
		{INTERVAL("fast"), "\"fast\" is not a whole number of milliseconds"},
		{INTERVAL("99.5"), "\"99.5\" is not a whole number of milliseconds"},
		{INTERVAL("1e3"), "\"1e3\" is not a whole number of milliseconds"},
		{INTERVAL("500m"),
			"\"500m\" is not a whole number of milliseconds: m could be either: write "
			"500min or 500ms"},
		{INTERVAL("5sec"),
			"\"5sec\" is not a whole number of milliseconds: did you mean 5s?"},
		{INTERVAL("0.0205s"), "0.0205s is not a whole number of milliseconds"},
		{INTERVAL("1.5ms"), "1.5ms is outside 20..3600000 ms"},
		{INTERVAL("2h"), "2h is outside 20..3600000 ms"},
		{INTERVAL("-1s"), "-1s is outside 20..3600000 ms"},
		{INTERVAL("1 000"), "\"1 000\" is not a whole number of milliseconds"},
		{INTERVAL("-100"), "\"-100\" is not a whole number of milliseconds"},
		{INTERVAL("+100"), "\"+100\" is not a whole number of milliseconds"},
		{INTERVAL("10\0"), "\"10?\" is not a whole number of milliseconds"},
		{INTERVAL("\xff\xc3\xa4\x1b"),
			"\"?\xc3\xa4?\" is not a whole number of milliseconds"},
		{INTERVAL("19"), "19 is outside 20..3600000 ms"},
		{INTERVAL("0"), "0 is outside 20..3600000 ms"},
		{INTERVAL("3600001"), "3600001 is outside 20..3600000 ms"},
		{INTERVAL("4294967396"), "4294967396 is outside 20..3600000 ms"},
		{INTERVAL("18446744073709551716"),
			"18446744073709551716 is outside 20..3600000 ms"},
	};
#undef INTERVAL
	const struct fake_config *fake = *state;

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct payload_errors errors;
		uint32_t interval_ms = 77;

		assert_int_equal(parse_interval(&fake->config, ROWS[i].text, ROWS[i].size,
					 &interval_ms, &errors),
			-EINVAL);
		assert_int_equal(errors.count, 1);
		assert_string_equal(errors.items[0].path, "sensors.interval");
		assert_string_equal(errors.items[0].reason, ROWS[i].reason);
		assert_int_equal(interval_ms, 77);
	}
}

/* As the tutorial's first client sends them. */
static void on_its_topic_a_number_may_be_seconds(void **state)
{
	static const struct {
		const char *text;
		uint32_t interval_ms; /* 0: refused */
		const char *reason;
	} ROWS[] = {{"0.5", 500, NULL}, {"1", 1000, NULL}, {"3600.0", 3600000, NULL},
		{".02", 20, NULL}, {"500ms", 500, NULL}, {"2min", 120000, NULL},
		{"soon", 0, "\"soon\" is not a number of seconds"},
		{"0.01", 0, "0.01 s is outside 20..3600000 ms"},
		{"10ms", 0, "10ms is outside 20..3600000 ms"},
		{"-1", 0, "-1 s is outside 20..3600000 ms"},
		{"0.0205", 0, "0.0205s is not a whole number of milliseconds"},
		{"5 sec", 0, "\"5 sec\" is not a number of seconds: did you mean 5s?"}};
	struct fake_config *fake = *state;

	fake->config.interval.topic_unit_ms = 1000;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct payload_errors errors;
		uint32_t interval_ms = 0;
		int r = parse_interval(
			&fake->config, ROWS[i].text, strlen(ROWS[i].text), &interval_ms, &errors);

		assert_int_equal(r, ROWS[i].interval_ms ? 0 : -EINVAL);
		assert_int_equal(interval_ms, ROWS[i].interval_ms);
		if (r < 0)
			assert_string_equal(errors.items[0].reason, ROWS[i].reason);
	}
	fake->config.interval.topic_unit_ms = 1;
}

static int parse_led(const struct config *config, const char *text, struct payload_output *ret_led)
{
	struct payload_bytes bytes = {(const uint8_t *)text, strlen(text), strlen(text)};

	return payload_parse_led_text(config, &bytes, ret_led);
}

static void an_led_command_counts_from_one(void **state)
{
	const struct fake_config *fake = *state;
	struct payload_output led;

	assert_int_equal(parse_led(&fake->config, "1 1", &led), 0);
	assert_int_equal(led.output, output_index(&fake->config, "led", 0));
	assert_int_equal(output_value("led", &led.values, "on"), 1);
	assert_int_equal(output_value("led", &led.values, "bright"), -1);
	assert_int_equal(parse_led(&fake->config, " 2\t0\n", &led), 0);
	assert_int_equal(led.output, output_index(&fake->config, "led", 1));
	assert_int_equal(output_value("led", &led.values, "on"), 0);
}

static void another_led_command_is_unknown(void **state)
{
	static const char *const TEXTS[] = {"", "1", "1 ", "0 1", "3 1", "1 2", "11", "1 1 1",
		"a 1", "1 on", "-1 1", "1 -1", "1,1", "18446744073709551617 1",
		"1 18446744073709551617", "{\"led\":1}"};
	const struct fake_config *fake = *state;
	struct payload_output led = {.output = 99};

	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
		assert_int_equal(parse_led(&fake->config, TEXTS[i], &led), -EINVAL);
	assert_int_equal(led.output, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_understood),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(sixteen_kibibytes_are_understood_and_one_more_is_refused),
		cmocka_unit_test(ten_megabytes_are_refused_by_their_true_size),
		cmocka_unit_test(what_may_have_expired_waits_for_a_clock),
		cmocka_unit_test(every_byte_that_can_be_sent_gets_an_answer),
		cmocka_unit_test(an_id_comes_back_even_from_a_refused_message),
		cmocka_unit_test(the_largest_ids_are_exact),
		cmocka_unit_test(mistakes_beyond_the_room_for_them_are_counted),
		cmocka_unit_test(an_object_with_more_keys_than_there_can_be_is_refused),
		cmocka_unit_test(a_long_key_is_cut_at_a_character),
		cmocka_unit_test(a_table_of_any_number_of_keys_may_be_listed),
		cmocka_unit_test(a_gateway_without_outputs_says_so),
		cmocka_unit_test(every_device_of_a_full_map_can_be_addressed_at_once),
		cmocka_unit_test(what_stands_beside_the_keys_is_a_modifier),
		cmocka_unit_test(what_has_levels_can_fade),
		cmocka_unit_test(a_name_wins_over_a_modifier),
		cmocka_unit_test(an_interval_is_a_plain_number),
		cmocka_unit_test(another_interval_is_refused),
		cmocka_unit_test(on_its_topic_a_number_may_be_seconds),
		cmocka_unit_test(an_led_command_counts_from_one),
		cmocka_unit_test(another_led_command_is_unknown),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
