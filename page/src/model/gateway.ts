// SPDX-License-Identifier: MIT
// All that is known of one gateway, from its messages. Bounded, however long it goes on.
import {
	guessAbout,
	isObject,
	outputsOf,
	parseObject,
	readAbout,
	type About,
	type Json,
	type Output,
	type SensorInfo,
} from "./about";
import { Skew } from "./clock";
import { Series } from "./series";

export interface Sensor {
	name: string;
	info: SensorInfo;
	/** As it stands in the last reading: a number, null or a text. */
	value: unknown;
	/** The last one that was measured. */
	measured: number | null;
	/** The time at which that came, by the browser's clock. */
	measuredAt: number;
	series: Series;
}

export interface Event {
	/** By the gateway's clock; null: not known. */
	ts: number | null;
	/** By the browser's. */
	at: number;
	input: string;
	word: string;
	isLate: boolean;
}

export interface Fault {
	name: string;
	error: string;
	since: number | null;
}

const EVENTS_MAX = 500;

/** The topics below ROOT that are listened to. */
export const TOPICS = [
	"about",
	"status",
	"state",
	"health",
	"sensors",
	"sensors/backlog",
	"events",
	"events/backlog",
];

export class Gateway {
	about: About;
	status: "online" | "offline" | "" = "";
	state: Json | null = null;
	health: Json | null = null;
	readonly sensors = new Map<string, Sensor>();
	readonly inputs = new Map<string, string>();
	/** The newest last. */
	readonly events: Event[] = [];
	readonly skew = new Skew();
	/** When the last live reading came; 0: none yet. */
	readingAt = 0;
	readings = 0;
	/** Goes up with each event, and never back. */
	eventCount = 0;

	/** When it was chosen, by performance.now(). */
	readonly chosenAt = performance.now();

	constructor(readonly root: string) {
		this.about = guessAbout(root, null);
	}

	/** A message on ROOT/name. Returns false if it is none that is known. */
	receive(name: string, payload: string, at: number): boolean {
		if (name.startsWith("state/input/")) {
			this.inputs.set(name.slice("state/input/".length), payload);
			return true;
		}
		switch (name) {
			case "about":
				return this.takeAbout(payload);
			case "status":
				this.status =
					payload === "online" || payload === "offline"
						? payload
						: "";
				return true;
			case "state":
				this.state = parseObject(payload);
				if (!this.about.isTold)
					this.about = guessAbout(this.root, this.state);
				return true;
			case "health":
				this.health = parseObject(payload);
				return true;
			case "sensors":
			case "sensors/backlog":
				return this.takeReading(
					parseObject(payload),
					at,
					name === "sensors",
				);
			case "events":
			case "events/backlog":
				return this.takeEvent(parseObject(payload), at, name !== "events");
			default:
				return false;
		}
	}

	private takeAbout(payload: string): boolean {
		this.about = readAbout(payload) ?? guessAbout(this.root, this.state);
		const told = this.about.sensors;
		if (!told) return true;
		for (const [name, sensor] of this.sensors) {
			const info = told.get(name);
			if (info) sensor.info = info;
			else this.sensors.delete(name);
		}
		// In the order of the map, which a reload may change.
		const known = new Map(this.sensors);
		this.sensors.clear();
		for (const name of told.keys())
			this.sensors.set(name, known.get(name) ?? this.newSensor(name));
		return true;
	}

	private newSensor(name: string): Sensor {
		const info = this.about.sensors?.get(name) ?? {
			label: name,
			quantity: "",
			unit: "",
			decimals: 10,
		};
		return {
			name,
			info,
			value: undefined,
			measured: null,
			measuredAt: 0,
			series: new Series(),
		};
	}

	private takeReading(reading: Json | null, at: number, isLive: boolean): boolean {
		if (!reading) return true;
		const ts = typeof reading["ts"] === "number" ? reading["ts"] : null;
		if (ts === null && !isLive) return true; // nobody knows when it was
		if (isLive) {
			if (ts !== null) this.skew.observe(ts, at);
			this.readingAt = at;
			this.readings += 1;
		}
		const taken = ts === null ? at : this.skew.toLocal(ts, at);
		for (const [name, value] of Object.entries(reading)) {
			if (name !== "ts") this.takeValue(name, value, taken, at, isLive);
		}
		// Without a list from the gateway, a sensor goes when it is no longer in the readings.
		if (isLive && !this.about.sensors) {
			for (const name of this.sensors.keys())
				if (!(name in reading)) this.sensors.delete(name);
		}
		return true;
	}

