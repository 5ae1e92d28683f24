// SPDX-License-Identifier: MIT
// The description of a gateway, from ROOT/about. If that is missing, it is guessed from ROOT/state.

export type KeyType = "bool" | "integer" | "number" | "choice" | "color" | "unknown";

export interface OutputKey {
	name: string;
	type: KeyType;
	min?: number;
	max?: number;
	decimals: number;
	choices: string[];
}

export interface Output {
	kind: string;
	/** Its place among those of its kind, as an action calls it. */
	index: string;
	name: string;
	nature: string;
	moves: boolean;
	/** Names that an action may have beside the keys, such as "for" and "fade". */
	modifiers: string[];
	keys: OutputKey[];
}

export interface SensorInfo {
	label: string;
	quantity: string;
	unit: string;
	decimals: number;
}

export interface InputInfo {
	name: string;
	part: string;
}

export interface About {
	root: string;
	version: string;
	board: string;
	interval: { min: number; max: number };
	outputs: Output[];
	inputs: InputInfo[];
	/** null: not told. */
	sensors: Map<string, SensorInfo> | null;
	/** Told by the gateway itself, and not guessed. */
	isTold: boolean;
}

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseObject(text: string): Json | null {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number | undefined =>
	typeof value === "number" && Number.isFinite(value) ? value : undefined;
const entriesOf = (value: unknown): [string, unknown][] =>
	isObject(value) ? Object.entries(value) : [];

const wordsOf = (value: unknown): string[] =>
	Array.isArray(value) ? value.map(textOf).filter(Boolean) : [];

const TYPES: readonly string[] = ["bool", "integer", "number", "choice", "color"];

function readKey(name: string, value: unknown): OutputKey {
	const told = isObject(value) ? value : {};
	const type = textOf(told["type"]);
	const key: OutputKey = {
		name,
		type: TYPES.includes(type) ? (type as KeyType) : "unknown",
		decimals: type === "integer" ? 0 : (numberOf(told["decimals"]) ?? 0),
		choices: wordsOf(told["choices"]),
	};
	const min = numberOf(told["min"]);
	const max = numberOf(told["max"]);
	if (min !== undefined) key.min = min;
	if (max !== undefined) key.max = max;
	return key;
}

function readOutput(kind: string, index: number, value: unknown): Output {
	const told = isObject(value) ? value : {};
	return {
		kind,
		index: String(index),
		name: textOf(told["name"]) || `${kind} ${index}`,
		nature: textOf(told["nature"]),
		moves: told["moves"] === true,
		modifiers: wordsOf(told["modifiers"]),
		keys: entriesOf(told["keys"]).map(([name, key]) => readKey(name, key)),
	};
}

function readSensor(name: string, value: unknown): SensorInfo {
	const told = isObject(value) ? value : {};
	return {
		label: textOf(told["label"]) || name,
		quantity: textOf(told["quantity"]),
		unit: textOf(told["unit"]),
		decimals: Math.min(Math.max(numberOf(told["decimals"]) ?? 0, 0), 10),
	};
}

/** null: it is none. */
export function readAbout(text: string): About | null {
	const told = parseObject(text);
	if (!told || told["schema"] !== 1 || !textOf(told["root"])) return null;
	const interval = isObject(told["interval"]) ? told["interval"] : {};
	const outputs = entriesOf(told["outputs"]).flatMap(([kind, list]) =>
		Array.isArray(list) ? list.map((one, index) => readOutput(kind, index, one)) : [],
	);
	return {
		root: textOf(told["root"]),
		version: textOf(told["version"]),
		board: textOf(told["board"]),
		interval: {
			min: numberOf(interval["min"]) ?? 1,
			max: numberOf(interval["max"]) ?? 3600000,
		},
		outputs,
		inputs: entriesOf(told["inputs"]).map(([name, input]) => ({
			name,
			part: isObject(input) ? textOf(input["part"]) : "",
		})),
		sensors: isObject(told["sensors"])
			? new Map(
					entriesOf(told["sensors"]).map(([name, one]) => [
						name,
						readSensor(name, one),
					]),
				)
			: null,
		isTold: true,
	};
}

/** Outputs of one kind in a state: those with a number each, or the only one without. */
export function outputsOf(value: unknown): [string, Json][] {
	if (!isObject(value)) return [];
	const numbered = Object.entries(value).filter(([index]) => /^\d+$/.test(index));
	if (!numbered.length) return [["0", value]];
	return numbered.filter((entry): entry is [string, Json] => isObject(entry[1]));
}

function guessKey(name: string, value: unknown): OutputKey {
	const key: OutputKey = { name, type: "unknown", decimals: 0, choices: [] };
	if (typeof value === "boolean") key.type = "bool";
	else if (name === "direction") {
		key.type = "choice";
		key.choices = ["forward", "backward", "stop"];
	} else if (typeof value === "number") {
		key.type = "integer";
		if (name === "bright" || name === "speed") Object.assign(key, { min: 1, max: 10 });
	} else if (/^#[0-9a-f]{6}$/i.test(textOf(value))) key.type = "color";
	return key;
}

/** Of a gateway that tells nothing about itself: an old one, or one whose broker does not let it. */
export function guessAbout(root: string, state: Json | null): About {
	const outputs = entriesOf(state)
		.filter(([kind]) => kind !== "sensors")
		.flatMap(([kind, all]) =>
			outputsOf(all).map(([index, keys]) => ({
				kind,
				index,
				name: `${kind} ${index}`,
				nature: "",
				moves: "direction" in keys || "angle" in keys,
				modifiers: [],
				keys: Object.entries(keys).map(([name, value]) =>
					guessKey(name, value),
				),
			})),
		);
	return {
		root,
		version: "",
		board: "",
		interval: { min: 1, max: 3600000 },
		outputs,
		inputs: [],
		sensors: null,
		isTold: false,
	};
}
