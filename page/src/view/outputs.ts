// SPDX-License-Identifier: MIT
// A row for each output of the gateway.
import { whyNot, type App, type View } from "../app";
import { h, ht, named, setAttribute, setChildren, setText, show } from "../dom";
import type { Output } from "../model/about";
import { t } from "../text";
import { controlsOf, switchControl } from "./controls";
import { icon } from "./icons";
import { timesOf } from "./times";

interface Row extends View {
	/** The description that it was made from. */
	made: string;
}

function makeRow(app: App, output: Output, made: string): Row {
	const error = h("p", { class: "why", role: "alert" });
	let mistake = "";
	const times = timesOf(output);
	const send = async (key: string, value: unknown): Promise<boolean> => {
		const more = times.beside(key, value);
		if (!more) {
			mistake = t("notATime");
			app.changed();
			return false;
		}
		const answer = await app.ask({
			[output.kind]: { [output.index]: { [key]: value, ...more } },
		});
		mistake = answer.ok ? "" : whyNot(answer);
		app.changed();
		return answer.ok;
	};
	const hasDirections = output.keys.some((key) => key.choices.includes("stop"));
	const hasSwitch =
		!hasDirections &&
		output.keys.some((key) => key.name === "on" && key.type === "bool");
	const main = hasSwitch ? switchControl(output, "on", send) : null;
	const controls = controlsOf(output, send);
	const element = h(
		"li",
		{
			class: "output",
			"data-output": `${output.kind}.${output.index}`,
			"data-nature": output.nature,
		},
		h(
			"div",
			{ class: "outputhead" },
			icon(output.nature || "other"),
			h(
				"h3",
				{},
				output.name,
				" ",
				h(
					"small",
					{},
					output.name.startsWith(output.kind) ? "" : output.kind,
				),
			),
			main?.element,
		),
		(controls.length > 0 || times.element) &&
			h(
				"div",
				{ class: "controls" },
				...controls.map((control) => control.element),
				times.element,
			),
		error,
	);
	const update = (): void => {
		const state = app.gateway?.stateOf(output) ?? {};
		const fault = app.gateway?.outputFault(output);
		main?.update(state);
		for (const control of controls) control.update(state);
		const direction = state["direction"];
		const isOn =
			state["on"] === true ||
			(typeof direction === "string" && direction !== "stop");
		setAttribute(element, "data-on", isOn ? "" : null);
		setText(error, mistake || (fault ? t("failing", { reason: fault.error }) : ""));
		show(error, !!error.textContent);
	};
	return { element, update, made };
}

export function outputsView(app: App): View {
	const list = h("ul", { class: "outputs" });
	const none = ht("p", "noOutputs", { class: "none" });
	const element = h(
		"section",
		named("outputs", { class: "card", id: "outputs" }),
		ht("h2", "outputs"),
		none,
		list,
	);
	const rows = new Map<string, Row>();
	let root = "";
	const update = (): void => {
		const gateway = app.gateway;
		const outputs = gateway?.about.outputs ?? [];
		if (gateway && gateway.root !== root) {
			root = gateway.root;
			rows.clear();
		}
		const names = outputs.map((output) => `${output.kind}.${output.index}`);
		for (const name of rows.keys()) if (!names.includes(name)) rows.delete(name);
		outputs.forEach((output, at) => {
			const made = JSON.stringify(output);
			if (rows.get(names[at]!)?.made !== made)
				rows.set(names[at]!, makeRow(app, output, made));
		});
		setChildren(
			list,
			names.map((name) => rows.get(name)!.element),
		);
		for (const row of rows.values()) row.update();
		show(none, !outputs.length && !!gateway?.isHeard);
		show(list, outputs.length > 0);
	};
	return { element, update };
}
