// SPDX-License-Identifier: MIT
// Shared by the parts of the page: the connection, the gateways of the broker, the one that is shown.
import { readAbout, type Json } from "./model/about";
import { Asking, type Answer } from "./model/asking";
import { now } from "./model/clock";
import { Gateway, TOPICS } from "./model/gateway";
import { Link, type Incoming } from "./model/link";
import { rememberRoot, save, settings } from "./settings";
import { t, type Key } from "./text";

export interface Known {
	board: string;
	status: string;
}

/** A part of the page: update() writes what has changed, and is called often. */
export interface View {
	element: HTMLElement;
	update(): void;
}

// Brokers that bring nothing retained for a wildcard do so for these.
const USUAL_ROOT = "tos";
const SEARCH = ["+/about", "+/status", "+/+/about", "+/+/status"];

export class App {
	readonly link: Link;
	readonly asking: Asking;
	/** The gateways that the broker knows, by their topic. */
	readonly known = new Map<string, Known>();
	gateway: Gateway | null = null;
	/** The user has asked for a stop, and no answer has come yet. */
	private stopWanted = false;
	/** Goes up with each stop that is sent: of several, only the last one shows its result. */
	private stops = 0;
	/** The user chose this gateway, not the page. */
	private isChosen = false;
	private isDue = false;
	private readonly listeners: (() => void)[] = [];
	private readonly speakers: ((text: string, isBad: boolean) => void)[] = [];

	constructor() {
		this.link = new Link({
			changed: () => this.linkChanged(),
			connected: () => this.connected(),
			message: (message) => this.message(message),
		});
		this.asking = new Asking(this.link);
	}

	/** Called once for all changes before a frame, and each second. */
	onChange(listener: () => void): void {
		this.listeners.push(listener);
	}

	onSay(speaker: (text: string, isBad: boolean) => void): void {
		this.speakers.push(speaker);
	}

	/** Tells the user a result. */
	say(text: string, isBad = false): void {
		for (const speaker of this.speakers) speaker(text, isBad);
	}

	changed(): void {
		if (this.isDue) return;
		this.isDue = true;
		requestAnimationFrame(() => {
			this.isDue = false;
			for (const listener of this.listeners) listener();
		});
	}

	connect(): void {
		const { broker, user, password } = settings;
		this.known.clear();
		this.link.connect({ url: broker, user, password });
	}

	disconnect(): void {
		this.link.disconnect();
		save({ away: true });
	}

	private linkChanged(): void {
		if (this.link.state !== "on") this.asking.lose();
		this.changed();
	}

	private connected(): void {
		const roots = [settings.root, USUAL_ROOT, ...settings.roots].filter(Boolean);
		if (this.gateway) this.listen(this.gateway.root);
		else if (settings.root) this.choose(settings.root, true);
		this.link.subscribe([
			...SEARCH,
			...roots.flatMap((root) => [`${root}/about`, `${root}/status`]),
		]);
		save({ away: false });
		if (this.stopWanted) void this.stop();
	}

	private listen(root: string): void {
		this.asking.listen(root);
		this.link.subscribe([
			...TOPICS.map((name) => `${root}/${name}`),
			`${root}/state/input/+`,
		]);
	}

	/** Shows that gateway from now on. */
	choose(root: string, byUser: boolean): void {
		this.isChosen = byUser;
		if (this.gateway?.root === root) return;
		const before = this.gateway?.root;
		if (before) {
			this.stopWanted = false;
			// The search still needs its topics.
			const names = TOPICS.filter(
				(name) => name !== "about" && name !== "status",
			);
			this.link.unsubscribe([
				...names.map((name) => `${before}/${name}`),
				`${before}/state/input/+`,
			]);
			this.link.unsubscribe([`${before}/about`, `${before}/status`]);
			this.asking.leave(before);
		}
		this.gateway = new Gateway(root);
		const known = this.known.get(root);
		if (known?.status === "online" || known?.status === "offline")
			this.gateway.status = known.status;
		if (this.link.state === "on") this.listen(root);
		this.changed();
	}

