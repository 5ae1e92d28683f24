// SPDX-License-Identifier: MIT
// Making elements, and writing into them only what has changed.
import { t, type Key } from "./text";

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | ((event: never) => void) | undefined>;

/** An element. "on..." are listeners; true is an attribute without a value; false and undefined are none. */
export function h<Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	attributes: Attributes = {},
	...children: Child[]
): HTMLElementTagNameMap[Name] {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (typeof value === "function")
			element.addEventListener(key.slice(2), value as EventListener);
		else if (value !== undefined && value !== false)
			element.setAttribute(key, value === true ? "" : String(value));
	}
	element.append(...children.filter((child): child is Node | string => !!child));
	return element;
}

/** An element whose text is in the table, in whichever language is chosen. */
export function ht<Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	key: Key,
	attributes: Attributes = {},
): HTMLElementTagNameMap[Name] {
	const element = h(name, { ...attributes, "data-t": key });
	element.textContent = t(key);
	return element;
}

/** The attributes of an element whose name for assistive technology is in the table. */
export function named(key: Key, attributes: Attributes = {}): Attributes {
	return { ...attributes, "data-t-label": key, "aria-label": t(key) };
}

/** After another language was chosen. */
export function translateAll(root: ParentNode): void {
	for (const element of root.querySelectorAll<HTMLElement>("[data-t]"))
		element.textContent = t(element.dataset["t"] as Key);
	for (const element of root.querySelectorAll<HTMLElement>("[data-t-label]"))
		element.setAttribute("aria-label", t(element.dataset["tLabel"] as Key));
}

export function setText(element: Node, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
	if (element.getAttribute(name) === value) return;
	if (value === null) element.removeAttribute(name);
	else element.setAttribute(name, value);
}

export function show(element: HTMLElement, visible: boolean): void {
	if (element.hidden === visible) element.hidden = !visible;
}

/** Exactly these children, in this order. Those that are there already are not touched. */
export function setChildren(parent: Element, children: Element[]): void {
	let at = parent.firstElementChild;
	for (const child of children) {
		if (child === at) at = at.nextElementSibling;
		else parent.insertBefore(child, at);
	}
	while (at) {
		const next = at.nextElementSibling;
		at.remove();
		at = next;
	}
}

let numbers = 0;

/** An id for a label, unique in the page. */
export function newId(): string {
	numbers += 1;
	return `x${numbers}`;
}
