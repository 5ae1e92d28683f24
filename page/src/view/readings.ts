// SPDX-License-Identifier: MIT
// A card for each sensor: its value, how old that is, what is wrong with it, and its chart.
import type { App, View } from "../app";
import { h, ht, named, setAttribute, setChildren, setText, show } from "../dom";
import { now } from "../model/clock";
import { csv, download, joined } from "../model/csv";
import { ageText, clockText, minutesText, unitText, valueText } from "../model/format";
import type { Gateway, Sensor } from "../model/gateway";
import { save, settings } from "../settings";
import { t } from "../text";
import { Chart } from "./chart";
import { icon } from "./icons";

const SPANS_MIN = [1, 10, 60, 720];

interface Card extends View {
	sensor: Sensor;
	remove(): void;
}

/** Why there is no value, or nothing to say. */
function whyNull(gateway: Gateway, sensor: Sensor): string {
	const fault = gateway.sensorFault(sensor.name);
	if (fault) {
		const reason = fault.error || t("faultNoReason");
		if (fault.since === null) return t("nullWhy", { reason });
		return t("nullSince", { reason, time: clockText(fault.since + gateway.skew.ms) });
	}
	if (sensor.value !== null) return "";
	return sensor.measured === null ? t("nullUnknown") : t("nullNotDue");
}

/** A value that is not in each reading counts for as long as it usually does. */
function isOld(app: App, gateway: Gateway, sensor: Sensor, at: number): boolean {
	if (app.link.state !== "on" || gateway.status === "offline") return true;
	if (at - gateway.readingAt > gateway.staleMs) return true;
	return at - sensor.measuredAt > Math.max(gateway.staleMs, 4 * sensor.series.spacingMs);
}

function makeCard(app: App, sensor: Sensor): Card {
	const label = h("span");
	const key = h("small");
	const number = h("span", { class: "number" });
	const unit = h("span", { class: "unit" });
	const note = h("p", { class: "note" });
	const why = h("p", { class: "why" });
	const hover = h("p", { class: "hover", "aria-hidden": "true" });
	const figure = h("div", { role: "img" });
	const chart = new Chart(
		sensor,
		() => settings.minutes,
		() => app.gateway?.firstMs ?? Infinity,
		(text) => setText(hover, text),
	);
	figure.append(chart.element);
	const head = h(
		"div",
		{ class: "reading" },
		h("h3", {}, label, " ", key),
		h("p", { class: "value" }, number, " ", unit),
	);
	const element = h(
		"li",
		{ class: "card sensor", "data-sensor": sensor.name },
		head,
		h("div", { class: "notes" }, note, hover),
		why,
		figure,
	);
	const describe = (): string => {
		const span = minutesText(settings.minutes);
		const { low, high } = chart.shown;
		const name = sensor.info.label;
		if (low === null || high === null) return t("chartEmpty", { name, span });
		const texts = [low, high, sensor.value].map((value) =>
			valueText(value, sensor.info),
		);
		return t("chartOf", {
			name,
			span,
			low: texts[0]!,
			high: texts[1]!,
			now: texts[2]!,
		});
	};
	const update = (): void => {
		const gateway = app.gateway;
		if (!gateway) return;
		const at = now();
		const fault = whyNull(gateway, sensor);
		const isFault = gateway.sensorFault(sensor.name) !== null;
		// A sensor that failed has no value. One that was not due shows its last value, with its age.
		const value =
			sensor.value === null && !isFault && sensor.measured !== null
				? sensor.measured
				: sensor.value;
		setText(label, sensor.info.label);
		setText(key, sensor.info.label === sensor.name ? "" : sensor.name);
		setText(number, valueText(value, sensor.info));
		setText(unit, typeof value === "number" ? unitText(sensor.info) : "");
		setText(
			note,
			sensor.measuredAt ? ageText(at - sensor.measuredAt) : t("waitsForValue"),
		);
		setText(why, fault);
		show(why, !!fault && (isFault || sensor.measured === null));
		const isStale = isOld(app, gateway, sensor, at);
		setAttribute(element, "data-state", isFault ? "fault" : isStale ? "old" : "live");
		setAttribute(figure, "aria-label", describe());
		chart.tick();
	};
	return { element, update, sensor, remove: () => chart.remove() };
}

function spanPicker(app: App): View {
	const buttons = SPANS_MIN.map((minutes) =>
		h("button", {
			type: "button",
			onclick: () => {
				save({ minutes });
				app.changed();
			},
		}),
	);
	const element = h(
		"div",
		named("span", { class: "segments", role: "group", id: "span" }),
		...buttons,
	);
	const update = (): void =>
		buttons.forEach((button, at) => {
			setText(button, minutesText(SPANS_MIN[at]!));
			setAttribute(
				button,
				"aria-pressed",
				String(SPANS_MIN[at] === settings.minutes),
			);
		});
	return { element, update };
}

/** The values on screen: those of each sensor within the time shown. */
function exportReadings(app: App): void {
	const sensors = [...(app.gateway?.sensors.values() ?? [])];
	const to = now();
	const points = sensors.map((sensor) =>
		sensor.series.points(to - settings.minutes * 60000, to),
	);
	const rows = joined(points);
	if (!app.gateway || !rows.length) {
		app.say(t("nothingToExport"));
		return;
	}
	const heads = sensors.map(({ info, name }) => {
		const unit = unitText(info);
		return `${info.label === name ? name : `${info.label} [${name}]`}${unit ? ` (${unit})` : ""}`;
	});
	const day = new Date(to).toISOString().slice(0, 19).replaceAll(":", "-");
	const name = `${app.gateway.root.replaceAll("/", "-")}-readings-${day}.csv`;
	download(name, csv([[t("csvTime"), t("csvMs"), ...heads], ...rows]));
	app.say(t("exported", { n: rows.length }));
}

export function readingsView(app: App): View {
	const list = h("ul", { class: "sensors" });
	const none = ht("p", "noReadings", { class: "none" });
	const spans = spanPicker(app);
	const save_ = h(
		"button",
		named("exportReadings", {
			type: "button",
			class: "plain",
			id: "export-readings",
			onclick: () => exportReadings(app),
		}),
		icon("download"),
		ht("span", "exportCsv"),
	);
	const element = h(
		"section",
		named("readings", { id: "readings" }),
		h("div", { class: "head" }, ht("h2", "readings"), spans.element, save_),
		none,
		list,
	);
	const cards = new Map<Sensor, Card>();
	let shownMinutes = settings.minutes;
	const update = (): void => {
		const sensors = [...(app.gateway?.sensors.values() ?? [])];
		for (const [sensor, card] of cards) {
			if (sensors.includes(sensor)) continue;
			card.remove();
			cards.delete(sensor);
		}
		for (const sensor of sensors) {
			if (!cards.has(sensor)) cards.set(sensor, makeCard(app, sensor));
		}
		setChildren(
			list,
			sensors.map((sensor) => cards.get(sensor)!.element),
		);
		show(none, !sensors.length);
		show(list, sensors.length > 0);
		spans.update();
		if (shownMinutes !== settings.minutes) {
			shownMinutes = settings.minutes;
			for (const card of cards.values()) card.update();
		}
		for (const card of cards.values()) card.update();
	};
	return { element, update };
}
