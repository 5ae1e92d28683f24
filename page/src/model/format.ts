// SPDX-License-Identifier: MIT
// Numbers, ages and times as text.
import { t } from "../text";
import type { SensorInfo } from "./about";

export function valueText(value: unknown, info: SensorInfo): string {
	if (typeof value !== "number") return value === undefined ? "–" : String(value);
	return value.toFixed(Math.min(info.decimals, decimalsOf(value, info.decimals)));
}

/** Where the gateway does not tell the decimals, those that the number has. */
function decimalsOf(value: number, told: number): number {
	return told < 10 ? told : (String(value).split(".")[1]?.length ?? 0);
}

/** A switch's unit says only what its values are. */
export function unitText(info: SensorInfo): string {
	return info.quantity === "state" ? "" : info.unit;
}

const STEPS = [
	["ageD", 86400],
	["ageH", 3600],
	["ageMin", 60],
] as const;

export function spanText(ms: number): string {
	const seconds = Math.max(ms, 0) / 1000;
	const step = STEPS.find(([, length]) => seconds >= length * (length === 60 ? 2 : 1));
	return step
		? t(step[0], { n: Math.floor(seconds / step[1]) })
		: t("ageS", { n: Math.floor(seconds) });
}

export function ageText(ms: number): string {
	return ms < 2000 ? t("justNow") : t("ago", { age: spanText(ms) });
}

export function clockText(ms: number): string {
	const date = new Date(ms);
	const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
	const time = parts.map((part) => String(part).padStart(2, "0")).join(":");
	const isToday = date.toDateString() === new Date().toDateString();
	return isToday ? time : `${date.getMonth() + 1}/${date.getDate()} ${time}`;
}

export function minutesText(minutes: number): string {
	return minutes < 60 ? t("minutes", { n: minutes }) : t("hours", { n: minutes / 60 });
}
