// SPDX-License-Identifier: MIT
// One sensor's chart. Charts take turns, one a frame, so that none of them holds up the page.
import uPlot from "uplot";
import { h } from "../dom";
import { now } from "../model/clock";
import { clockText, unitText, valueText } from "../model/format";
import type { Sensor } from "../model/gateway";

const HEIGHT_PX = 120;
const COLUMNS_MAX = 400;
const REDRAW_MIN_MS = 500;
/** A chart of less than this is not stretched. */
const YOUNG_MIN_MS = 60000;
const PADDING_PX = 6;
const LETTER_PX = 6.5;

/** Colors of the page, read again when they change. */
let style: CSSStyleDeclaration | null = null;
const dark = matchMedia("(prefers-color-scheme: dark)");
const charts = new Set<Chart>();

function color(name: string): string {
	style ??= getComputedStyle(document.documentElement);
	return style.getPropertyValue(name).trim();
}

const due: Chart[] = [];
let isRunning = false;

function drawNext(): void {
	const chart = due.shift();
	chart?.draw();
	isRunning = due.length > 0;
	if (isRunning) requestAnimationFrame(drawNext);
}

dark.addEventListener("change", () => {
	style = null;
	for (const chart of charts) chart.ask();
});

const visibility = new IntersectionObserver((entries) => {
	for (const { target, isIntersecting } of entries) {
		const chart = [...charts].find(({ element }) => element === target);
		if (chart) chart.isVisible = isIntersecting;
	}
});

export interface Shown {
	low: number | null;
	high: number | null;
}

export class Chart {
	readonly element = h("div", { class: "plot" });
	isVisible = false;
	/** The lowest and highest value on screen. */
	shown: Shown = { low: null, high: null };
	private plot: uPlot | null = null;
	private drawnAt = 0;
	private isAsked = false;
	private range: [number, number] = [0, 1];

	constructor(
		private readonly sensor: Sensor,
		private readonly minutes: () => number,
		/** When the first value of any chart came: before that there is nothing to show. */
		private readonly first: () => number,
		private readonly hover: (text: string) => void,
	) {
		charts.add(this);
		visibility.observe(this.element);
	}

	remove(): void {
		charts.delete(this);
		visibility.unobserve(this.element);
		this.plot?.destroy();
		this.plot = null;
	}

	/** Draws soon, if it is to be seen and was not drawn a moment ago. */
	tick(): void {
		const pause = Math.max(REDRAW_MIN_MS, (this.minutes() * 60000) / 800);
		if (this.isVisible && performance.now() - this.drawnAt >= Math.min(pause, 5000))
			this.ask();
	}

	/** Draws at the next turn. */
	ask(): void {
		if (this.isAsked) return;
		this.isAsked = true;
		due.push(this);
		if (!isRunning) {
			isRunning = true;
			requestAnimationFrame(drawNext);
		}
	}

	draw(): void {
		this.isAsked = false;
		const width = this.element.clientWidth;
		if (!this.isVisible || !width || !charts.has(this)) return;
		this.drawnAt = performance.now();
		const to = now();
		const young = Math.max(to - this.first(), YOUNG_MIN_MS);
		this.range = [to - Math.min(this.minutes() * 60000, young), to];
		const { t, low, high, mean } = this.sensor.series.columns(
			...this.range,
			Math.min(COLUMNS_MAX, Math.max(Math.floor(width / 2), 50)),
		);
		this.shown = { low: extreme(low, Math.min), high: extreme(high, Math.max) };
		const data: uPlot.AlignedData = [t, low, high, mean];
		if (!this.plot) this.plot = new uPlot(this.options(width), data, this.element);
		else {
			if (this.plot.width !== width)
				this.plot.setSize({ width, height: HEIGHT_PX });
			this.plot.setData(data);
		}
	}

	private options(width: number): uPlot.Options {
		const line = (): string => color("--accent");
		const isState = this.sensor.info.quantity === "state";
		const paths = isState ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!();
		const font = "11px system-ui, sans-serif";
		const axis = (): string => color("--muted");
		const grid = { stroke: () => color("--line"), width: 1 };
		return {
			width,
			height: HEIGHT_PX,
			ms: 1,
			padding: [PADDING_PX, PADDING_PX, 0, 0],
			legend: { show: false },
			cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
			select: { show: false, left: 0, top: 0, width: 0, height: 0 },
			scales: {
				x: { time: true, range: () => this.range },
				y: {
					range: (_, low, high) =>
						isState ? [-0.15, 1.15] : room(low, high),
				},
			},
			series: [
				{},
				{ stroke: "transparent", paths, points: { show: false } },
				{ stroke: "transparent", paths, points: { show: false } },
				{ stroke: line, width: 1.75, paths, points: { show: false } },
			],
			bands: [{ series: [2, 1], fill: () => color("--band") }],
			axes: [
				{
					stroke: axis,
					font,
					grid: { show: false },
					ticks: { show: false },
					size: 22,
					space: 70,
					values: (plot, splits, _axis, _space, stepMs) =>
						this.times(plot, splits, stepMs),
				},
				{
					stroke: axis,
					font,
					grid,
					ticks: { show: false },
					size: sizeOf,
					space: 22,
					gap: 6,
				},
			],
			hooks: { setCursor: [(plot) => this.pointed(plot)] },
		};
	}

	/** Hours and minutes, with seconds where less than a minute is between them. What the edge would cut is left out. */
	private times(plot: uPlot, splits: number[], stepMs: number): string[] {
		const [from, to] = this.range;
		const perMs = plot.bbox.width / uPlot.pxRatio / (to - from);
		return splits.map((ms) => {
			const date = new Date(ms);
			const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
			const text =
				stepMs < 60000 ? `${minutes}:${two(date.getSeconds())}` : minutes;
			const room = (to - ms) * perMs + PADDING_PX;
			return room < (text.length * LETTER_PX) / 2 ? "" : text;
		});
	}

	private pointed(plot: uPlot): void {
		const at = plot.cursor.idx;
		const ms = at == null ? undefined : plot.data[0][at];
		const value = at == null ? undefined : plot.data[3]?.[at];
		if (ms === undefined || typeof value !== "number") this.hover("");
		else
			this.hover(
				`${clockText(ms)} · ${valueText(value, this.sensor.info)} ${unitText(this.sensor.info)}`,
			);
	}
}

function extreme(values: (number | null)[], pick: (a: number, b: number) => number): number | null {
	return values.reduce(
		(best, value) =>
			best === null ? value : value === null ? best : pick(best, value),
		null,
	);
}

/** A little more than the values, also where they are all the same. */
function room(low: number | null, high: number | null): [number, number] {
	if (low === null || high === null) return [0, 1];
	const space = (high - low) * 0.12 || Math.abs(low) * 0.02 || 0.5;
	return [low - space, high + space];
}

/** As wide as the longest number asks for. */
function sizeOf(_plot: uPlot, values: string[] | null): number {
	const longest = Math.max(...(values ?? []).map((value) => value.length), 2);
	return Math.min(longest, 9) * LETTER_PX + 14;
}

const two = (value: number): string => String(value).padStart(2, "0");
