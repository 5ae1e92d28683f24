// SPDX-License-Identifier: MIT
// Two clocks: this browser's, which does not jump while the page is open, and the gateway's.

/** Milliseconds since 1970 by a clock that nobody sets. */
export function now(): number {
	return performance.timeOrigin + performance.now();
}

const SAME_MS = 2000;
const AGREE_MS = 1000;
const CHANGED_MS = 5000;
const SAMPLES = 3;
const SPAN_MS = 2000;

/** How far the gateway's clock is behind this one, from the live readings. */
export class Skew {
	/** To be added to a time of the gateway's. */
	ms = 0;
	private isKnown = false;
	/** Differences that do not fit, until enough of them agree. */
	private odd: { at: number; ms: number }[] = [];

	/** A live reading of that time has just come. */
	observe(ts: number, at: number): void {
		const difference = at - ts;
		if (!this.isKnown) {
			this.isKnown = true;
			this.accept(difference);
			return;
		}
		if (Math.abs(difference - this.ms) < CHANGED_MS) {
			this.odd = [];
			// No reading comes early: the least difference is that of the clocks.
			if (difference < this.ms) this.accept(difference);
			return;
		}
		// A stalled network delays, and then all comes at once; a clock that was set stays so.
		if (this.odd.some((other) => Math.abs(other.ms - difference) > AGREE_MS))
			this.odd = [];
		this.odd.push({ at, ms: difference });
		const first = this.odd[0]!;
		if (this.odd.length >= SAMPLES && at - first.at >= SPAN_MS) this.accept(difference);
		else if (this.odd.length > 50) this.odd.splice(1, 25);
	}

	private accept(difference: number): void {
		this.ms = Math.abs(difference) < SAME_MS ? 0 : difference;
		this.odd = [];
	}

	/** A time of the gateway's by the browser's clock, never in the future. */
	toLocal(ts: number, at: number): number {
		return Math.min(ts + this.ms, at);
	}
}
