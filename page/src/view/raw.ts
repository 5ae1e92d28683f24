// SPDX-License-Identifier: MIT
// Any action as text, and the gateway's answer.
import { whyNot, type App, type View } from "../app";
import { h, ht, named, newId, show } from "../dom";

export function rawView(app: App): View {
	const id = newId();
	const hintId = newId();
	const input = h("textarea", {
		id,
		name: "raw",
		rows: 3,
		spellcheck: "false",
		autocapitalize: "off",
		"aria-describedby": hintId,
	});
	input.value = '{"sensors":{"read":true}}';
	const answer = h("pre", named("answer", { class: "answer", role: "status", hidden: true }));
	const send = async (): Promise<void> => {
		if (!input.value.trim()) return;
		const told = await app.ask(input.value);
		answer.textContent = told.text || whyNot(told);
		answer.classList.toggle("bad", !told.ok);
		show(answer, true);
	};
	input.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
		event.preventDefault();
		void send();
	});
	const submit = (event: SubmitEvent): void => {
		event.preventDefault();
		void send();
	};
	const element = h(
		"section",
		named("raw", { class: "card", id: "raw" }),
		ht("h2", "raw"),
		h(
			"form",
			{ class: "form", onsubmit: submit },
			h(
				"div",
				{ class: "field" },
				ht("label", "rawLabel", { for: id }),
				input,
				ht("small", "rawHint", { id: hintId }),
			),
			h(
				"div",
				{ class: "buttons" },
				ht("button", "send", {
					type: "submit",
					class: "plain",
					id: "send-raw",
				}),
			),
			answer,
		),
	);
	return { element, update: () => undefined };
}
