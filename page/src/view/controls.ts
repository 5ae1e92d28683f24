// SPDX-License-Identifier: MIT
// A control for each key of an output, chosen by the key's type. No kind of output is known here by name.
import { h, named, newId, setAttribute, setText } from "../dom";
import type { Json, Output, OutputKey } from "../model/about";
import { t, type Key } from "../text";

/** Sends a value of a key; resolves when it was answered: true if it was carried out. */
export type Send = (key: string, value: unknown) => Promise<boolean>;

/** An answer comes before the state that it leads to. Until that is there, or this time is over, the older state is not shown. */
const ECHO_MS = 2000;

export interface Control {
	element: HTMLElement;
	/** Shows what the output does now. */
	update(state: Json): void;
}

const LABELS: Record<string, Key> = {
	on: "keyOn",
	direction: "keyDirection",
	bright: "keyBright",
	speed: "keySpeed",
	angle: "keyAngle",
	tone: "keyTone",
	color: "keyColor",
};
const WORDS: Record<string, Key> = { forward: "forward", backward: "backward", stop: "stopOne" };
const COVER_WORDS: Record<string, Key> = {
	forward: "open",
	backward: "closeCover",
	stop: "stopOne",
};

/** The attributes of an element that is named after a key. */
function keyName(key: string): Record<string, string> {
	const label = LABELS[key];
	return label ? (named(label) as Record<string, string>) : { "aria-label": key };
}

function keyLabel(key: string): HTMLElement {
	const label = LABELS[key];
	return label ? h("span", { "data-t": label }, t(label)) : h("span", {}, key);
}

export function switchControl(output: Output, key: string, send: Send): Control {
	const input = h("input", {
		type: "checkbox",
		role: "switch",
		class: "switch",
		"data-key": key,
	});
	const label = LABELS[key] ? t(LABELS[key]) : key;
	let pending = 0;
	let known = false;
	let echoUntil = 0;
	input.setAttribute("aria-label", key === "on" ? output.name : `${output.name}: ${label}`);
	input.addEventListener("change", () => {
		pending += 1;
		void send(key, input.checked).then((ok) => {
			pending -= 1;
			echoUntil = ok ? performance.now() + ECHO_MS : 0;
			if (!pending && !ok) input.checked = known;
		});
	});
	const update = (state: Json): void => {
		const next = state[key] === true;
		const isNews = next !== known;
		known = next;
		if (pending || (!isNews && performance.now() < echoUntil)) return;
		if (input.checked !== known) input.checked = known;
	};
	return { element: input, update };
}

function choiceControl(output: Output, key: OutputKey, send: Send): Control {
	const words = output.nature === "cover" ? COVER_WORDS : WORDS;
	// The stop in the middle, as on every such device.
	const others = key.choices.filter((choice) => choice !== "stop");
	const hasStop = others.length < key.choices.length;
	const order = hasStop ? [...others.slice(1), "stop", ...others.slice(0, 1)] : key.choices;
	const buttons = order.map((choice) => {
		const word = words[choice];
		const texts = word ? { "data-t": word } : {};
		const button = h(
			"button",
			{
				type: "button",
				"data-choice": choice,
				...texts,
				onclick: () => void send(key.name, choice),
			},
			word ? t(word) : choice,
		);
		return button;
	});
	const element = h(
		"div",
		{ class: "segments", role: "group", ...keyName(key.name) },
		...buttons,
	);
	const update = (state: Json): void =>
		buttons.forEach((button, at) =>
			setAttribute(button, "aria-pressed", String(state[key.name] === order[at])),
		);
	return { element, update };
}

/** Sends the value chosen last, one at a time: a slider moves faster than answers come. */
function latest(send: (value: unknown) => Promise<boolean>): {
	push(value: unknown): void;
	/** A state, of which isNews tells whether it differs from the one before, is that of another value. */
	isAhead(isNews: boolean): boolean;
} {
	let next: unknown;
	let hasNext = false;
	let isBusy = false;
	let echoUntil = 0;
	const go = async (): Promise<void> => {
		isBusy = true;
		while (hasNext) {
			hasNext = false;
			echoUntil = (await send(next)) ? performance.now() + ECHO_MS : 0;
		}
		isBusy = false;
	};
	return {
		push(value) {
			next = value;
			hasNext = true;
			if (!isBusy) void go();
		},
		isAhead: (isNews) => isBusy || (!isNews && performance.now() < echoUntil),
	};
}

interface Range {
	/** The key that is sent. */
	key: string;
	/** The key whose name it goes by. */
	label: string;
	min: number;
	max: number;
	step: number;
	unit: string;
	read(state: Json): unknown;
}

