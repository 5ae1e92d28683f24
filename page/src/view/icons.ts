// SPDX-License-Identifier: MIT
// Small pictures, drawn with the color of the text beside them.

const PATHS: Record<string, string> = {
	stop: "M7 7h10v10H7z",
	light: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.6 10.8c.7.6 1.1 1.3 1.1 2.2h5c0-.9.4-1.6 1.1-2.2A6 6 0 0 0 12 3z",
	switch: "M12 3v8M6.3 7.2a8 8 0 1 0 11.4 0",
	motor: "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2",
	cover: "M4 4h16M5 4v16M19 4v16M5 8h14M5 12h14M5 16h14",
	number: "M4 17a8 8 0 1 1 16 0M12 17l4-6",
	siren: "M5 9v6h4l5 4V5L9 9H5zM17 9a4 4 0 0 1 0 6M19.5 6.5a8 8 0 0 1 0 11",
	other: "M12 4l7 4v8l-7 4-7-4V8z",
	download: "M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14",
};

const SAME: Record<string, string> = { fan: "motor" };

export function icon(name: string): SVGElement {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("aria-hidden", "true");
	svg.setAttribute("class", `icon icon-${name}`);
	path.setAttribute("d", PATHS[SAME[name] ?? name] ?? PATHS["other"]!);
	svg.append(path);
	return svg;
}
