// SPDX-License-Identifier: MIT
// One sensor's values over time in typed arrays that do not grow: the newest as they came, older ones
// thinned out to the lowest, the highest and the mean of some seconds.

/** Values are kept in their order of time. When the array is full, its older half is given up. */
class Tier {
	private readonly t: Float64Array;
	private readonly low: Float64Array;
	private readonly high: Float64Array;
	private readonly sum: Float64Array;
	private readonly count: Uint32Array;
	private begin = 0;
	private end = 0;
	/** Something was given up: what is older than the first entry is not known here. */
	private forgot = false;

	constructor(
		private readonly size: number,
		private readonly widthMs: number,
	) {
		this.t = new Float64Array(2 * size);
		this.low = new Float64Array(2 * size);
		this.high = new Float64Array(2 * size);
		this.sum = new Float64Array(2 * size);
		this.count = new Uint32Array(2 * size);
	}

	get length(): number {
		return this.end - this.begin;
	}

	get bytes(): number {
		return this.t.byteLength * 4 + this.count.byteLength;
	}

	covers(fromMs: number): boolean {
		return !this.forgot || (this.length > 0 && this.t[this.begin]! <= fromMs);
	}

	/** The first place at or after that time. */
	private find(ms: number): number {
		let from = this.begin;
		let to = this.end;
		while (from < to) {
			const middle = (from + to) >> 1;
			if (this.t[middle]! < ms) from = middle + 1;
			else to = middle;
		}
		return from;
	}

	private arrays(): (Float64Array | Uint32Array)[] {
		return [this.t, this.low, this.high, this.sum, this.count];
	}

	/** Room for one more at the end: the newest move to the front. */
	private compact(): void {
		if (this.length > this.size) {
			this.begin = this.end - this.size;
			this.forgot = true;
		}
		if (this.end < this.t.length) return;
		for (const array of this.arrays()) array.copyWithin(0, this.begin, this.end);
		this.end -= this.begin;
		this.begin = 0;
	}

	add(ms: number, value: number): void {
		const start = this.widthMs ? Math.floor(ms / this.widthMs) * this.widthMs : ms;
		let at =
			this.end > this.begin && this.t[this.end - 1]! < start
				? this.end
				: this.find(start);
		if (at < this.end && this.t[at] === start) {
			if (!this.widthMs) return; // sent twice
			this.low[at] = Math.min(this.low[at]!, value);
			this.high[at] = Math.max(this.high[at]!, value);
			this.sum[at]! += value;
			this.count[at]! += 1;
			return;
		}
		if (this.forgot && at === this.begin) return; // older than all that is kept
		const before = this.end - at;
		this.compact();
		at = this.end - before;
		if (at < this.begin) return;
		for (const array of this.arrays()) array.copyWithin(at + 1, at, this.end);
		this.t[at] = start;
		this.low[at] = this.high[at] = this.sum[at] = value;
		this.count[at] = 1;
		this.end += 1;
	}

	/** Calls for each entry within the time, both ends included. */
	each(
		fromMs: number,
		toMs: number,
		take: (ms: number, low: number, high: number, mean: number) => void,
	): void {
		for (let at = this.find(fromMs); at < this.end && this.t[at]! <= toMs; at += 1)
			take(
				this.t[at]!,
				this.low[at]!,
				this.high[at]!,
				this.sum[at]! / this.count[at]!,
			);
	}
}

export interface Columns {
	/** The time of each column, ms. */
	t: number[];
	/** null: a gap. */
	low: (number | null)[];
	high: (number | null)[];
	mean: (number | null)[];
}

const SIZE = 4096;
const WIDTHS_MS = [0, 2000, 15000];

export class Series {
	private readonly tiers = WIDTHS_MS.map((width) => new Tier(SIZE, width));
	/** The usual time between two values, ms. */
	private spacing = 0;
	private last = -Infinity;
	private first = Infinity;

	/** A value of that time, in the browser's clock. */
	add(ms: number, value: number): void {
		this.first = Math.min(this.first, ms);
		if (ms > this.last) {
			const passed = ms - this.last;
			if (Number.isFinite(passed))
				this.spacing = this.spacing
					? this.spacing + (passed - this.spacing) / 8
					: passed;
			this.last = ms;
		}
		for (const tier of this.tiers) tier.add(ms, value);
	}

	get bytes(): number {
		return this.tiers.reduce((sum, tier) => sum + tier.bytes, 0);
	}

	get length(): number {
		return this.tiers.reduce((sum, tier) => sum + tier.length, 0);
	}

	/** The time of the oldest value that ever came; Infinity: none has. */
	get firstMs(): number {
		return this.first;
	}

	get spacingMs(): number {
		return this.spacing;
	}

	private tierFor(fromMs: number): [Tier, number] {
		const at = this.tiers.findIndex((tier) => tier.covers(fromMs));
		const index = at < 0 ? this.tiers.length - 1 : at;
		return [this.tiers[index]!, WIDTHS_MS[index]!];
	}

	/** All that is kept of that time, as fine as it is: [time, mean]. */
	points(fromMs: number, toMs: number): [number, number][] {
		const found: [number, number][] = [];
		this.tierFor(fromMs)[0].each(fromMs, toMs, (ms, _low, _high, mean) =>
			found.push([ms, mean]),
		);
		return found;
	}

	/** The same, in at most that many columns, with a gap where values are missing. */
	columns(fromMs: number, toMs: number, count: number): Columns {
		const [tier, tierMs] = this.tierFor(fromMs);
		const width = (toMs - fromMs) / count;
		const gapMs = Math.max(4 * this.spacing, 2.5 * tierMs, 2.5 * width, 2500);
		const columns: Columns = { t: [], low: [], high: [], mean: [] };
		let current = -1;
		let sum = 0;
		let weight = 0;
		let previous = NaN;
		tier.each(fromMs, toMs, (ms, low, high, mean) => {
			const column = Math.floor((ms - fromMs) / width);
			const at = columns.t.length - 1;
			if (ms - previous > gapMs) {
				columns.t.push((ms + previous) / 2);
				columns.low.push(null);
				columns.high.push(null);
				columns.mean.push(null);
			} else if (column === current) {
				columns.low[at] = Math.min(columns.low[at]!, low);
				columns.high[at] = Math.max(columns.high[at]!, high);
				sum += mean;
				weight += 1;
				columns.mean[at] = sum / weight;
				columns.t[at] = ms;
				previous = ms;
				return;
			}
			columns.t.push(ms);
			columns.low.push(low);
			columns.high.push(high);
			columns.mean.push(mean);
			current = column;
			sum = mean;
			weight = 1;
			previous = ms;
		});
		return columns;
	}
}
