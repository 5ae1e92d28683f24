// SPDX-License-Identifier: MIT
// The bar at the top: the stop first, then which gateway is shown, and whether it can be reached.
import type { App, View } from "../app";
import { h, ht, named, setAttribute, setText, show, translateAll } from "../dom";
import type { LinkState } from "../model/link";
import { save } from "../settings";
import { chooseLanguage, currentLanguage, LANGUAGE_NAMES, LANGUAGES, t, type Key } from "../text";
import type { ConnectView } from "./connect";
import { icon } from "./icons";

const LINK: Record<LinkState, Key> = {
	off: "linkOff",
	connecting: "linkConnecting",
	on: "linkOn",
	waiting: "linkWaiting",
	refused: "linkRefused",
};

function languagePicker(app: App): HTMLElement {
	const options = LANGUAGES.map((code) =>
		h("option", { value: code, lang: code }, LANGUAGE_NAMES[code]),
	);
	const select = h(
		"select",
		named("language", { class: "quiet", id: "language" }),
		...options,
	);
	select.value = currentLanguage();
	select.addEventListener("change", () => {
		chooseLanguage(select.value);
		save({ language: select.value });
		translateAll(document);
		app.changed();
	});
	return select;
}

function gatewayPicker(app: App): View {
	const select = h("select", named("gateway", { id: "gateway" }));
	let shown = "";
	select.addEventListener("change", () => {
		save({ root: select.value });
		app.choose(select.value, true);
	});
	const update = (): void => {
		const current = app.gateway?.root ?? "";
		const roots = [...new Set([...app.known.keys(), current].filter(Boolean))].sort();
		const texts = roots.map((root) => {
			const known = app.known.get(root);
			const status = root === current ? app.gateway?.status : known?.status;
			const board = known?.board ? ` · ${known.board}` : "";
			return `${root}${board}${status === "offline" ? ` (${t("offlineMark")})` : ""}`;
		});
		const wanted = JSON.stringify([roots, texts, current, currentLanguage()]);
		if (wanted === shown) return;
		shown = wanted;
		select.replaceChildren(
			...roots.map((root, at) => h("option", { value: root }, texts[at]!)),
			...(roots.length ? [] : [h("option", { value: "" }, t("noGateway"))]),
		);
		select.value = current;
		select.disabled = !roots.length;
	};
	return { element: select, update };
}

export function barView(app: App, connect: ConnectView): View {
	const stop = h(
		"button",
		{
			class: "stop",
			id: "stop",
			type: "button",
			"aria-keyshortcuts": "Escape",
			onclick: () => void app.stop(),
		},
		icon("stop"),
		ht("span", "stop"),
		h("kbd", { "aria-hidden": "true" }, "Esc"),
	);
	const picker = gatewayPicker(app);
	const word = h("span");
	const link = h(
		"button",
		{
			class: "link",
			id: "link",
			type: "button",
			"aria-expanded": "false",
			"aria-controls": "connection",
			onclick: () => connect.toggle(),
		},
		h("span", { class: "dot", "aria-hidden": "true" }),
		word,
	);
	const heading = h("h1", {}, "tos-gateway");
	const element = h(
		"header",
		{ class: "bar" },
		stop,
		h("div", { class: "name" }, heading, picker.element),
		h("div", { class: "tools" }, link, languagePicker(app)),
	);
	const update = (): void => {
		show(stop, !app.gateway || app.gateway.moves);
		setText(word, t(LINK[app.link.state]));
		setAttribute(link, "data-state", app.link.state);
		setAttribute(link, "aria-expanded", String(!connect.element.hidden));
		const title = app.gateway ? `${app.gateway.root} · tos-gateway` : "tos-gateway";
		if (document.title !== title) document.title = title;
		picker.update();
	};
	return { element, update };
}
