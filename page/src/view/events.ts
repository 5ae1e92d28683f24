// SPDX-License-Identifier: MIT
// The inputs with their states, and their events.
import type { App, View } from "../app";
import { h, ht, named, setAttribute, setChildren, setText, show } from "../dom";
import { csv, download, stamp } from "../model/csv";
import { clockText } from "../model/format";
import type { Event, Gateway } from "../model/gateway";
import { currentLanguage, t } from "../text";
import { icon } from "./icons";

const SHOWN_MAX = 50;

function timeOf(gateway: Gateway, event: Event): number {
	return event.ts === null ? event.at : event.ts + gateway.skew.ms;
}

function exportEvents(app: App): void {
	const { gateway } = app;
	if (!gateway?.events.length) {
		app.say(t("nothingToExport"));
		return;
	}
	const rows = gateway.events.map((event) => {
		const ms = Math.round(timeOf(gateway, event));
		return [stamp(ms), ms, event.input, event.word];
	});
	const day = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
	const head = [t("csvTime"), t("csvMs"), t("csvInput"), t("csvEvent")];
	download(`${gateway.root.replaceAll("/", "-")}-events-${day}.csv`, csv([head, ...rows]));
	app.say(t("exported", { n: rows.length }));
}

function eventLine(gateway: Gateway, event: Event): HTMLElement {
	const time = timeOf(gateway, event);
	return h(
		"li",
		{},
		h("time", { datetime: new Date(time).toISOString() }, clockText(time)),
		h("span", { class: "what" }, event.input),
		h("b", {}, event.word),
		event.isLate && h("small", {}, t("lateEvent")),
	);
}

function inputLine(): { element: HTMLElement; write(name: string, state: string): void } {
	const name = h("span", { class: "what" });
	const state = h("b");
	const element = h("li", {}, name, state);
	const write = (its: string, now: string): void => {
		setText(name, its);
		setText(state, now === "on" ? t("on") : now === "off" ? t("off") : now || "–");
		setAttribute(element, "data-input", its);
		setAttribute(element, "data-on", now === "on" ? "" : null);
	};
	return { element, write };
}

export function eventsView(app: App): View {
	const inputs = h("ul", named("csvInput", { class: "inputs" }));
	const list = h("ul", { class: "events" });
	const none = ht("p", "noEvents", { class: "none" });
	const save = h(
		"button",
		named("exportEvents", {
			type: "button",
			class: "plain",
			id: "export-events",
			onclick: () => exportEvents(app),
		}),
		icon("download"),
		ht("span", "exportCsv"),
	);
	const element = h(
		"section",
		named("events", { class: "card", id: "events" }),
		h("div", { class: "head" }, ht("h2", "events"), save),
		inputs,
		none,
		list,
	);
	const lines: ReturnType<typeof inputLine>[] = [];
	let shown = "";
	const update = (): void => {
		const { gateway } = app;
		if (!gateway) return;
		const told = gateway.about.inputs;
		show(
			element,
			told.length > 0 || !gateway.about.isTold || gateway.events.length > 0,
		);
		const names = told
			.filter((input) => gateway.inputs.has(input.name))
			.map((input) => input.name);
		while (lines.length < names.length) lines.push(inputLine());
		names.forEach((name, at) => lines[at]!.write(name, gateway.inputs.get(name) ?? ""));
		setChildren(
			inputs,
			lines.slice(0, names.length).map((line) => line.element),
		);
		show(inputs, names.length > 0);
		const key = `${gateway.root} ${gateway.eventCount} ${currentLanguage()} ${gateway.skew.ms}`;
		if (key === shown) return;
		shown = key;
		const newest = gateway.events.slice(-SHOWN_MAX).reverse();
		list.replaceChildren(...newest.map((event) => eventLine(gateway, event)));
		show(none, !newest.length);
		show(list, newest.length > 0);
		show(save, newest.length > 0);
	};
	return { element, update };
}
