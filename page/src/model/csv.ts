// SPDX-License-Identifier: MIT
// Tables as CSV that spreadsheets open as they are: UTF-8 with its mark, and no text that becomes a formula.

export type Cell = string | number | null;

function field(cell: Cell): string {
	if (cell === null) return "";
	if (typeof cell === "number") return String(cell);
	const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: Cell[][]): string {
	return `\ufeff${rows.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** Local time, as spreadsheets understand it. */
export function stamp(ms: number): string {
	const date = new Date(ms);
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

export function download(name: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = name;
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** One row for each time at which at least one of the columns has a value. */
export function joined(columns: [number, number][][]): Cell[][] {
	const rows = new Map<number, Cell[]>();
	columns.forEach((points, index) => {
		for (const [ms, value] of points) {
			let row = rows.get(ms);
			if (!row) rows.set(ms, (row = new Array<Cell>(columns.length).fill(null)));
			row[index] = value;
		}
	});
	return [...rows]
		.sort(([a], [b]) => a - b)
		.map(([ms, row]) => [stamp(ms), Math.round(ms), ...row]);
}
