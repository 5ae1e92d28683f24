// SPDX-License-Identifier: MIT
// The gateway's own condition, and all faults.
import type { App, View } from "../app";
import { h, ht, named, setChildren, setText, show } from "../dom";
import { clockText, spanText } from "../model/format";
import type { Gateway } from "../model/gateway";
import { t, type Key } from "../text";

function facts(gateway: Gateway): [Key, string][] {
	const health = gateway.health ?? {};
	const number = (name: string): number | null =>
		typeof health[name] === "number" ? health[name] : null;
	const uptime = number("uptime_s");
	const memory = number("rss_kb");
	const { reduced } = health;
	const counts: [Key, string][] = (
		[
			["reconnects", "reconnects"],
			["waitingReadings", "queued"],
			["missed", "missed"],
			["refused", "refused"],
		] as const
	).map(([key, name]) => [key, String(number(name) ?? "")]);
	const all: [Key, string][] = [
		["version", String(health["version"] ?? gateway.about.version)],
		["board", gateway.about.board],
		["uptime", uptime === null ? "" : spanText(uptime * 1000)],
		["memory", memory === null ? "" : `${(memory / 1024).toFixed(1)} MiB`],
		["itsBroker", typeof health["broker"] === "string" ? health["broker"] : ""],
		...counts,
		["reduced", Array.isArray(reduced) ? reduced.join(", ") : ""],
	];
	return all.filter(([, text]) => text !== "");
}

export function healthView(app: App): View {
	const none = ht("p", "noHealth", { class: "none" });
	const well = ht("p", "allWell", { class: "well" });
	const faults = h("ul", { class: "faults" });
	const list = h("dl");
	const element = h(
		"section",
		named("health", { class: "card", id: "health" }),
		ht("h2", "health"),
		none,
		well,
		faults,
		list,
	);
	const rows = new Map<Key, { name: HTMLElement; text: HTMLElement; row: HTMLElement }>();
	const rowOf = (key: Key): { name: HTMLElement; text: HTMLElement; row: HTMLElement } => {
		let found = rows.get(key);
		if (!found) {
			const name = ht("dt", key);
			const text = h("dd");
			found = { name, text, row: h("div", {}, name, text) };
			rows.set(key, found);
		}
		return found;
	};
	const update = (): void => {
		const { gateway } = app;
		if (!gateway) return;
		const broken = gateway.faults();
		show(none, !gateway.health);
		show(well, !!gateway.health && !broken.length);
		const lines = broken.map(({ name, error, since }) => {
			const time =
				since === null
					? ""
					: ` (${t("since", { time: clockText(since + gateway.skew.ms) })})`;
			return `${name === "disk" ? t("disk") : name}: ${error || t("faultNoReason")}${time}`;
		});
		while (faults.children.length < lines.length) faults.append(h("li"));
		while (faults.children.length > lines.length) faults.lastElementChild?.remove();
		lines.forEach((line, at) => setText(faults.children[at]!, line));
		show(faults, lines.length > 0);
		const shown = facts(gateway);
		for (const [key, text] of shown) setText(rowOf(key).text, text);
		setChildren(
			list,
			shown.map(([key]) => rowOf(key).row),
		);
		show(list, shown.length > 0);
	};
	return { element, update };
}
