// SPDX-License-Identifier: MIT
// The connection to the broker: it tries again by itself, and asks again for a password. What cannot be
// sent at once is not sent later.
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";

export type LinkState = "off" | "connecting" | "on" | "waiting" | "refused";

export interface Login {
	url: string;
	user: string;
	password: string;
}

export interface Incoming {
	topic: string;
	text: string;
	correlation: string;
}

interface Handlers {
	changed: () => void;
	connected: () => void;
	message: (message: Incoming) => void;
}

const KEEPALIVE_S = 15;
const CONNECT_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];
// CONNACK: bad user name or password, not authorized; of MQTT 3.1.1 and 5.
const REFUSED = [4, 5, 0x86, 0x87];
// Unacceptable or unsupported protocol version.
const OLD_BROKER = [1, 0x84];

const decoder = new TextDecoder();

export const clientId = `tos-page-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;

export class Link {
	state: LinkState = "off";
	/** Why it is not connected, in the broker's or the browser's words. */
	reason = "";
	/** When it was last connected, ms; 0: never. */
	sinceAt = 0;
	version: 4 | 5 = 5;
	url = "";
	private client: MqttClient | null = null;
	private login: Login | null = null;
	private attempts = 0;
	/** The broker took this version. */
	private isProven = false;
	private timer = 0;
	private readonly topics = new Set<string>();

	constructor(private readonly handlers: Handlers) {
		// Tries now, and not in a quarter of a minute.
		addEventListener("online", () => this.retryNow());
		document.addEventListener("visibilitychange", () => {
			if (!document.hidden) this.retryNow();
		});
	}

	connect(login: Login): void {
		this.disconnect();
		this.login = login;
		this.attempts = 0;
		this.version = 5;
		this.isProven = false;
		this.open();
	}

	disconnect(): void {
		clearTimeout(this.timer);
		this.login = null;
		this.drop();
		this.set("off", "");
	}

	retryNow(): void {
		if (this.state !== "waiting") return;
		clearTimeout(this.timer);
		this.open();
	}

	private set(state: LinkState, reason: string): void {
		this.state = state;
		this.reason = reason;
		this.handlers.changed();
	}

	/** Its further events are ignored. */
	private drop(): void {
		const client = this.client;
		this.client = null;
		if (!client) return;
		client.removeAllListeners();
		client.on("error", () => undefined);
		client.end(true);
	}

	private open(): void {
		const login = this.login;
		if (!login) return;
		this.drop();
		this.url = login.url;
		const options: IClientOptions = {
			clientId,
			protocolVersion: this.version,
			keepalive: KEEPALIVE_S,
			connectTimeout: CONNECT_MS,
			reconnectPeriod: 0,
			resubscribe: false,
			queueQoSZero: false,
			clean: true,
		};
		if (login.user) {
			options.username = login.user;
			options.password = login.password;
		}
		this.set("connecting", this.reason);
		try {
			this.client = mqtt.connect(login.url, options);
		} catch (error) {
			// Not an address, or one that the browser forbids.
			this.set("refused", String(error instanceof Error ? error.message : error));
			return;
		}
		this.listen(this.client, login);
	}

	private listen(client: MqttClient, login: Login): void {
		let refusal: { code: number; message: string } | null = null;
		client.on("connect", () => {
			this.attempts = 0;
			this.isProven = true;
			this.sinceAt = performance.now();
			this.topics.clear();
			this.set("on", "");
			this.handlers.connected();
		});
		client.on("message", (topic, payload, packet) => {
			const correlation = packet.properties?.correlationData;
			this.handlers.message({
				topic,
				text: decoder.decode(payload),
				correlation: correlation ? decoder.decode(correlation) : "",
			});
		});
		client.on("error", (error) => {
			const code =
				"code" in error && typeof error.code === "number" ? error.code : 0;
			refusal = { code, message: error.message };
			if (!client.connected) this.closed(client, login, refusal);
		});
		client.on("close", () => this.closed(client, login, refusal));
	}

	private closed(
		client: MqttClient,
		login: Login,
		refusal: { code: number; message: string } | null,
	): void {
		if (client !== this.client || login !== this.login) return;
		this.drop();
		const code = refusal?.code ?? 0;
		if (REFUSED.includes(code)) {
			this.set("refused", "password");
			return;
		}
		// An old broker says that it does not know the version, or just closes the connection.
		if (!this.isProven)
			this.version = OLD_BROKER.includes(code) || this.version === 5 ? 4 : 5;
		this.set("waiting", refusal?.message ?? "");
		const pause = RETRY_MS[Math.min(this.attempts, RETRY_MS.length - 1)]!;
		this.attempts += 1;
		this.timer = window.setTimeout(
			() => this.open(),
			pause * (0.75 + Math.random() / 2),
		);
	}

	/** Each topic once. What the broker does not allow is left out. */
	subscribe(topics: string[], refused: (topic: string) => void = () => undefined): void {
		const wanted = topics.filter((topic) => !this.topics.has(topic));
		for (const topic of wanted) {
			this.topics.add(topic);
			this.client?.subscribe(topic, { qos: 0 }, (error, granted) => {
				if (
					granted?.some(({ qos }) => qos >= 0x80) ||
					(error && this.state === "on")
				)
					refused(topic);
			});
		}
	}

	unsubscribe(topics: string[]): void {
		for (const topic of topics) {
			if (this.topics.delete(topic))
				this.client?.unsubscribe(topic, () => undefined);
		}
	}

	/** False: there is no connection, and it will not be sent. refused: the broker does not allow it. */
	publish(
		topic: string,
		text: string,
		refused: () => void,
		answer?: { topic: string; correlation: string },
	): boolean {
		if (this.state !== "on" || !this.client?.connected) return false;
		const properties = answer && {
			responseTopic: answer.topic,
			// The library takes text as well as bytes.
			correlationData: answer.correlation as unknown as Buffer,
		};
		this.client.publish(
			topic,
			text,
			{ qos: 1, ...(properties && { properties }) },
			(error) => {
				if (error && "code" in error && error.code >= 0x80) refused();
			},
		);
		return true;
	}
}
