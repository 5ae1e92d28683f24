// SPDX-License-Identifier: MIT
import { App } from "./app";
import { h } from "./dom";
import { csv } from "./model/csv";
import { Gateway } from "./model/gateway";
import { isGiven, settings } from "./settings";
import { table } from "./text";
import { barView } from "./view/bar";
import { connectView } from "./view/connect";
import { eventsView } from "./view/events";
import { healthView } from "./view/health";
import { intervalView } from "./view/interval";
import { noticesView } from "./view/notices";
import { outputsView } from "./view/outputs";
import { rawView } from "./view/raw";
import { readingsView } from "./view/readings";
import { sayView } from "./view/say";

const app = new App();
const connect = connectView(app);
const bar = barView(app, connect);
const notices = noticesView(app);
const readings = readingsView(app);
const side = [outputsView, intervalView, eventsView, rawView, healthView].map((make) => make(app));
const say = sayView(app);

const columns = h(
	"div",
	{ class: "columns" },
	readings.element,
	h("div", { class: "side" }, ...side.map((view) => view.element)),
);
const content = h("main", {}, connect.element, notices.element, columns);
document.body.append(bar.element, content, say.element);

const views = [bar, connect, notices, readings, ...side];
app.onChange(() => {
	columns.hidden = !app.gateway;
	for (const view of views) view.update();
});
// Ages grow even if no message comes.
setInterval(() => app.changed(), 1000);
app.changed();
if (isGiven && settings.broker) app.connect();

// Escape stops, wherever the focus is.
addEventListener(
	"keydown",
	(event) => {
		if (event.key !== "Escape" || event.repeat) return;
		event.preventDefault();
		void app.stop();
	},
	{ capture: true },
);

// For the tests and the console.
Object.assign(globalThis, { tosPage: { app, csv, table, Gateway } });
