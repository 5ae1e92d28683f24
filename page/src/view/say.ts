// SPDX-License-Identifier: MIT
// One short sentence at the bottom, which is also read aloud: the result of a stop or an export.
import type { App } from "../app";
import { h } from "../dom";

const SHOWN_MS = 6000;

export function sayView(app: App): { element: HTMLElement } {
	const text = h("span");
	const box = h("div", { class: "say", role: "status" }, text);
	let timer = 0;
	app.onSay((words, isBad) => {
		clearTimeout(timer);
		text.textContent = words;
		box.classList.toggle("bad", isBad);
		box.classList.add("shown");
		timer = window.setTimeout(() => box.classList.remove("shown"), SHOWN_MS);
	});
	return { element: box };
}
