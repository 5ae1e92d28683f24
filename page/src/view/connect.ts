// SPDX-License-Identifier: MIT
// The form for the broker's address, the user and the password.
import type { App, View } from "../app";
import { h, ht, named, newId, show } from "../dom";
import { brokerUrl, save, settings } from "../settings";
import type { Key } from "../text";

export interface ConnectView extends View {
	toggle(): void;
	open(): void;
}

function field(label: Key, hint: Key | null, input: HTMLInputElement): HTMLElement {
	const id = newId();
	const hintId = newId();
	input.id = id;
	if (hint) input.setAttribute("aria-describedby", hintId);
	return h(
		"div",
		{ class: "field" },
		ht("label", label, { for: id }),
		input,
		hint && ht("small", hint, { id: hintId }),
	);
}

function textInput(
	name: string,
	type: string,
	value: string,
	more: Record<string, string> = {},
): HTMLInputElement {
	const quiet = { autocapitalize: "off", spellcheck: "false", autocorrect: "off" };
	const input = h("input", { name, type, ...quiet, ...more });
	input.value = value;
	return input;
}

export function connectView(app: App): ConnectView {
	const broker = textInput("broker", "text", settings.broker, {
		placeholder: "ws://raspberrypi.local:9001",
		required: "",
		autocomplete: "url",
		inputmode: "url",
	});
	const root = textInput("root", "text", settings.root, {
		placeholder: "tos",
		autocomplete: "off",
	});
	const user = textInput("user", "text", settings.user, { autocomplete: "username" });
	const password = textInput("password", "password", settings.password, {
		autocomplete: "current-password",
	});
	const keep = h("input", { type: "checkbox", name: "keep", id: newId() });
	keep.checked = settings.keep;
	const disconnect = ht("button", "disconnect", {
		type: "button",
		class: "plain",
		id: "disconnect",
		onclick: () => app.disconnect(),
	});
	const submit = (event: SubmitEvent): void => {
		event.preventDefault();
		broker.value = brokerUrl(broker.value);
		const entered = { broker: broker.value, root: root.value.trim(), user: user.value };
		save({
			...entered,
			keep: keep.checked,
			...(keep.checked && { password: password.value }),
		});
		// The page knows the password until it is closed, stored or not.
		settings.password = password.value;
		if (settings.root) app.choose(settings.root, true);
		isOpen = false;
		app.connect();
	};
	const form = h(
		"form",
		{ onsubmit: submit, class: "form" },
		field("broker", "brokerHint", broker),
		field("root", "rootHint", root),
		h(
			"div",
			{ class: "pair" },
			field("user", null, user),
			field("password", null, password),
		),
		h("div", { class: "check" }, keep, ht("label", "keep", { for: keep.id })),
		h(
			"div",
			{ class: "buttons" },
			ht("button", "connect", { type: "submit", class: "main", id: "connect" }),
			disconnect,
		),
	);
	const element = h(
		"section",
		named("connection", { class: "card connection", id: "connection" }),
		ht("h2", "connection"),
		form,
	);
	let isOpen = false;
	const isAway = (): boolean => app.link.state === "off" || app.link.state === "refused";
	const view: ConnectView = {
		element,
		update() {
			show(element, isOpen || isAway());
			disconnect.disabled = app.link.state === "off";
		},
		toggle() {
			isOpen = !isOpen;
			view.update();
			app.changed();
			if (isOpen) broker.focus();
		},
		open() {
			isOpen = true;
			app.changed();
		},
	};
	return view;
}
