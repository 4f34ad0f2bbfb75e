// Writes the dashboard's scripts and icons: `node build.mjs [folder]`. The same input gives the same bytes anywhere.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const STATIC = path.join(HERE, "../packages/server/src/claimsmith_server/dashboard/static");
const folder = path.resolve(process.argv[2] ?? STATIC);

async function readPackage(name) {
  return readFile(path.join(HERE, "node_modules", name), "utf8");
}

async function readIcon(name) {
  // An old name is a whole file too, so an alias needs no table here.
  const drawing = await readPackage(`lucide-static/icons/${name}.svg`);
  const inside = drawing.replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/\s+/g, " ").trim();
  return `<symbol id="${name}" viewBox="0 0 24 24">${inside.replace(/> </g, "><")}</symbol>`;
}

async function buildIcons() {
  const names = JSON.parse(await readFile(path.join(HERE, "icons.json"), "utf8"));
  const { version } = JSON.parse(await readPackage("lucide-static/package.json"));
  const symbols = await Promise.all([...names].sort().map(readIcon));
  const notice = `<!-- Lucide ${version} (lucide.dev), ISC License, Copyright (c) Lucide Contributors; parts of it from Feather,`
    + " MIT License, Copyright (c) Cole Bemis. Written by web/build.mjs. -->";
  return `<svg xmlns="http://www.w3.org/2000/svg">${notice}\n${symbols.join("\n")}\n</svg>\n`;
}

async function buildScript(entry, licence) {
  const result = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    format: "iife",
    target: "es2022",
    legalComments: "none",
    banner: { js: licence },
  });
  return result.outputFiles[0].text;
}

const OURS = "/* Written by web/build.mjs from web/src. Claimsmith, Apache-2.0. */";
const codeMirror = (await readPackage("@codemirror/state/LICENSE")).trim();
const files = {
  "dashboard.js": await buildScript("src/dashboard/main.ts", OURS),
  "editor.js": await buildScript("src/editor/main.ts", `${OURS}\n/* CodeMirror and Lezer:\n${codeMirror}\n*/`),
  "icons.svg": await buildIcons(),
};
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(files)) {
  await writeFile(path.join(folder, name), text);
  console.log(`${name} ${Buffer.byteLength(text).toLocaleString("en")} B`);
}
