// SPDX-License-Identifier: MIT
// Warnings about what is on screen, one sentence each, the most important first.
import type { App, View } from "../app";
import { h, setAttribute, setChildren, setText } from "../dom";
import { now } from "../model/clock";
import { clockText, spanText } from "../model/format";
import type { Gateway } from "../model/gateway";
import { t } from "../text";

interface Notice {
	text: string;
	isBad: boolean;
}

const SEARCH_MS = 3000;

function ofLink(app: App): Notice[] {
	const { state, reason, url } = app.link;
	if (state === "refused") {
		if (reason === "password") return [{ text: t("refusedPassword"), isBad: true }];
		const isMixed = location.protocol === "https:" && url.startsWith("ws:");
		return [
			{ text: isMixed ? t("mixed") : t("refusedOther", { reason }), isBad: true },
		];
	}
	if (state === "waiting" || (state === "connecting" && app.link.sinceAt > 0))
		return [
			{
				text:
					app.link.sinceAt > 0 && app.gateway
						? t("lost")
						: t("unreachable", { url }),
				isBad: true,
			},
		];
	if (state !== "on" || app.gateway?.isHeard) return [];
	const sinceAt = Math.max(app.link.sinceAt, app.gateway?.chosenAt ?? 0);
	if (performance.now() - sinceAt <= SEARCH_MS) return [];
	if (!app.gateway) return [{ text: t("searching"), isBad: false }];
	return [{ text: nobodyThere(app, app.gateway.root), isBad: true }];
}

/** The topic may be misspelt: the others that there are tell so. */
function nobodyThere(app: App, root: string): string {
	const known = [...app.known.keys()].sort().join(", ");
	return known ? t("nobodyThere", { root, known }) : t("nobodyAtAll", { root });
}

function ofClock(gateway: Gateway): Notice[] {
	if (gateway.health?.["clock_set"] === false)
		return [{ text: t("clockUnset"), isBad: false }];
	const { ms } = gateway.skew;
	if (ms === 0) return [];
	const age = spanText(Math.abs(ms));
	return [{ text: t(ms > 0 ? "clockBehind" : "clockAhead", { age }), isBad: false }];
}

function ofGateway(app: App, gateway: Gateway): Notice[] {
	const found: Notice[] = [];
	const silentMs = now() - gateway.readingAt;
	if (app.link.state === "on" && gateway.status === "offline")
		found.push({ text: t("gatewayOffline"), isBad: true });
	else if (gateway.readingAt && silentMs > gateway.staleMs)
		found.push({
			text: t("silent", { time: clockText(gateway.readingAt) }),
			isBad: true,
		});
	const conflict = gateway.health?.["conflict"];
	if (typeof conflict === "string")
		found.push({ text: t("conflict", { reason: conflict }), isBad: true });
	return [...found, ...ofClock(gateway)];
}

export function noticesView(app: App): View {
	const element = h("div", { class: "notices", role: "status" });
	const lines: HTMLElement[] = [];
	const update = (): void => {
		const wanted = [
			...ofLink(app),
			...(app.gateway ? ofGateway(app, app.gateway) : []),
		];
		while (lines.length < wanted.length) lines.push(h("p", { class: "notice" }));
		wanted.forEach((notice, at) => {
			setText(lines[at]!, notice.text);
			setAttribute(lines[at]!, "data-bad", notice.isBad ? "" : null);
		});
		setChildren(element, lines.slice(0, wanted.length));
	};
	return { element, update };
}
