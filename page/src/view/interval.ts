// SPDX-License-Identifier: MIT
// Shows and sets the interval of the readings.
import { whyNot, type App, type View } from "../app";
import { h, ht, named, newId, setAttribute, setText, show } from "../dom";
import { t } from "../text";

export function intervalView(app: App): View {
	const id = newId();
	const hintId = newId();
	const input = h("input", {
		type: "number",
		id,
		name: "interval",
		inputmode: "numeric",
		required: true,
		step: 1,
		"aria-describedby": hintId,
	});
	const hint = h("small", { id: hintId });
	const error = h("p", { class: "why", role: "alert", hidden: true });
	const ask = async (what: Record<string, unknown>): Promise<void> => {
		const answer = await app.ask({ sensors: what });
		setText(error, answer.ok ? "" : whyNot(answer));
		show(error, !answer.ok);
	};
	const submit = (event: SubmitEvent): void => {
		event.preventDefault();
		void ask({ interval: Number(input.value) });
	};
	const element = h(
		"section",
		named("interval", { class: "card", id: "interval" }),
		ht("h2", "interval"),
		h(
			"form",
			{ class: "form", onsubmit: submit },
			h(
				"div",
				{ class: "field" },
				ht("label", "intervalMs", { for: id }),
				h(
					"div",
					{ class: "inline" },
					input,
					ht("button", "set", {
						type: "submit",
						class: "plain",
						id: "set-interval",
					}),
					ht("button", "readNow", {
						type: "button",
						class: "plain",
						id: "read-now",
						onclick: () => void ask({ read: true }),
					}),
				),
				hint,
			),
			error,
		),
	);
	let known = 0;
	const update = (): void => {
		const { min, max } = app.gateway?.about.interval ?? { min: 1, max: 3600000 };
		setAttribute(input, "min", String(min));
		setAttribute(input, "max", String(max));
		setText(hint, t("intervalRange", { min, max }));
		const present = app.gateway?.intervalMs ?? 0;
		// Does not overwrite what the user is typing.
		if (present !== known && document.activeElement !== input) {
			known = present;
			input.value = present ? String(present) : "";
		}
	};
	return { element, update };
}