function sliderControl(range: Range, send: Send): Control {
	const id = newId();
	const { min, max, step } = range;
	const input = h("input", {
		type: "range",
		min,
		max,
		step,
		id,
		"data-key": range.key,
		...keyName(range.label),
	});
	const value = h("output", { for: id });
	const queue = latest((chosen) => send(range.key, chosen));
	let isHeld = false;
	let known: unknown;
	const paint = (): void => {
		setText(value, `${input.value}${range.unit}`);
		const share = (Number(input.value) - min) / (max - min || 1);
		input.style.setProperty("--share", `${share * 100}%`);
		setAttribute(input, "aria-valuetext", `${input.value}${range.unit}`);
	};
	input.addEventListener("input", () => {
		paint();
		queue.push(Number(input.value));
	});
	input.addEventListener("pointerdown", () => (isHeld = true));
	for (const name of ["pointerup", "pointercancel", "change"])
		input.addEventListener(name, () => (isHeld = false));
	const update = (state: Json): void => {
		const next = range.read(state);
		const isAhead = queue.isAhead(next !== known);
		known = next;
		if (typeof known === "number" && !isHeld && !isAhead) input.value = String(known);
		paint();
	};
	return {
		element: h("div", { class: "slider" }, keyLabel(range.label), input, value),
		update,
	};
}

/** A field and a button, for numbers that no slider can reach, and for types that are not known here. */
function fieldControl(key: OutputKey, send: Send): Control {
	const isNumber = key.type !== "unknown";
	const limits = isNumber ? { min: key.min, max: key.max, step: 10 ** -key.decimals } : {};
	const input = h("input", {
		type: isNumber ? "number" : "text",
		"data-key": key.name,
		required: true,
		...limits,
		...keyName(key.name),
	});
	const submit = (event: SubmitEvent): void => {
		event.preventDefault();
		void send(key.name, isNumber ? Number(input.value) : parsed(input.value));
	};
	const form = h(
		"form",
		{ class: "set", onsubmit: submit },
		keyLabel(key.name),
		input,
		h("button", { type: "submit", class: "plain", "data-t": "set" }, t("set")),
	);
	const update = (state: Json): void => {
		const known = state[key.name];
		const text =
			known === undefined
				? ""
				: typeof known === "string"
					? known
					: JSON.stringify(known);
		if (document.activeElement !== input && input.value !== text) input.value = text;
	};
	return { element: form, update };
}

/** JSON, or a text as it stands. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}

function colorControl(key: OutputKey, send: Send): Control {
	const input = h("input", { type: "color", "data-key": key.name, ...keyName(key.name) });
	const queue = latest((chosen) => send(key.name, chosen));
	let known: unknown;
	input.addEventListener("input", () => queue.push(input.value));
	const update = (state: Json): void => {
		const next = state[key.name];
		const isAhead = queue.isAhead(next !== known);
		known = next;
		if (typeof known === "string" && !isAhead && input.value !== known)
			input.value = known;
	};
	return { element: h("div", { class: "slider" }, keyLabel(key.name), input), update };
}

const SLIDER_STEPS_MAX = 400;

/** "percent" is the finer scale of another key, ten to a step: one slider serves both. */
export function levelOf(keys: OutputKey[]): { percent: OutputKey; step: OutputKey } | null {
	const percent = keys.find((key) => key.name === "percent");
	const step = keys.find((key) => key.type === "integer" && key.min === 1 && key.max === 10);
	return percent && step ? { percent, step } : null;
}

function levelControl(percent: OutputKey, step: OutputKey, send: Send): Control {
	const read = (state: Json): unknown => {
		const fine = state[percent.name];
		const coarse = state[step.name];
		return typeof fine === "number"
			? fine
			: typeof coarse === "number"
				? coarse * 10
				: undefined;
	};
	const range = {
		key: percent.name,
		label: step.name,
		min: 0,
		max: 100,
		step: 1,
		unit: " %",
		read,
	};
	return sliderControl(range, send);
}

function numberControl(key: OutputKey, send: Send): Control {
	const { min, max } = key;
	if (min === undefined || max === undefined || max - min > SLIDER_STEPS_MAX)
		return fieldControl(key, send);
	const step = max - min > 20 ? 1 : 10 ** -key.decimals;
	const unit = key.name === "angle" ? "°" : "";
	const read = (state: Json): unknown => state[key.name];
	return sliderControl({ key: key.name, label: key.name, min, max, step, unit, read }, send);
}

/** The controls of an output, but for its switch. */
export function controlsOf(output: Output, send: Send): Control[] {
	const level = levelOf(output.keys);
	const hasStop = output.keys.some((key) => key.choices.includes("stop"));
	const controls: Control[] = [];
	for (const key of output.keys) {
		if (key.type === "choice") controls.push(choiceControl(output, key, send));
		else if (key === level?.step)
			controls.push(levelControl(level.percent, level.step, send));
		else if (key === level?.percent) continue;
		else if (key.type === "color") controls.push(colorControl(key, send));
		else if (key.type === "bool") {
			if (key.name === "on" || hasStop) continue; // the switch; the directions
			const one = switchControl(output, key.name, send);
			controls.push({
				...one,
				element: h(
					"div",
					{ class: "slider" },
					keyLabel(key.name),
					one.element,
				),
			});
		} else if (key.type === "unknown") controls.push(fieldControl(key, send));
		else controls.push(numberControl(key, send));
	}
	return controls;
}