	private takeValue(
		name: string,
		value: unknown,
		taken: number,
		at: number,
		isLive: boolean,
	): void {
		let sensor = this.sensors.get(name);
		if (!sensor) {
			// From before a reload, or one that is about to be told.
			if (this.about.sensors) return;
			sensor = this.newSensor(name);
			this.sensors.set(name, sensor);
		}
		if (isLive) sensor.value = value;
		if (typeof value !== "number") return;
		sensor.series.add(taken, value);
		if (isLive) {
			sensor.measured = value;
			sensor.measuredAt = at;
		}
	}

	private takeEvent(event: Json | null, at: number, isLate: boolean): boolean {
		if (!event) return true;
		const ts = typeof event["ts"] === "number" ? event["ts"] : null;
		for (const [input, value] of Object.entries(event)) {
			if (input === "ts") continue;
			this.events.push({ ts, at, input, word: String(value), isLate });
			this.eventCount += 1;
		}
		if (this.events.length > EVENTS_MAX)
			this.events.splice(0, this.events.length - EVENTS_MAX);
		return true;
	}

	/** It has said something, or the broker has kept something of it. */
	get isHeard(): boolean {
		return (
			this.status !== "" ||
			this.about.isTold ||
			this.state !== null ||
			this.health !== null ||
			this.readings > 0
		);
	}

	/** The time of the oldest value of any sensor; Infinity: there is none. */
	get firstMs(): number {
		return Math.min(...[...this.sensors.values()].map(({ series }) => series.firstMs));
	}

	/** The present interval in ms; 0: not known. */
	get intervalMs(): number {
		const sensors = this.state?.["sensors"];
		const told = isObject(sensors) ? sensors["interval"] : this.health?.["interval_ms"];
		return typeof told === "number" ? told : 0;
	}

	/** What an output does, by its keys. */
	stateOf(output: Output): Json {
		const found = outputsOf(this.state?.[output.kind]).find(
			([index]) => index === output.index,
		);
		return found?.[1] ?? {};
	}

	private faultIn(list: string, name: string): Fault | null {
		const all = this.health?.[list];
		const told = isObject(all) ? all[name] : undefined;
		if (!isObject(told) || told["ok"] !== false) return null;
		const since = told["since"];
		return {
			name,
			error: typeof told["error"] === "string" ? told["error"] : "",
			since: typeof since === "number" ? since : null,
		};
	}

	sensorFault(name: string): Fault | null {
		return this.faultIn("sensors", name);
	}

	outputFault(output: Output): Fault | null {
		return this.faultIn("actuators", `${output.kind}.${output.index}`);
	}

	/** Everything that the health reports as failing. */
	faults(): Fault[] {
		const lists = ["sensors", "actuators"].flatMap((list) => {
			const all = this.health?.[list];
			const names = isObject(all) ? Object.keys(all) : [];
			return names.map((name) => this.faultIn(list, name));
		});
		const disk = this.health?.["disk"];
		if (isObject(disk) && disk["ok"] === false)
			lists.push({
				name: "disk",
				error: String(disk["error"] ?? ""),
				since: null,
			});
		return lists.filter((fault) => fault !== null);
	}

	/** The action that stops all that moves. */
	stopAction(): Json {
		const kinds = new Set(
			this.about.outputs.filter((output) => output.moves).map((o) => o.kind),
		);
		if (!kinds.size) kinds.add("motor");
		return Object.fromEntries([...kinds].map((kind) => [kind, "stop"]));
	}

	get moves(): boolean {
		return !this.about.isTold || this.about.outputs.some((output) => output.moves);
	}

	/** If there was no reading for longer than this, in ms, the values on screen are old. */
	get staleMs(): number {
		return 3 * (this.intervalMs || 1000) + 1500;
	}
}
