// SPDX-License-Identifier: MIT
// The settings, from the page's address and from earlier visits. A browser may have no storage.

export interface Settings {
	broker: string;
	user: string;
	password: string;
	/** The password may be kept. */
	keep: boolean;
	/** The topic of the gateway; empty: any. */
	root: string;
	language: string;
	/** Minutes that the charts show. */
	minutes: number;
	/** Topics of gateways that were seen. */
	roots: string[];
	/** The user has disconnected: the next visit does not connect by itself. */
	away: boolean;
}

const NAME = "tos-gateway";
const DEFAULTS: Settings = {
	broker: "",
	user: "",
	password: "",
	keep: false,
	root: "",
	language: "",
	minutes: 10,
	roots: [],
	away: false,
};
const ROOTS_MAX = 20;

function stored(): Partial<Settings> {
	try {
		const value: unknown = JSON.parse(localStorage.getItem(NAME) ?? "{}");
		if (typeof value !== "object" || value === null) return {};
		const known = Object.entries(DEFAULTS).map(([key, usual]) => {
			const found = (value as Record<string, unknown>)[key];
			const fits =
				typeof found === typeof usual &&
				Array.isArray(found) === Array.isArray(usual);
			return [key, fits ? found : usual];
		});
		return Object.fromEntries(known) as Partial<Settings>;
	} catch {
		return {};
	}
}

/** The broker that brought the page, or nothing if it came from a file. */
function ownBroker(): string {
	if (!location.host) return "";
	return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
}

/** The URL for what was entered: "host:9001" is ws://host:9001. */
export function brokerUrl(entered: string): string {
	const text = entered.trim();
	if (/^wss?:\/\//i.test(text) || !text) return text;
	if (/^https?:\/\//i.test(text)) return text.replace(/^http/i, "ws");
	return `${location.protocol === "https:" ? "wss" : "ws"}://${text}`;
}

const query = new URLSearchParams(location.search);

export const settings: Settings = { ...DEFAULTS, ...stored() };
/** The address names a broker, or the page came from one: connect without being asked. */
export const isGiven =
	query.has("broker") || (!settings.away && (!!settings.broker || !!ownBroker()));

if (query.has("broker")) settings.broker = brokerUrl(query.get("broker") ?? "");
if (query.has("topic")) settings.root = query.get("topic") ?? "";
if (query.has("lang")) settings.language = query.get("lang") ?? "";
if (!settings.broker) settings.broker = ownBroker();

/** Another tab may have written meanwhile: only the changed settings are replaced. */
export function save(changed: Partial<Settings>): void {
	Object.assign(settings, changed);
	try {
		const all = { ...DEFAULTS, ...stored(), ...changed };
		if (!all.keep) all.password = "";
		localStorage.setItem(NAME, JSON.stringify(all));
	} catch {
		// Private windows: it is entered again next time.
	}
}

export function rememberRoot(root: string): void {
	if (settings.roots[0] === root) return;
	save({
		roots: [root, ...settings.roots.filter((other) => other !== root)].slice(
			0,
			ROOTS_MAX,
		),
	});
}
