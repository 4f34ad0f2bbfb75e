// Runs the tests of the scripts: `node test.mjs`. Bundled first, since Node 20 reads no TypeScript.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const folder = await mkdtemp(path.join(os.tmpdir(), "claimsmith-web-"));
const tests = (await readdir(path.join(HERE, "test"))).filter((name) => name.endsWith(".test.ts"));
await build({
  absWorkingDir: HERE, entryPoints: tests.map((name) => `test/${name}`), outdir: folder, outExtension: { ".js": ".mjs" },
  bundle: true, platform: "node", format: "esm", logLevel: "warning",
});
const bundled = (await readdir(folder)).map((name) => path.join(folder, name));
const { status } = spawnSync(process.execPath, ["--test", ...bundled], { stdio: "inherit" });
await rm(folder, { recursive: true });
process.exit(status ?? 1);
