// SPDX-License-Identifier: MIT
// The times that an output's action may have beside its keys: how long it goes on, and how slowly it gets
// there. ROOT/about tells which of them an output takes.
import { h, ht } from "../dom";
import type { Json, Output } from "../model/about";
import type { Key } from "../text";

export interface Times {
	/** null: it takes none. */
	element: HTMLElement | null;
	/** What goes beside a key with that value; null: what was entered is no time. */
	beside(key: string, value: unknown): Json | null;
}

// As long as a gateway takes them for.
const HOUR_S = 3600;

const LABELS: Record<string, Key> = { for: "timeFor", fade: "timeFade" };

/** How long something is to go on means nothing beside an end. */
function isRest(key: string, value: unknown): boolean {
	return value === false || value === "stop" || (key === "percent" && value === 0);
}

export function timesOf(output: Output): Times {
	const fields = output.modifiers.flatMap((name) => {
		const label = LABELS[name];
		if (!label) return [];
		const input = h("input", {
			type: "number",
			min: 0,
			max: name === "fade" ? HOUR_S : 24 * HOUR_S,
			step: "any",
			"data-time": name,
		});
		const element = h("label", {}, ht("span", label), input, ht("span", "seconds"));
		return [{ name, input, element }];
	});
	const element = fields.length
		? h("div", { class: "times" }, ...fields.map((field) => field.element))
		: null;
	const beside = (key: string, value: unknown): Json | null => {
		const rests = isRest(key, value);
		const used = fields.filter(({ name }) => !(rests && name === "for"));
		// Nothing keeps an end from being sent.
		const good = used.filter(({ input }) => input.validity.valid);
		if (!rests && good.length < used.length) return null;
		return Object.fromEntries(
			good
				.filter(({ input }) => input.value)
				.map(({ name, input }) => [
					name,
					Math.round(Number(input.value) * 1000),
				]),
		);
	};
	return { element, beside };
}