	private message(message: Incoming): void {
		const { topic, text } = message;
		const gateway = this.gateway;
		if (this.asking.receive(message)) return;
		const cut = topic.lastIndexOf("/");
		const name = topic.slice(cut + 1);
		if (name === "about" || name === "status")
			this.search(topic.slice(0, cut), name, text);
		if (gateway && topic.startsWith(`${gateway.root}/`))
			gateway.receive(topic.slice(gateway.root.length + 1), text, now());
		if (topic === `${gateway?.root}/status` && text === "online") this.gatewayIsBack();
		if (gateway && name === "about") this.listenToInputs(gateway);
		this.changed();
	}

	/** A gateway says "online" once it listens to actions. Those sent before may have reached nobody. */
	private gatewayIsBack(): void {
		if (this.stopWanted) void this.stop();
	}

	/** By their own topics: not every broker brings what is retained for a wildcard. */
	private listenToInputs(gateway: Gateway): void {
		const { inputs } = gateway.about;
		this.link.subscribe(
			inputs.map((input) => `${gateway.root}/state/input/${input.name}`),
		);
	}

	private search(root: string, name: string, text: string): void {
		const known = this.known.get(root);
		if (name === "status") {
			if (known) known.status = text;
			else if (text === "online" || text === "offline")
				this.statuses.set(root, text);
		} else {
			const about = readAbout(text);
			if (about?.root === root) {
				const status = known?.status ?? this.statuses.get(root) ?? "";
				this.known.set(root, { board: about.board, status });
				rememberRoot(root);
			} else if (!text) this.known.delete(root);
		}
		this.chooseBySelf();
	}

	/** The states of topics that may not be a gateway's. */
	private readonly statuses = new Map<string, string>();

	/** Until somebody chooses: the first gateway, or another one that is there while that is not. */
	private chooseBySelf(): void {
		if (this.isChosen) return;
		const present = [...this.known].find(([, { status }]) => status === "online")?.[0];
		if (!this.gateway) {
			const first = present ?? this.known.keys().next().value;
			if (first) this.choose(first, false);
		} else if (present && this.gateway.status === "offline" && !this.gateway.readings)
			this.choose(present, false);
	}

	ask(action: Json | string): Promise<Answer> {
		// The user has moved something, and so does not want the stop any more.
		const moves = this.stopAction();
		if (typeof action === "object" && Object.keys(action).some((kind) => kind in moves))
			this.stopWanted = false;
		return this.asking.ask(this.root, action);
	}

	private get root(): string {
		return this.gateway?.root ?? (settings.root || USUAL_ROOT);
	}

	private stopAction(): Json {
		return this.gateway?.stopAction() ?? { motor: "stop" };
	}

	/** Stops everything that moves, as soon as possible. */
	async stop(): Promise<void> {
		this.stopWanted = true;
		if (this.link.state !== "on") {
			this.say(t("stopWaits"), true);
			this.link.retryNow();
			return;
		}
		this.stops += 1;
		const number = this.stops;
		const answer = await this.asking.ask(this.root, this.stopAction());
		if (answer.text || answer.failed === "denied") this.stopWanted = false;
		else if (number !== this.stops || !this.stopWanted) return;
		if (answer.ok) this.say(t("stopped"));
		else
			this.say(
				t(this.stopWanted ? "stopAgain" : "stopUnsure", {
					reason: whyNot(answer),
				}),
				true,
			);
	}
}

const FAILED: Record<Exclude<Answer["failed"], "">, Key> = {
	offline: "notConnected",
	lost: "connectionLost",
	silent: "noAnswer",
	denied: "denied",
};

/** The words for the user about an answer that is not ok. */
export function whyNot(answer: Answer): string {
	if (answer.failed) return t(FAILED[answer.failed]);
	return answer.mistakes.join("\n") || t("refusedAction");
}
