// SPDX-License-Identifier: MIT
// Makes the page: one file, with everything in it.
// usage: build.mjs SOURCES OUTPUT [WORK [DEPFILE]]
// WORK is where npm's packages are kept, SOURCES itself if it is not given.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	readdirSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [sources, output, work = sources, depfile] = process.argv
	.slice(2)
	.map((path) => resolve(path));

// npm ci, where the list of packages is not that of the last time.
function installPackages() {
	const stamp = join(work, "node_modules", ".installed");
	const lock = readFileSync(join(sources, "package-lock.json"), "utf8");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
	mkdirSync(work, { recursive: true });
	for (const name of ["package.json", "package-lock.json", ".npmrc"])
		copyFileSync(join(sources, name), join(work, name));
	const options = ["--omit=dev", "--ignore-scripts", "--no-progress", "--loglevel=error"];
	execFileSync("npm", ["ci", ...options], {
		cwd: work,
		stdio: ["ignore", "ignore", "inherit"],
	});
	writeFileSync(stamp, lock);
}

if (work !== sources) installPackages();
const esbuild = createRequire(join(work, "package.json"))("esbuild");

async function bundle(entry) {
	const result = await esbuild.build({
		entryPoints: [join(sources, entry)],
		nodePaths: [join(work, "node_modules")],
		absWorkingDir: sources,
		outdir: join(work, "never-written"),
		bundle: true,
		write: false,
		minify: true,
		metafile: true,
		format: "iife",
		target: ["es2022", "chrome100", "firefox100", "safari15.4"],
		charset: "utf8",
		legalComments: "none",
		logLevel: "warning",
	});
	const inputs = Object.keys(result.metafile.inputs).filter(
		(name) => !name.includes("node_modules"),
	);
	return {
		text: result.outputFiles[0].text.trim(),
		inputs: inputs.map((name) => resolve(sources, name)),
	};
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// The licences of what is bundled ask for this.
function notices() {
	const packages = readdirSync(join(work, "node_modules")).filter((name) =>
		existsSync(join(work, "node_modules", name, "package.json")),
	);
	const bundled = packages.filter((name) => ["mqtt", "uplot"].includes(name));
	return bundled
		.map((name) =>
			JSON.parse(
				readFileSync(
					join(work, "node_modules", name, "package.json"),
					"utf8",
				),
			),
		)
		.map(({ name, version, license }) => `${name} ${version} (${license})`)
		.join(", ");
}

const template = join(sources, "index.html");
const script = await bundle("src/main.ts");
const style = await bundle("src/style/page.css");
// A closing tag within the script would end it.
script.text = script.text.replaceAll("</script", "<\\/script");
const policy = [
	"default-src 'none'",
	`script-src ${hash(script.text)}`,
	`style-src ${hash(style.text)}`,
	"img-src data:",
	"connect-src ws: wss:",
	"worker-src blob:",
	"base-uri 'none'",
	"form-action 'none'",
].join("; ");
const parts = { policy, notices: notices(), style: style.text, script: script.text };
const blank = readFileSync(template, "utf8");
for (const name of Object.keys(parts))
	if (!blank.includes(`{{${name}}}`))
		throw new Error(`${template} has no place for {{${name}}}`);
const page = blank.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
writeFileSync(output, page);
if (depfile) {
	const inputs = [
		template,
		join(sources, "package-lock.json"),
		...script.inputs,
		...style.inputs,
	];
	writeFileSync(
		depfile,
		`${output}: ${inputs.map((name) => name.replaceAll(" ", "\\ ")).join(" ")}\n`,
	);
}
