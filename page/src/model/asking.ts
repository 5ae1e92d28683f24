// SPDX-License-Identifier: MIT
// Actions and their answers: each action has one result, the gateway's answer or a timeout.
import { isObject, parseObject, type Json } from "./about";
import { clientId, type Incoming, type Link } from "./link";

export interface Answer {
	ok: boolean;
	/** As it came; empty if none came. */
	text: string;
	/** What is wrong, one mistake a line, in the gateway's words. */
	mistakes: string[];
	/** Not sent at all, not answered in time or before the connection was lost, or not allowed. */
	failed: "" | "offline" | "silent" | "lost" | "denied";
}

const SILENT_MS = 5000;

let numbers = 0;

function readAnswer(text: string): Answer {
	const told = parseObject(text);
	const errors = told && Array.isArray(told["errors"]) ? told["errors"].filter(isObject) : [];
	const mistakes = errors.map((error) => {
		const path = String(error["path"] ?? "");
		return `${path ? `${path}: ` : ""}${String(error["reason"] ?? "")}`;
	});
	return { ok: told?.["ok"] === true, text, mistakes, failed: "" };
}

export class Asking {
	private readonly open = new Map<string, (answer: Answer) => void>();
	/** The broker does not let this page have a topic of its own for answers. */
	private isShared = false;

	constructor(private readonly link: Link) {}

	private ownTopic(root: string): string {
		return `${root}/answers/${clientId}`;
	}

	private get isOwn(): boolean {
		return this.link.version === 5 && !this.isShared;
	}

	/** Listens to the answers of a gateway. */
	listen(root: string): void {
		this.isShared = false;
		if (!this.isOwn) this.link.subscribe([`${root}/actions/ack`]);
		else
			this.link.subscribe([this.ownTopic(root)], () => {
				this.isShared = true;
				this.link.subscribe([`${root}/actions/ack`]);
			});
	}

	leave(root: string): void {
		this.link.unsubscribe([this.ownTopic(root), `${root}/actions/ack`]);
	}

	/** Sends an action as an object, or any text. Without a topic of its own for answers, an id tells whose answer it is. */
	ask(root: string, action: Json | string): Promise<Answer> {
		numbers += 1;
		const id = `${clientId}.${numbers}`;
		const isOwn = this.isOwn;
		const object = typeof action === "string" ? parseObject(action) : action;
		const key = !isOwn && object ? String(object["id"] ?? id) : id;
		const text = !isOwn && object ? JSON.stringify({ id, ...object }) : textOf(action);
		const answer = { topic: this.ownTopic(root), correlation: id };
		return new Promise((resolve) => {
			const refused = (): void => this.close(key, "denied");
			if (
				!this.link.publish(
					`${root}/actions`,
					text,
					refused,
					isOwn ? answer : undefined,
				)
			) {
				resolve({ ok: false, text: "", mistakes: [], failed: "offline" });
				return;
			}
			const timer = setTimeout(() => this.silent(root, key), SILENT_MS);
			this.open.set(key, (told) => {
				clearTimeout(timer);
				this.open.delete(key);
				resolve(told);
			});
		});
	}

	/** The broker may withhold answers without a word, for lack of rights. The next ones come where all can read them. */
	private silent(root: string, key: string): void {
		this.close(key, "silent");
		this.isShared = true;
		this.link.subscribe([`${root}/actions/ack`]);
	}

	private close(key: string, failed: "silent" | "lost" | "denied"): void {
		this.open.get(key)?.({ ok: false, text: "", mistakes: [], failed });
	}

	/** The connection is gone, so it is not known whether they arrived. */
	lose(): void {
		for (const key of [...this.open.keys()]) this.close(key, "lost");
	}

	/** True if the message was an answer to something that was asked here. */
	receive(message: Incoming): boolean {
		const isShared = message.topic.endsWith("/actions/ack");
		if (!isShared && !message.topic.endsWith(`/answers/${clientId}`)) return false;
		const told = isShared ? parseObject(message.text) : null;
		const key = told ? String(told["id"] ?? "") : message.correlation;
		const waiting = this.open.get(key) ?? (isShared && !key ? this.only() : undefined);
		waiting?.(readAnswer(message.text));
		return !!waiting;
	}

	/** Text that is no JSON has no id: its answer is recognized only if nothing else is asked. */
	private only(): ((answer: Answer) => void) | undefined {
		return this.open.size === 1 ? [...this.open.values()][0] : undefined;
	}
}

function textOf(action: Json | string): string {
	return typeof action === "string" ? action : JSON.stringify(action);
}
